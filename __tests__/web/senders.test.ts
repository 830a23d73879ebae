import {
  authToken,
  BadSenderError,
  type NamingSender,
  type XSendfileWebOptions,
  xsendfile,
} from '../../lib/web/index.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { expectAllClosed } from '../pipeline/transfer/descriptors.js';
import { createWebFixture } from './site.js';
import { WAYS } from './ways.js';

const HANDSHAKE = '0123456789abcdef0123456789abcdef';
const LARGE = Buffer.alloc(1_000_000, 'x');
const root = createTree({ 'report.txt': 'the report', 'large.bin': LARGE, 'a b%.txt': 'name' });
const PROVEN = { 'X-Sendfile-Handshake': HANDSHAKE };

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

const NAMED: readonly (readonly [string, XSendfileWebOptions, string, string])[] = [
  ['nginx', { sender: 'nginx' }, 'X-Accel-Redirect', '/-internal-/large.bin'],
  ['apache', { sender: 'apache' }, 'X-Sendfile', `${root}/large.bin`],
  ['caddy', { sender: 'caddy' }, 'X-Accel-Redirect', '/large.bin'],
];

describe.each(WAYS)('$name', (way) => {
  it.each(NAMED)('names the file in a header: %s', async (name, options, header, value) => {
    const { check, outcomes } = await createWebFixture(way, root, {
      ...options,
      handshake: HANDSHAKE,
      setHeaders: (headers) => headers.set('X-Application', 'ours'),
    });
    const target = '/files/large.bin';
    for (const method of ['GET', 'HEAD']) {
      const headers = {
        [header]: value,
        'Content-Length': '0',
        'Transfer-Encoding': null,
        'X-Application': 'ours',
      };
      await check({ target, method, headers: PROVEN }, { status: 200, headers, body: '' });
    }
    expect(outcomes).toMatchObject([
      { kind: 'offloaded', status: 200, bytes: 0, sender: name },
      { kind: 'offloaded', method: 'HEAD' },
    ]);
    await check({ target }, { status: 200, headers: { [header]: null }, body: LARGE });
    await expectAllClosed(root);
  });

  it('percent-encodes difficult names', async () => {
    const { check } = await createWebFixture(way, root, { sender: 'nginx', handshake: false });
    const headers = { 'X-Accel-Redirect': '/-internal-/a%20b%25.txt' };
    await check({ target: '/files/a%20b%25.txt' }, { status: 200, headers, body: '' });
  });

  it('removes control headers that nobody but a sender may set', async () => {
    const { check } = await createWebFixture(way, root, {
      setHeaders: (headers) => {
        headers.set('X-Accel-Redirect', '/secret');
        headers.set('X-Sendfile', '/secret');
      },
    });
    const headers = { 'X-Accel-Redirect': null, 'X-Sendfile': null };
    await check({ target: '/files/report.txt' }, { status: 200, headers, body: 'the report' });
  });

  it('answers refusals itself', async () => {
    const { check } = await createWebFixture(way, root, { sender: 'nginx', handshake: false });
    const headers = { 'X-Accel-Redirect': null };
    await check({ target: '/files/gone.txt' }, { status: 404, headers });
  });

  it('lets a custom sender name the file, or decline', async () => {
    const sender: NamingSender = {
      name: 'ours',
      controls: ['X-Ours'],
      nameFile: ({ size }, { headerOf, request }) =>
        size < 100
          ? undefined
          : { 'X-Ours': `${size} ${request.method} ${headerOf('Content-Type')}` },
    };
    const { check, outcomes } = await createWebFixture(way, root, { sender, handshake: false });
    const headers = { 'X-Ours': '1000000 GET application/octet-stream' };
    await check({ target: '/files/large.bin' }, { status: 200, headers });
    await check({ target: '/files/report.txt' }, { status: 200, body: 'the report' });
    expect(outcomes.map(({ sender: name }) => name)).toEqual(['ours', 'serve']);
  });

  it('sends every cookie that setHeaders adds, also after a sender has declined', async () => {
    let calls = 0;
    const sender: NamingSender = { name: 'ours', nameFile: () => undefined };
    const { check } = await createWebFixture(way, root, {
      sender,
      handshake: false,
      setHeaders(headers) {
        calls += 1;
        headers.append('Set-Cookie', 'first=1');
        headers.append('Set-Cookie', 'second=2');
      },
    });
    const { head } = await check({ target: '/files/report.txt' }, { status: 200 });
    const cookies = head.match(/^set-cookie: .*$/gim)?.map((line) => line.toLowerCase());
    expect(cookies).toEqual(['set-cookie: first=1', 'set-cookie: second=2']);
    expect(calls).toBe(1);
  });

  it('gives a custom sender the headers of the request as an object', async () => {
    let seen: unknown;
    const sender: NamingSender = {
      name: 'ours',
      nameFile: (_file, { request: { headers } }) => {
        const { 'x-one': one, ...rest } = headers;
        const known = ['x-two' in headers, 'x-three' in headers, headers['x-three']];
        seen = [one, rest['x-two'], Object.keys(headers).includes('x-one'), ...known];
        return { 'X-Ours': String(Object.hasOwn(headers, 'x-one')) };
      },
    };
    const { check } = await createWebFixture(way, root, { sender, handshake: false });
    const headers = { 'X-One': '1', 'X-Two': '2' };
    const ours = { 'X-Ours': 'true' };
    await check({ target: '/files/large.bin', headers }, { status: 200, headers: ours });
    expect(seen).toEqual(['1', '2', true, true, false, undefined]);
  });

  it('sends the same head for each request of a file', async () => {
    const { ask } = await createWebFixture(way, root, { sender: 'nginx', handshake: false });
    const heads = [];
    for (const method of ['GET', 'GET', 'HEAD', 'GET']) {
      const { headers } = await ask({ target: '/files/large.bin', method });
      heads.push({ ...headers, date: '' });
    }
    expect(heads.slice(1)).toEqual(Array(3).fill(heads[0]));
    expect(heads[0]).toMatchObject({ 'content-length': '0', etag: expect.stringMatching(/^"/) });
  });
});

it.each<[string, (options: XSendfileWebOptions) => unknown]>([
  ['xsendfile', (options) => xsendfile(root, options)],
  ['authToken', (options) => authToken('a'.repeat(32), root, options)],
])('%s() refuses a sender that writes to a response of Node', (name, create) => {
  const sender = { name: 'mine', send: () => {} };
  const sending = () => create({ sender, handshake: false });
  expect(sending).toThrow(BadSenderError);
  expect(sending).toThrow(
    `${name}: sender 'mine' writes to a response of Node, which does not exist here. Name files by { name, nameFile } instead.`,
  );
});
