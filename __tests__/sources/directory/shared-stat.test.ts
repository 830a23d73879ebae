import * as fs from 'node:fs';
import { join } from 'node:path';
import {
  createSharedStat,
  type SharedStat,
} from '../../../lib/sources/directory/stat-coalescing.js';
import { createTree } from '../../helpers/tree.js';

jest.mock('node:fs', () => ({ __esModule: true, ...jest.requireActual<typeof fs>('node:fs') }));

const root = createTree({ 'a.txt': 'a' });
const path = join(root, 'a.txt');
const { dev } = fs.statSync(root, { bigint: true });
const LOCAL = 0xef53;
const NFS = 0x6969;
const OVERLAY = 0x794c7630;

afterEach(() => jest.restoreAllMocks());

function createOn(type: number): SharedStat {
  jest.spyOn(fs, 'statfsSync').mockReturnValue({ type } as never);
  return createSharedStat(root);
}

/** How the file is queried: by a thread, or synchronously. */
async function methodOf(stat: SharedStat, foundAtMs: number, device = dev): Promise<string> {
  const byThread = jest.spyOn(fs, 'stat');
  const atOnce = jest.spyOn(fs, 'statSync');
  const before = [byThread.mock.calls.length, atOnce.mock.calls.length];
  const stats = await stat(path, { dev: device, foundAtMs });
  expect(stats.size).toBe(1n);
  const after = [byThread.mock.calls.length, atOnce.mock.calls.length];
  return after[0] !== before[0] ? 'by a thread' : after[1] !== before[1] ? 'at once' : 'not at all';
}

it.each([
  ['found a second ago on a local file system', LOCAL, 1_000, dev, 'at once'],
  ['found six seconds ago', LOCAL, 6_000, dev, 'by a thread'],
  ['on another device than the root', LOCAL, 1_000, dev + 1n, 'by a thread'],
  ['on NFS', NFS, 1_000, dev, 'by a thread'],
  ['on overlayfs, which may lie over anything', OVERLAY, 1_000, dev, 'by a thread'],
])('a file %s', async (_title, type, ageMs, device, expected) => {
  expect(await methodOf(createOn(type), Date.now() - ageMs, device)).toBe(expected);
});

it('a root whose file system cannot be queried uses threads', async () => {
  jest.spyOn(fs, 'statfsSync').mockImplementation(() => {
    throw Object.assign(new Error('not supported'), { code: 'ENOSYS' });
  });
  expect(await methodOf(createSharedStat(root), Date.now())).toBe('by a thread');
});

it('requests for the same path share a call until it begins, and no longer', async () => {
  const stat = createOn(NFS);
  const byThread = jest.spyOn(fs, 'stat');
  const file = { dev, foundAtMs: 0 };
  const call = stat(path, file);
  expect(stat(path, file)).toBe(call);
  expect(stat(join(root, '.'), file)).not.toBe(call);
  await call;
  expect(byThread).toHaveBeenCalledTimes(2);
  const later = stat(path, file);
  expect(later).not.toBe(call);
  await later;
});

it('calls of 20 milliseconds are not slow', async () => {
  const stat = createOn(LOCAL);
  let now = 1_000_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const slow = fs.statSync;
  jest.spyOn(fs, 'statSync').mockImplementation(((...args: Parameters<typeof slow>) => {
    now += 20;
    return slow(...args);
  }) as never);
  for (let call = 0; call < 5; call += 1) {
    expect(await methodOf(stat, Date.now())).toBe('at once');
  }
});

it('after three slow calls within a minute, threads are used until a minute has passed', async () => {
  const stat = createOn(LOCAL);
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const slow = fs.statSync;
  jest.spyOn(fs, 'statSync').mockImplementation(((...args: Parameters<typeof slow>) => {
    now += 21;
    return slow(...args);
  }) as never);
  const methods: string[] = [];
  for (const waitedMs of [0, 59_000, 2_000, 0, 0, 61_000, 0, 0, 0]) {
    now += waitedMs;
    methods.push(await methodOf(stat, Date.now()));
  }
  // The first call was more than a minute before the third, so only the fourth blew the fuse.
  const [atOnce, byThread] = ['at once', 'by a thread'];
  expect(methods).toEqual([
    ...[atOnce, atOnce, atOnce, atOnce, byThread],
    ...[atOnce, atOnce, atOnce, byThread],
  ]);
});

it('a file that is gone rejects, however it is queried', async () => {
  const stat = createOn(LOCAL);
  for (const foundAtMs of [0, Date.now()]) {
    await expect(stat(join(root, 'none'), { dev, foundAtMs })).rejects.toMatchObject({
      code: 'ENOENT',
    });
  }
});
