import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { xsendfile } from '../../lib/index.js';
import { exchange, rawRequest } from '../helpers/raw-request.js';
import { FRAMEWORKS } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text', 'sub/b.txt': 'below' });
const LONG = 100_000;
const isWindows = process.platform === 'win32';
/** Express sends stacks of its own errors unless it is told that this is for others to see. */
const { NODE_ENV } = process.env;

/** Targets that never get as far as the file system. */
const REFUSED: readonly (readonly [string, number])[] = [
  // other forms of targets, RFC 9112 §3.2
  ['http://localhost/a.txt', 400],
  ['HTTP://localhost:80/a.txt', 400],
  ['https://user:password@localhost/a.txt', 400],
  ['http://localhost', 400],
  ['http://localhost/../a.txt', 400],
  ['x://h/a.txt', 400],
  ['localhost:80', 400],
  ['', 400],
  ['a.txt', 400],
  ['./a.txt', 400],
  ['../a.txt', 400],
  ['\\a.txt', 400],
  ['?a.txt', 400],
  ['#a.txt', 400],
  // percent garbage
  ['/%', 400],
  ['/%a', 400],
  ['/a%', 400],
  ['/%%', 400],
  ['/%%41', 400],
  ['/%zz', 400],
  ['/%-1', 400],
  ['/%u0041', 400],
  ['/%ff', 400],
  ['/%80', 400],
  ['/%c3', 400],
  ['/%c3%28', 400],
  ['/%e2%82', 400],
  ['/%f5%80%80%80', 400],
  ['/%f4%90%80%80', 400],
  ['/%ed%a0%80', 400],
  ['/%ed%bf%bf', 400],
  ['/%fe%ff', 400],
  ['/%c0%80', 400],
  ['/%f0%80%80%af', 400],
  // control characters
  ['/%00', 400],
  ['/a.txt%00', 400],
  ['/%01', 400],
  ['/%1b[2J', 400],
  ['/%7f', 400],
  ['/%c2%80', 400],
  ['/a%0d%0aX-Injected:%20yes', 400],
  // out of the root
  ['/', 403],
  ['/?', 403],
  ['/?/a.txt', 403],
  ['/..', 403],
  ['/../../../../../../etc/passwd', 403],
  ['/%2e%2e/%2e%2e/etc/passwd', 403],
  ['/..%2f..%2fetc%2fpasswd', 403],
  ['/sub/../a.txt', 403],
  ['/..?', 403],
  // other spellings, and what is not there
  ['//', 404],
  ['//a.txt', 404],
  ['//localhost/a.txt', 404],
  ['/a.txt/', 404],
  ['/a.txt//', 404],
  ['/a.txt/.', 404],
  ['/.', 404],
  ['/sub', 404],
  ['/sub/', 404],
  ['/sub%2fb.txt', 404],
  ['/%61.txt', 404],
  ['/a%2etxt', 404],
  ['/%252e%252e/%252e%252e/etc/passwd', 404],
  ['/....//....//etc/passwd', 404],
  ['/..;/..;/etc/passwd', 404],
  // Windows would leave the root by them.
  ['/..\\..\\etc\\passwd', isWindows ? 403 : 404],
  ['/%5c..%5c..%5cetc%5cpasswd', isWindows ? 403 : 404],
  ['/file:', 404],
  ['/%F0%9F%98%80', 404],
];
const LONG_TARGETS: readonly (readonly [string, string, number])[] = [
  ['one name', `/${'x'.repeat(LONG)}`, 404],
  ['many names', `/${'x/'.repeat(LONG / 2)}x`, 404],
  ['many slashes', '/'.repeat(LONG), 404],
  ['many dots', `/${'./'.repeat(LONG / 2)}a.txt`, 404],
  ['many ways up', `/${'../'.repeat(LONG / 3)}etc/passwd`, 403],
  ['many encoded ways up', `/${'%2e%2e%2f'.repeat(LONG / 9)}etc/passwd`, 403],
  ['many percent signs', `/${'%'.repeat(LONG)}`, 400],
  ['many encoded bytes', `/${'%C3%A9'.repeat(LONG / 6)}`, 404],
  ['a long query', `/no.txt?${'x'.repeat(LONG)}`, 404],
];

/** As `listen()`, for request heads of 100 kB and more. */
async function listenToLongHeads(listener: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer({ maxHeaderSize: 4 * LONG }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

const servers: ReturnType<typeof createServer>[] = [];

beforeAll(() => {
  process.env.NODE_ENV = 'production';
});

afterAll(() => {
  process.env.NODE_ENV = NODE_ENV;
  for (const server of servers.splice(0)) server.close();
});

describe.each(FRAMEWORKS)('xsendfile(root) in $name', ({ name, create }) => {
  let port: number;

  beforeAll(async () => {
    port = await listenToLongHeads(create('', xsendfile(root, { sender: 'serve' })));
  });

  async function expectRefusal(target: string, status: number): Promise<void> {
    for (const method of ['GET', 'HEAD']) {
      const response = await rawRequest(port, { method, target });
      expect(response.status).toBe(status);
      expect(response.raw.includes(root)).toBe(false);
      expect(response.raw.includes(process.cwd())).toBe(false);
      expect(response.headers['x-injected']).toBeUndefined();
    }
    expect((await rawRequest(port, { target: '/a.txt' })).body.toString()).toBe('text');
  }

  it.each(REFUSED)('answers %j with %d', (target, status) => expectRefusal(target, status));

  it.each(LONG_TARGETS)('answers a target of 100 kB with %s', (_what, target, status) =>
    expectRefusal(target, status),
  );

  it('answers 400 for bytes outside of ASCII', async () => {
    for (let byte = 0x80; byte <= 0xff; byte += 1) {
      const { status, raw } = await rawRequest(port, { target: `/a${String.fromCharCode(byte)}` });
      expect([byte, status]).toEqual([byte, 400]);
      expect(raw.includes(root)).toBe(false);
    }
    await expectRefusal('/ma\xc3\xb1ana', 400);
  });

  it('answers 400 for control characters and spaces', async () => {
    for (const code of [...Array(0x20).keys(), 0x20, 0x7f]) {
      const { status } = await rawRequest(port, { target: `/a${String.fromCharCode(code)}b` });
      expect([code, status]).toEqual([code, 400]);
    }
  });

  it('rejects an asterisk, if the framework has not done so', async () => {
    const { status } = await rawRequest(port, { target: '*' });
    expect(status).toBe(name === 'Connect' ? 404 : 400);
  });

  it('survives CONNECT and requests without a path', async () => {
    for (const line of [
      'CONNECT localhost:80 HTTP/1.1',
      'GET HTTP/1.1',
      'GET',
      'OPTIONS * HTTP/1.1',
    ]) {
      const raw = await exchange(
        port,
        Buffer.from(`${line}\r\nHost: h\r\nConnection: close\r\n\r\n`),
      );
      expect(raw.toString()).not.toMatch(/^HTTP\/1\.1 [25]/);
    }
    await expectRefusal('/no.txt', 404);
  });
});
