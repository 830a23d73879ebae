import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FileOverrides, xsendfile } from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { listenWith } from '../helpers/check.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text' });
const files = xsendfile(root);
const objects = xsendfile(remoteRoot({ origins: ['http://127.0.0.1:1'] }));

type Call = (req: IncomingMessage, res: ServerResponse, overrides: FileOverrides) => unknown;
const CALLS: readonly [string, Call][] = [
  ['send()', (req, res, overrides) => files.send(req, res, 'a.txt', overrides)],
  ['sendContent()', (req, res, overrides) => files.sendContent(req, res, root as never, overrides)],
  [
    'sendRemote()',
    (req, res, overrides) => objects.sendRemote(req, res, { url: '', name: '' }, overrides),
  ],
];
const WRONG: readonly [object, string, RegExp][] = [
  ...[null, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1000', 5n, {}, () => 5].map(
    (rate) =>
      [{ rate }, 'ERR_XSENDFILE_BAD_OPTION', /rate must be a number of bytes per second/] as const,
  ),
  ...[null, 'yes', 1].map(
    (acceptRanges) =>
      [{ acceptRanges }, 'ERR_XSENDFILE_BAD_OPTION', /acceptRanges must be true or false/] as const,
  ),
  ...[null, 5, 'in line', { type: 'download' }, { filenam: 'a' }, () => 'inline'].map(
    (contentDisposition) =>
      [{ contentDisposition }, 'ERR_XSENDFILE_BAD_HEADER', /as Content-Disposition/] as const,
  ),
  ...[null, 5, 'text/plain\r\nX: y'].map(
    (contentType) => [{ contentType }, 'ERR_XSENDFILE_BAD_HEADER', /as Content-Type/] as const,
  ),
  [{ acceptRange: false }, 'ERR_XSENDFILE_BAD_OPTION', /unknown option "acceptRange"/],
] as never;

/** Nothing else is right either: the overrides are checked first. */
describe.each(CALLS)('the overrides of %s', (method, call) => {
  it.each(WRONG)('are refused before anything else: %p', async (overrides, code, message) => {
    const rejection = (async () => call({} as never, {} as never, overrides))();
    await expect(rejection).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await expect(rejection).rejects.toThrow(method);
  });
});

it('undefined is the same as no override', async () => {
  const nothing = {
    rate: undefined,
    acceptRanges: undefined,
    contentType: undefined,
    contentDisposition: undefined,
  };
  const { check } = await listenWith((req, res) => void files.send(req, res, 'a.txt', nothing));
  const headers = { 'Accept-Ranges': 'bytes', 'Content-Disposition': null };
  await check({ target: '/' }, { status: 200, headers, body: 'text' });
});

it('the head of a cached file is not that of a call with acceptRanges', async () => {
  await letFilesSettle();
  const { check } = await listenWith((req, res) => {
    const overrides = req.url === '/without' ? { acceptRanges: false } : {};
    void files.send(req, res, 'a.txt', overrides);
  });
  for (let times = 0; times < 3; times += 1) {
    for (const [target, value] of [
      ['/', 'bytes'],
      ['/without', null],
    ] as const) {
      await check({ target }, { status: 200, headers: { 'Accept-Ranges': value }, body: 'text' });
    }
  }
  const headers = { Range: 'bytes=0-0' };
  await check({ target: '/without', headers }, { status: 200, body: 'text' });
  await check({ target: '/', headers }, { status: 206, body: 't' });
});

it('the head of a cached file for a front end is not that of a call with acceptRanges', async () => {
  await letFilesSettle();
  const handler = xsendfile(root, { sender: 'apache', handshake: false });
  const { check } = await listenWith((req, res) => {
    const overrides = req.url === '/without' ? { acceptRanges: false } : {};
    void handler.send(req, res, 'a.txt', overrides);
  });
  for (let times = 0; times < 3; times += 1) {
    for (const [target, value] of [
      ['/', 'bytes'],
      ['/without', null],
    ] as const) {
      const headers = { 'Accept-Ranges': value, 'X-Sendfile': `${root}/a.txt` };
      await check({ target }, { status: 200, headers, body: '' });
    }
  }
});
