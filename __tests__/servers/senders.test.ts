import { join } from 'node:path';
import {
  apacheSender,
  nginxSender,
  type Sender,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { encodePercent, encodeRaw } from '../../lib/shared/path-encoding.js';
import { createFixture, listenWith } from '../helpers/check.js';
import { createTree, type Tree } from '../helpers/tree.js';
import { warningOptions } from '../helpers/warning-options.js';

const NAMES = ['a b.txt', "100%!'()*.txt", 'a?b#c;d.txt', 'mañana 是 😀.txt', 'tab\there.txt'];
const AWKWARD: Tree = { 'bell\x07.txt': 'bell', 'blank.txt ': 'blank', 'two\nlines.txt': 'two' };
const root = createTree({
  'a.txt': 'text',
  'notes.txt.gz': 'packed',
  'sub/b.txt': 'b',
  'link.txt': { link: 'sub/b.txt' },
  ...Object.fromEntries(NAMES.map((name) => [name, 'awkward'])),
  ...AWKWARD,
});
const SECRET = 'a-handshake-of-many-characters';

const percent = (path: string): string =>
  [...Buffer.from(path)]
    .map((byte) =>
      /[\w.~/-]/.test(String.fromCharCode(byte)) && byte < 128
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
const raw = (path: string): string => Buffer.from(path).toString('latin1');

interface Case {
  readonly title: string;
  readonly sender: XSendfileOptions['sender'];
  readonly header: string;
  readonly value: (name: string) => string;
  /** Those of NAMES and AWKWARD that this process has to send. */
  readonly declined: readonly string[];
}

const CONTROL = ['tab\there.txt', 'bell\x07.txt', 'two\nlines.txt'];
const HEADER_SENDERS: readonly Case[] = [
  {
    title: 'standard',
    sender: 'standard',
    header: 'x-sendfile',
    value: (name) => percent(join(root, name)),
    declined: CONTROL,
  },
  {
    title: 'lighttpd',
    sender: 'lighttpd',
    header: 'x-sendfile',
    value: (name) => percent(join(root, name)),
    declined: CONTROL,
  },
  {
    title: 'apache',
    sender: 'apache',
    header: 'x-sendfile',
    value: (name) => raw(join(root, name)),
    declined: ['bell\x07.txt', 'blank.txt ', 'two\nlines.txt'],
  },
  {
    title: "apacheSender({ encoding: 'percent' })",
    sender: apacheSender({ encoding: 'percent' }),
    header: 'x-sendfile',
    value: (name) => percent(join(root, name)),
    declined: [],
  },
  {
    title: 'nginx',
    sender: 'nginx',
    header: 'x-accel-redirect',
    value: (name) => `/-internal-/${percent(name)}`,
    declined: [],
  },
  {
    title: "nginxSender({ location: '/files' })",
    sender: nginxSender({ location: '/files' }),
    header: 'x-accel-redirect',
    value: (name) => `/files/${percent(name)}`,
    declined: [],
  },
];

describe.each(HEADER_SENDERS)('xsendfile(root, { sender: $title })', (each) => {
  const { sender, header, value, declined } = each;

  it.each([...NAMES, ...Object.keys(AWKWARD)])('names %j as the server reads it', async (name) => {
    const handler = xsendfile(root, { sender, handshake: false });
    const outcomes: unknown[] = [];
    const { request } = await listenWith((req, res) => {
      handler.send(req, res, name).then((outcome) => outcomes.push(outcome));
    });
    const response = await request({ target: '/' });
    const isDeclined = declined.includes(name);
    expect(response.headers[header]).toBe(isDeclined ? undefined : value(name));
    expect(response.body.length > 0).toBe(isDeclined);
    expect(outcomes).toMatchObject([
      isDeclined ? { kind: 'sent', sender: 'serve' } : { kind: 'offloaded', bytes: 0 },
    ]);
  });

  it.each(['GET', 'HEAD'])(
    'answers %s with 200 and an empty body, whatever the conditions',
    async (method) => {
      const { check } = await createFixture(root, { sender, handshake: false });
      const headers = { Range: 'bytes=0-0', 'If-None-Match': '*', 'If-Match': '"x"' };
      await check(
        { method, target: '/sub/b.txt', headers },
        {
          status: 200,
          headers: {
            [header]: value('sub/b.txt'),
            'Content-Length': '0',
            'Transfer-Encoding': null,
            'Content-Range': null,
            'Content-Type': 'text/plain; charset=utf-8',
            'Cache-Control': 'private, no-cache',
            ETag: /^(?:"[0-9a-f]+-1"|W\/"[0-9a-f]+-1-[0-9a-f]+")$/,
            'Last-Modified': 'Fri, 01 Mar 2024 12:00:00 GMT',
          },
          body: '',
        },
      );
    },
  );

  it('names the real path of a link', async () => {
    const { check } = await createFixture(root, { sender, handshake: false });
    await check(
      { target: '/link.txt' },
      { status: 200, headers: { [header]: value('sub/b.txt') } },
    );
  });

  it('never sends the header with another status', async () => {
    const preset = await createFixture(root, { sender, handshake: false }, (req, res) => {
      res.statusCode = Number(new URL(String(req.url), 'http://localhost').search.slice(1));
    });
    const absent = { 'X-Sendfile': null, 'X-Accel-Redirect': null };
    for (const status of [201, 404, 500]) {
      const expected = { status, headers: { ...absent, 'Content-Length': '4' }, body: 'text' };
      await preset.check({ target: `/a.txt?${status}` }, expected);
    }
    for (const [target, status] of [
      ['/no?200', 404],
      ['/..?200', 403],
      ['/%?200', 400],
    ] as const) {
      await preset.check({ target }, { status, headers: absent });
    }
  });

  it('is used only for requests with the handshake', async () => {
    const { check, outcomes } = await createFixture(root, { sender, handshake: SECRET });
    const ours = {
      status: 200,
      headers: { 'X-Sendfile': null, 'X-Accel-Redirect': null },
      body: 'text',
    };
    await check({ target: '/a.txt' }, ours);
    await check({ target: '/a.txt', headers: { 'X-Sendfile-Handshake': 'wrong' } }, ours);
    await check({ target: '/a.txt', headers: { 'X-Sendfile-Handshake': `${SECRET}x` } }, ours);
    await check({ target: '/a.txt', headers: { 'X-Sendfile-Type': 'X-Sendfile' } }, ours);
    await check(
      { target: '/a.txt', headers: { 'X-Sendfile-Handshake': SECRET } },
      { status: 200, headers: { [header]: value('a.txt') }, body: '' },
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'sent', 'sent', 'offloaded']);
  });
});

describe('xsendfile(root, { sender }): what each server needs', () => {
  it.each<[XSendfileOptions['sender'], string | null]>([
    ['standard', 'bytes'],
    ['apache', 'bytes'],
    ['lighttpd', null],
    ['nginx', null],
  ])('sets Accept-Ranges for %s to %s', async (sender, value) => {
    const { check } = await createFixture(root, { sender, handshake: false });
    await check({ target: '/a.txt' }, { status: 200, headers: { 'Accept-Ranges': value } });
  });

  it.each<[XSendfileOptions['sender'], string]>([
    ['standard', 'private, no-cache, no-store'],
    ['apache', 'private, no-cache, no-store'],
    ['lighttpd', 'private, no-cache, no-store'],
    ['nginx', 'private, no-cache'],
  ])('sets Cache-Control without an ETag for %s to %s', async (sender, value) => {
    const { check } = await createFixture(root, { sender, handshake: false, etag: false });
    await check(
      { target: '/a.txt' },
      { status: 200, headers: { ETag: null, 'Cache-Control': value } },
    );
  });

  it.each<[XSendfileOptions['sender'], string | null]>([
    ['standard', 'gzip'],
    ['lighttpd', 'gzip'],
    ['nginx', 'gzip'],
    ['apache', null],
  ])('sets Content-Encoding of a compressed text file for %s to %s', async (sender, value) => {
    const { check } = await createFixture(root, { sender, handshake: false });
    const type = value === null ? 'application/gzip' : 'text/plain; charset=utf-8';
    await check(
      { target: '/notes.txt.gz' },
      { status: 200, headers: { 'Content-Encoding': value, 'Content-Type': type } },
    );
  });
});

describe('xsendfile(root, { handshake })', () => {
  it('accepts each of a list', async () => {
    const handshake = [SECRET, 'the-one-that-was-used-before'];
    const { check } = await createFixture(root, { sender: 'nginx', handshake });
    for (const secret of handshake) {
      await check(
        { target: '/a.txt', headers: { 'X-Sendfile-Handshake': secret } },
        { status: 200, headers: { 'X-Accel-Redirect': '/-internal-/a.txt' } },
      );
    }
  });

  it('warns once when the first 100 requests lacked it', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { request } = await createFixture(root, { sender: 'nginx', handshake: SECRET });
    for (let count = 0; count < 99; count += 1) await request({ target: '/a.txt' });
    expect(emitWarning).not.toHaveBeenCalled();
    for (let count = 0; count < 5; count += 1) await request({ target: '/a.txt' });
    expect(emitWarning.mock.calls).toEqual([
      [
        expect.stringMatching(/none of the first 100 requests carried the handshake/),
        warningOptions('XSENDFILE_HANDSHAKE_UNSEEN'),
      ],
    ]);
    emitWarning.mockRestore();
  });

  it('does not warn once a request had it', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { request } = await createFixture(root, { sender: 'nginx', handshake: SECRET });
    await request({ target: '/a.txt', headers: { 'X-Sendfile-Handshake': SECRET } });
    for (let count = 0; count < 101; count += 1) await request({ target: '/a.txt' });
    expect(emitWarning).not.toHaveBeenCalled();
    emitWarning.mockRestore();
  });

  it('warns once in a process if it is undefined, and only when a header was used', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { request } = await createFixture(root, { sender: 'standard' });
    await request({ target: '/no' });
    expect(emitWarning).not.toHaveBeenCalled();
    await request({ target: '/a.txt' });
    await request({ target: '/a.txt' });
    const other = await createFixture(root, { sender: 'nginx' });
    await other.request({ target: '/a.txt' });
    expect(emitWarning.mock.calls).toEqual([
      [
        expect.stringMatching(/sender: 'serve'.*handshake: '<secret>'.*handshake: false/),
        warningOptions('XSENDFILE_NO_HANDSHAKE'),
      ],
    ]);
    emitWarning.mockRestore();
  });
});

