import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { XSendfileOptions } from '../../../lib/index.js';
import { createFixture, type Fixture } from '../../helpers/check.js';
import { letFilesSettle } from '../../helpers/settled-files.js';
import { createTree } from '../../helpers/tree.js';

/** Calls of the file system in the order in which they were made. */
let mockCalls: string[] = [];

jest.mock('node:fs', () => {
  const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
  const counted =
    (name: string, call: (...args: unknown[]) => unknown) =>
    (...args: unknown[]) => {
      mockCalls.push(name);
      return call(...args);
    };
  return {
    ...fs,
    open: counted('open', fs.open as never),
    stat: counted('stat', fs.stat as never),
    statSync: counted('stat', fs.statSync as never),
    realpath: Object.assign(() => {}, {
      native: counted('realpath', fs.realpath.native as never),
    }),
  };
});

const root = createTree({
  'app.js': 'the script',
  'app.js.br': 'as if by brotli',
  'plain.js': 'the script',
});

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

/** The calls that one request costs. */
async function callsFor(
  { request }: Fixture,
  target: string,
  acceptEncoding = 'identity',
): Promise<readonly string[]> {
  mockCalls = [];
  await request({ target, headers: { 'Accept-Encoding': acceptEncoding } });
  return mockCalls;
}

describe.each<[title: string, options: XSendfileOptions]>([
  ['that this process sends', {}],
  ['that a front end sends', { sender: 'standard', handshake: false }],
])('a cached file %s', (_title, options) => {
  it('costs one stat, and another with a precompressed file, in any order of clients', async () => {
    const fixture = await createFixture(root, { ...options, precompressed: ['br'] });
    for (const acceptEncoding of ['br', 'identity', 'br', 'identity']) {
      await callsFor(fixture, '/app.js', acceptEncoding);
    }
    for (const acceptEncoding of ['br', 'identity', 'identity', 'br', 'br', 'identity']) {
      const expected = acceptEncoding === 'br' ? ['stat', 'stat'] : ['stat'];
      expect(await callsFor(fixture, '/app.js', acceptEncoding)).toEqual(expected);
    }
  });
});

it('costs one stat for each way to send it, in any order of these', async () => {
  const fixture = await createFixture(root, {
    handshake: '0123456789abcdef',
    sender: (_file, { res }) => void res.end(),
  });
  const ask = async (handshake: string): Promise<readonly string[]> => {
    mockCalls = [];
    const headers = { 'X-Sendfile-Handshake': handshake };
    await fixture.request({ target: '/plain.js', headers });
    return mockCalls;
  };
  for (const handshake of ['0123456789abcdef', 'another one', '0123456789abcdef']) {
    await ask(handshake);
  }
  for (const handshake of ['another one', '0123456789abcdef', 'another one']) {
    expect(await ask(handshake)).toEqual(['stat']);
  }
});

it('costs one attempt to open each precompressed file that does not exist', async () => {
  const fixture = await createFixture(root, { precompressed: ['br', 'zstd', 'gzip'] });
  await callsFor(fixture, '/plain.js', 'br, gzip');
  expect(await callsFor(fixture, '/plain.js', 'br, gzip')).toEqual(['open', 'open', 'stat']);
  expect(await callsFor(fixture, '/plain.js')).toEqual(['stat']);
  rmSync(join(root, 'plain.js'));
  expect(await callsFor(fixture, '/plain.js')).toEqual(['stat']);
});
