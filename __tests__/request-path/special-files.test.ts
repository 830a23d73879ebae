import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  openSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { XSendfileOptions } from '../../lib/index.js';
import { createFixture } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';
import { askAll } from './ask-all.js';

const isWindows = process.platform === 'win32';
const NOBODY = 65534;
const root = createTree({
  'a.txt': 'text',
  'dir/b.txt': 'text',
  loop: { link: 'loop' },
  zero: { link: '/dev/zero' },
  tty: { link: '/dev/tty' },
  devices: { link: '/dev' },
});
const hasDevices = !isWindows && makeDevices();

/** Targets that are no regular file, whatever the policy. */
const SPECIAL: readonly string[] = [
  '/dir',
  '/dir/',
  '/loop',
  '/loop/x',
  '/a.txt/x',
  '/zero',
  '/tty',
  '/devices/zero',
  '/devices/full',
  '/fifo',
  '/fifo-link',
  '/socket',
  ...(hasDevices ? ['/null', '/zero-device'] : []),
  `/${'x'.repeat(255)}`,
  `/${'x'.repeat(300)}`,
  `/${encodeURIComponent('é'.repeat(150))}`,
  `/${'x/'.repeat(2500)}x`,
  `/${'dir/'.repeat(1250)}b.txt`,
];
const OPTIONS: readonly XSendfileOptions[] = [
  { symlinks: 'inside' },
  { symlinks: 'deny' },
  { symlinks: 'follow' },
  { symlinks: 'inside', sender: 'nginx', handshake: false },
  { symlinks: 'follow', sender: 'apache', handshake: false },
];
const describePosix = isWindows ? describe.skip : describe;

let socket: Server;

beforeAll(async () => {
  if (isWindows) return;
  execFileSync('mkfifo', [join(root, 'fifo')]);
  symlinkSync('fifo', join(root, 'fifo-link'));
  socket = createServer().listen(join(root, 'socket'));
  await new Promise((resolve) => socket.once('listening', resolve));
});

afterAll(() => void socket?.close());

/** Device files of the root's own, where this process may make them and they work. */
function makeDevices(): boolean {
  try {
    execFileSync('mknod', [join(root, 'null'), 'c', '1', '3'], { stdio: 'ignore' });
    execFileSync('mknod', [join(root, 'zero-device'), 'c', '1', '5'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describePosix.each(OPTIONS)('xsendfile(root, %j)', (options) => {
  it.each(SPECIAL.map((target) => ({ title: target.slice(0, 40), target })))(
    'answers 404 for $title',
    async ({ target }) => {
      const { check } = await createFixture(root, options);
      const headers = { 'X-Sendfile': null, 'X-Accel-Redirect': null };
      await check({ target }, { status: 404, headers, body: 'Not Found\n' });
    },
  );

  it('keeps serving during many requests for unreadable files', async () => {
    const { port, check } = await createFixture(root, options);
    const targets = Array.from({ length: 64 }, (_, index) => SPECIAL[index % SPECIAL.length] ?? '');
    const fifos: string[] = new Array(32).fill('/fifo');
    const statuses = (await askAll(port, [...fifos, ...targets])).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([404]));
    await check({ target: '/a.txt' }, { status: 200 });
  });
});

describePosix('a pipe with a writer', () => {
  it('keeps its content for its reader', async () => {
    const pipe = openSync(join(root, 'fifo'), constants.O_RDWR | constants.O_NONBLOCK);
    try {
      writeSync(pipe, 'for its reader');
      for (const options of OPTIONS) {
        const { check } = await createFixture(root, { ...options, cache: false });
        await check({ target: '/fifo' }, { status: 404 });
      }
      const received = Buffer.alloc(64);
      expect(received.toString('latin1', 0, readSync(pipe, received))).toBe('for its reader');
    } finally {
      closeSync(pipe);
    }
  });
});

describePosix('a file that this process cannot read', () => {
  const closed = createTree({ 'a.txt': 'text', 'secret.txt': 'secret', 'shut/b.txt': 'secret' });
  chmodSync(closed, 0o755);
  chmodSync(join(closed, 'secret.txt'), 0);
  chmodSync(join(closed, 'shut'), 0);
  afterAll(() => chmodSync(join(closed, 'shut'), 0o755));

  /** Root may read everything, so the process is somebody else for a moment. */
  async function asSomebodyElse(action: () => Promise<unknown>): Promise<void> {
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      await action();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  }

  it('is answered with 404, like one that does not exist', async () => {
    const { check, outcomes } = await createFixture(closed);
    const refused = { status: 404, body: 'Not Found\n' };
    await check({ target: '/no.txt' }, refused);
    await asSomebodyElse(async () => {
      await check({ target: '/secret.txt' }, refused);
      await check({ target: '/shut/b.txt' }, refused);
      await check({ target: '/a.txt' }, { status: 200, body: 'text' });
    });
    expect(outcomes.map(({ errno }) => errno)).toEqual(['ENOENT', 'EACCES', 'EACCES', undefined]);
  });

  it('is left to the front end if its directory is readable', async () => {
    const { check } = await createFixture(closed, { sender: 'nginx', handshake: false });
    const named = { 'X-Accel-Redirect': '/-internal-/secret.txt' };
    await asSomebodyElse(async () => {
      await check({ target: '/secret.txt' }, { status: 200, headers: named });
      await check(
        { target: '/shut/b.txt' },
        { status: 404, headers: { 'X-Accel-Redirect': null } },
      );
    });
  });
});

it.each(['serve', 'nginx'] as const)(
  'xsendfile(root) answers 404 while the root is renamed and after it was removed (%s)',
  async (sender) => {
    const parent = createTree({ 'files/a.txt': 'text' });
    const files = join(parent, 'files');
    const { check } = await createFixture(files, { sender, handshake: false });
    await check({ target: '/a.txt' }, { status: 200 });
    renameSync(files, join(parent, 'moved'));
    await check({ target: '/a.txt' }, { status: 404 });
    renameSync(join(parent, 'moved'), files);
    await check({ target: '/a.txt' }, { status: 200 });
    rmSync(files, { recursive: true });
    await check({ target: '/a.txt' }, { status: 404 });
  },
);