describe('xsendfile(root, { sender: custom })', () => {
  it('passes the file and the headers', async () => {
    const sender: Sender = {
      name: 'litespeed',
      send(file, { res, headers }) {
        res.writeHead(200, { ...headers, 'X-LiteSpeed-Location': `/p/${file.relativePath}` });
        res.end();
      },
    };
    const { check, outcomes } = await createFixture(root, {
      sender,
      handshake: false,
      setHeaders: (res) => void res.setHeader('X-Hook', '1'),
    });
    await check(
      { target: '/link.txt' },
      {
        status: 200,
        headers: {
          'X-LiteSpeed-Location': '/p/sub/b.txt',
          'Content-Type': 'text/plain; charset=utf-8',
          'X-Content-Type-Options': 'nosniff',
          'X-Hook': '1',
        },
      },
    );
    expect(outcomes).toMatchObject([{ kind: 'offloaded', sender: 'litespeed', size: 1 }]);
  });

  it('may decline, and setHeaders is still called once', async () => {
    const setHeaders = jest.fn((res) => {
      res.setHeader('X-Hook', '1');
      res.removeHeader('Last-Modified');
    });
    const sender: Sender = { name: 'shy', send: (_file, { decline }) => decline() };
    const { check, outcomes } = await createFixture(root, { sender, handshake: false, setHeaders });
    await check(
      { target: '/a.txt', headers: { Range: 'bytes=0-1' } },
      {
        status: 206,
        headers: { 'X-Hook': '1', 'Last-Modified': null, 'Content-Range': 'bytes 0-1/4' },
        body: 'te',
      },
    );
    expect(setHeaders).toHaveBeenCalledTimes(1);
    expect(outcomes).toMatchObject([{ kind: 'sent', sender: 'serve' }]);
  });

  it.each<
    [string, readonly string[], (res: { setHeader(n: string, v: string): void }) => void, string]
  >([
    ['Content-Disposition', ['content-disposition'], () => {}, 'serve'],
    ['Set-Cookie', ['Set-Cookie'], (res) => res.setHeader('set-cookie', 'a=1'), 'serve'],
    ['a default', ['X-Content-Type-Options', 'Cache-Control', 'ETag'], () => {}, 'proxy'],
  ])(
    'is not used when it would drop a requested header: %s',
    async (_what, dropped, before, expected) => {
      const sender: Sender = { name: 'proxy', dropped, send: (_file, { res }) => void res.end() };
      const options: XSendfileOptions = { sender, handshake: false, disposition: 'attachment' };
      const { request, outcomes } = await createFixture(root, options, (_req, res) => before(res));
      await request({ target: '/a.txt' });
      expect(outcomes).toMatchObject([{ sender: expected }]);
    },
  );

  it.each<[string, Sender['send']]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('boom');
      },
    ],
  ])('is reported to next(error), with a clean response, if it %s', async (_what, send) => {
    const handler = xsendfile(root, { sender: { name: 'bad', send }, handshake: false });
    const seen: unknown[] = [];
    const { check } = await listenWith((req, res) =>
      handler(req, res, (error) => {
        seen.push(error, res.getHeaderNames());
        res.end('handled');
      }),
    );
    await check({ target: '/a.txt' }, { status: 200, body: 'handled' });
    expect(seen).toEqual([expect.objectContaining({ message: 'boom' }), []]);
  });

  it('ends the connection if it fails in the middle of a response', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const sender: Sender = {
      name: 'bad',
      send(_file, { res }) {
        res.writeHead(200, { 'Content-Length': 100 });
        res.write('some');
        throw new Error('boom');
      },
    };
    const { request, outcomes } = await createFixture(root, { sender, handshake: false });
    const { body } = await request({ target: '/a.txt' });
    expect(body.length).toBeLessThan(100);
    expect(outcomes).toMatchObject([{ kind: 'failed', sender: 'bad' }]);
    expect(emitWarning).toHaveBeenCalledWith(
      expect.stringMatching(/sender 'bad' failed.*boom/s),
      warningOptions('XSENDFILE_SENDER_FAILED'),
    );
    emitWarning.mockRestore();
  });
});

describe('encodings of a path', () => {
  it('percent-encode every byte that is not unreserved', () => {
    expect(encodePercent("/a b/!'()*~-_.é")).toBe('/a%20b/%21%27%28%29%2A~-_.%C3%A9');
  });

  it('write raw bytes as latin1', () => {
    expect(encodeRaw('/é')).toBe('/\u00c3\u00a9');
    expect(encodeRaw('/a ')).toBeUndefined();
    expect(encodeRaw('/a\r')).toBeUndefined();
  });

  it('arrive as bytes', async () => {
    const handler = xsendfile(root, { sender: 'apache', handshake: false });
    const { request } = await listenWith((req, res) => handler(req, res));
    const { raw: bytes } = await request({ target: `/${encodeURIComponent('mañana 是 😀.txt')}` });
    expect(bytes.includes(Buffer.from(`X-Sendfile: ${root}/mañana 是 😀.txt\r\n`))).toBe(true);
  });
});
