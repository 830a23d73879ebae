import {
  apacheSender,
  caddySender,
  h2oSender,
  lighttpdSender,
  standardSender,
  type XSendfileOptions,
} from '../../lib/index.js';
import { createFixture } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({
  'a b?.txt': 'text',
  'page.html': '<p>page</p>',
  'notes.txt.gz': 'packed',
  'data.unknown': 'data',
  'A.TXT': 'upper case',
  'song.mid': 'of a type that h2o is not told of',
  'link.txt': { link: 'sub/b.txt' },
  'sub/b.txt': 'b',
});

async function offloadOf(
  sender: XSendfileOptions['sender'],
  target: string,
  options: XSendfileOptions = {},
  prepare?: Parameters<typeof createFixture>[2],
) {
  const { request, outcomes } = await createFixture(
    root,
    { sender, handshake: false, ...options },
    prepare,
  );
  const { headers, body } = await request({ target });
  return { headers, body: String(body), outcomes };
}

describe("xsendfile(root, { sender: 'caddy' })", () => {
  it.each<[string, XSendfileOptions['sender'], string]>([
    ["'caddy'", 'caddy', '/a%20b%3F.txt'],
    ['caddySender()', caddySender(), '/a%20b%3F.txt'],
    ["caddySender({ location: '/' })", caddySender({ location: '/' }), '/a%20b%3F.txt'],
    [
      "caddySender({ location: '/x y' })",
      caddySender({ location: '/x%20y' }),
      '/x%20y/a%20b%3F.txt',
    ],
  ])('%s names the path', async (_title, sender, value) => {
    const { headers, body, outcomes } = await offloadOf(sender, '/a%20b%3F.txt');
    expect(headers['x-accel-redirect']).toBe(value);
    expect(headers).toMatchObject({ 'content-length': '0', 'cache-control': 'private, no-cache' });
    expect(headers).not.toHaveProperty('accept-ranges');
    expect(body).toBe('');
    expect(outcomes).toMatchObject([{ kind: 'offloaded', sender: 'caddy' }]);
  });

  it('leaves compressed text files and policies to Caddy, which keeps the headers', async () => {
    const packed = await offloadOf('caddy', '/notes.txt.gz');
    expect(packed.headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
    });
    const page = await offloadOf('caddy', '/page.html');
    expect(page.headers['content-security-policy']).toBe('sandbox');
    expect(page.outcomes).toMatchObject([{ kind: 'offloaded' }]);
  });
});

describe("xsendfile(root, { sender: 'h2o' })", () => {
  it.each<[string, XSendfileOptions['sender'], string]>([
    ["'h2o'", 'h2o', 'http://files.internal:81/a%20b%3F.txt'],
    ['h2oSender()', h2oSender(), 'http://files.internal:81/a%20b%3F.txt'],
    [
      "h2oSender({ location: 'http://x.internal/y' })",
      h2oSender({ location: 'http://x.internal/y' }),
      'http://x.internal/y/a%20b%3F.txt',
    ],
  ])('%s names the URL', async (_title, sender, value) => {
    const { headers, body, outcomes } = await offloadOf(sender, '/a%20b%3F.txt');
    expect(headers['x-reproxy-url']).toBe(value);
    expect(headers['content-length']).toBe('0');
    expect(body).toBe('');
    expect(outcomes).toMatchObject([{ kind: 'offloaded', sender: 'h2o' }]);
  });

  it.each<[what: string, target: string, options: XSendfileOptions]>([
    ['a page, which has to be in a sandbox', '/page.html', {}],
    ['an attachment', '/sub/b.txt', { disposition: 'attachment' }],
    ['a Cache-Control of its own', '/sub/b.txt', { maxAge: '1d' }],
    ['a type of its own', '/sub/b.txt', { contentType: () => 'text/csv' }],
    ['a type that h2o does not know', '/song.mid', {}],
    ['an extension in upper case', '/A.TXT', {}],
    [
      'a header of a hook',
      '/sub/b.txt',
      { setHeaders: (res) => void res.setHeader('Vary', 'Cookie') },
    ],
  ])('sends %s from this process', async (_what, target, options) => {
    const { headers, body, outcomes } = await offloadOf('h2o', target, options);
    expect(headers).not.toHaveProperty('x-reproxy-url');
    expect(body.length).toBeGreaterThan(0);
    expect(outcomes).toMatchObject([{ kind: 'sent', sender: 'serve' }]);
  });

  it.each([
    'Content-Security-Policy',
    'Set-Cookie',
    'Expires',
    'Vary',
    'Content-Language',
    'Link',
    'Access-Control-Allow-Origin',
    'Content-Disposition',
    'Content-Type',
  ])("sends a file with the application's %s from this process", async (name) => {
    const { outcomes } = await offloadOf('h2o', '/sub/b.txt', {}, (_req, res) => {
      res.setHeader(name, 'inline');
    });
    expect(outcomes).toMatchObject([{ kind: 'sent', sender: 'serve' }]);
  });

  it.each([
    { method: 'HEAD', target: '/sub/b.txt' },
    { target: '/sub/b.txt', headers: { Range: 'bytes=0-0', 'If-Range': '"x"' } },
  ])('answers %j itself', async (request) => {
    const { check, outcomes } = await createFixture(root, { sender: 'h2o', handshake: false });
    await check(request, {
      status: 200,
      headers: { 'X-Reproxy-URL': null, 'Content-Length': '1' },
    });
    expect(outcomes).toMatchObject([{ kind: 'sent', sender: 'serve' }]);
  });

  it.each(['/sub/b.txt', '/notes.txt.gz', '/data.unknown'])('leaves %s to h2o', async (target) => {
    const { headers, outcomes } = await offloadOf('h2o', target);
    expect(headers).not.toHaveProperty('content-encoding');
    expect(outcomes).toMatchObject([{ kind: 'offloaded' }]);
  });

  it('leaves files to h2o when a middleware has wrapped the response', async () => {
    const { outcomes } = await offloadOf('h2o', '/sub/b.txt', {}, (_req, res) => {
      res.write = res.write.bind(res) as typeof res.write;
    });
    expect(outcomes).toMatchObject([{ kind: 'offloaded' }]);
  });
});

describe('sender({ frontendRoot })', () => {
  const factories = { standardSender, apacheSender, lighttpdSender };

  it.each(Object.entries(factories))('%s names the path on the front end', async (_n, make) => {
    const sender = make({ frontendRoot: '/data/the-files/' });
    const { headers } = await offloadOf(sender, '/link.txt');
    expect(headers['x-sendfile']).toBe('/data/the-files/sub/b.txt');
  });

  it('is encoded like the rest of the path', async () => {
    const percent = standardSender({ frontendRoot: '/my files' });
    expect((await offloadOf(percent, '/sub/b.txt')).headers['x-sendfile']).toBe(
      '/my%20files/sub/b.txt',
    );
    const raw = apacheSender({ frontendRoot: '/my files' });
    expect((await offloadOf(raw, '/sub/b.txt')).headers['x-sendfile']).toBe('/my files/sub/b.txt');
  });

  it.each<[unknown, string]>([
    ['files', '"files"'],
    ['/', '"/"'],
    ['/a/../b', '"/a/../b"'],
    ['/a//b', '"/a//b"'],
    ['/a\nb', '"/a\\nb"'],
    [7, '7'],
  ])('rejects %j', (frontendRoot, shown) => {
    for (const [name, make] of Object.entries(factories)) {
      expect(() => make({ frontendRoot: frontendRoot as string })).toThrow(
        expect.objectContaining({
          code: 'ERR_XSENDFILE_BAD_OPTION',
          message: `${name}: frontendRoot must be an absolute path in its shortest form, without control characters and other than "/", got ${shown}. Give the directory as the front end sees it, such as "/srv/files".`,
        }),
      );
    }
  });
});

describe('sender({ location })', () => {
  it.each<[unknown]>([
    ['files'],
    ['/../x'],
    ['/%2e%2e/'],
    ['/a b'],
    ['/a%2Fb'],
    ['/a%00'],
    [7],
    [''],
  ])('is rejected by caddySender if it is %j', (location) => {
    expect(() => caddySender({ location: location as string })).toThrow(
      `caddySender: location must be the path of an internal location, such as "/-internal-/", got ${JSON.stringify(location)}.`,
    );
  });

  it.each<[unknown]>([
    ['/files'],
    ['https://files.internal/'],
    ['http://u:p@files.internal/'],
    ['http://files.internal/?x'],
    ['http://files.internal/a/../b/'],
    ['http://files.internal/%2e%2e/'],
    [7],
  ])('is rejected by h2oSender if it is %j', (location) => {
    expect(() => h2oSender({ location: location as string })).toThrow(
      `h2oSender: location must be the URL of an internal host, such as "http://files.internal:81/", got ${JSON.stringify(location)}.`,
    );
  });
});
