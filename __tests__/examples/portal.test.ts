import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { ExampleServer } from './example-server.js';

const SCRIPT = 'examples/portal/server.js';
const GREETINGS = '/files/alice/Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt';
const INVOICE = '/files/alice/Invoice%202025-042.pdf';

const decodeQuote = (text: unknown): string => String(text).replaceAll('&#39;', "'");

describe('examples/portal', () => {
  let data: string;
  let portal: ExampleServer;
  let alice: { Cookie: string };

  const start = (env: Record<string, string> = {}) =>
    ExampleServer.start(SCRIPT, { PORT: '0', PORTAL_DATA: data, PORTAL_BIG_MB: '3', ...env });
  const documentOf = (user: string, name: string): Buffer => readFileSync(join(data, user, name));

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'xsendfile-portal-'));
    portal = await start();
    alice = await portal.logIn('alice', 'wonderland');
  }, 180_000);

  afterAll(async () => {
    await portal?.stop('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  });

  describe('login', () => {
    it('has a page with the sample users, a policy and no inline scripts', async () => {
      const { status, headers, body } = await portal.request('/login');
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none';script-src 'self';style-src 'self';/,
      );
      expect(headers['cache-control']).toBe('no-store');
      expect(String(body)).toContain('<code>alice</code>, password <code>wonderland</code>');
      expect(String(body)).toContain('<code>bob</code>');
      expect(String(body).match(/<script[^>]*>/g)).toEqual([
        '<script src="/assets/portal.js" type="module">',
      ]);
    });

    it.each([
      ['a wrong password', { name: 'alice', password: 'can-we-fix-it' }],
      ['an unknown user', { name: 'zoe', password: 'wonderland' }],
      ['a name of every object', { name: '__proto__', password: 'wonderland' }],
      ['no password', { name: 'alice' }],
      ['nothing', {}],
    ])('answers 401 with the login page for %s', async (_, form) => {
      const { status, headers, body } = await portal.post('/login', form);
      expect(status).toBe(401);
      expect(headers['set-cookie']).toBeUndefined();
      expect(String(body)).toContain('The password is wrong.');
    });

    it('refuses a form of another site', async () => {
      const form = { name: 'alice', password: 'wonderland' };
      expect((await portal.request('/login', { form })).status).toBe(403);
      const headers = await portal.logIn('bob', 'can-we-fix-it');
      for (const path of ['/logout', '/links', '/folders', '/delete']) {
        const { status } = await portal.request(path, { headers, form: { _csrf: 'guessed' } });
        expect([path, status]).toEqual([path, 403]);
      }
    });

    it('starts a session with a cookie that scripts and other sites cannot use', async () => {
      const form = { name: 'alice', password: 'wonderland' };
      const { status, headers } = await portal.post('/login', form);
      expect(status).toBe(303);
      expect(headers.location).toBe('/');
      expect(headers['set-cookie']).toMatch(
        /^portal\.sid=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      );
    });

    it('replaces the session id of a visitor', async () => {
      const before = await portal.logIn('bob', 'can-we-fix-it');
      const form = { name: 'alice', password: 'wonderland' };
      const { headers } = await portal.post('/login', form, before);
      expect(headers['set-cookie']).toMatch(/^portal\.sid=/);
      expect(headers['set-cookie']).not.toContain(before.Cookie);
      expect((await portal.request('/', { headers: before })).status).toBe(303);
    });

    it('ends the session by a POST to /logout', async () => {
      const session = await portal.logIn('alice', 'wonderland');
      expect((await portal.request(INVOICE, { headers: session })).status).toBe(200);
      expect((await portal.request('/logout', { headers: session })).status).toBe(404);
      expect((await portal.post('/logout', {}, session)).status).toBe(303);
      expect((await portal.request(INVOICE, { headers: session })).status).toBe(303);
    });

    it.each(['/', INVOICE, '/files/alice/missing', '/newest'])(
      'redirects a request for %s without a session to the login page',
      async (path) => {
        const { status, headers } = await portal.request(path);
        expect(status).toBe(303);
        expect(headers.location).toBe('/login');
      },
    );
  });

  describe('documents', () => {
    it('are listed for their owner only', async () => {
      const { status, body } = await portal.request('/', { headers: alice });
      expect(status).toBe(200);
      expect(String(body)).toContain(
        `<a href="${GREETINGS.replace('/files/alice/', '/view/')}">Grüße aus Köln<wbr>.txt</a>`,
      );
      expect(String(body)).toContain('3.0 MiB');
      expect(String(body)).not.toContain('Contract.pdf');
    });

    it('have escaped names in the list, and links that work', async () => {
      const name = `<img src=x onerror=alert(1)>"'&%41#?.txt`;
      writeFileSync(join(data, 'alice', name), 'strange');
      const page = String((await portal.request('/', { headers: alice })).body);
      expect(page).not.toContain('<img src=x');
      expect(page).toContain(
        '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;%41#?<wbr>.txt</a>',
      );
      const [, link] = /href="(\/view[^"]*onerror[^"]*)"/.exec(page) ?? [];
      const view = await portal.request(decodeQuote(link), { headers: alice });
      expect(view.status).toBe(200);
      expect(String(view.body)).not.toContain('<img src=x');
      const [, source] = /<iframe src="([^"]*)"/.exec(String(view.body)) ?? [];
      const { status, body } = await portal.request(decodeQuote(source), { headers: alice });
      expect([status, String(body)]).toEqual([200, 'strange']);
      rmSync(join(data, 'alice', name));
    });

    it.each([
      [GREETINGS, 'Grüße aus Köln.txt', 'text/plain; charset=utf-8'],
      [INVOICE, 'Invoice 2025-042.pdf', 'application/pdf'],
      ['/files/alice/Hills.png', 'Hills.png', 'image/png'],
      ['/files/alice/Backup.bin', 'Backup.bin', 'application/octet-stream'],
    ])('are sent byte for byte: %s', async (path, name, type) => {
      const { status, headers, body } = await portal.request(path, { headers: alice });
      expect(status).toBe(200);
      expect(headers['content-type']).toBe(type);
      expect(headers['content-disposition']).toBeUndefined();
      expect(headers['content-security-policy']).toBeUndefined();
      expect(headers['cache-control']).toBe('private, no-cache');
      expect(body.equals(documentOf('alice', name))).toBe(true);
    });

    it('are answered for HEAD with the length and no body', async () => {
      const { status, headers, body } = await portal.request('/files/alice/Backup.bin', {
        method: 'HEAD',
        headers: alice,
      });
      expect(status).toBe(200);
      expect(headers['content-length']).toBe(String(3 * 1024 * 1024));
      expect(body).toHaveLength(0);
    });

    it('are answered with a range, and with 304 for their ETag', async () => {
      const headers = { ...alice, Range: 'bytes=1048570-1048579' };
      const part = await portal.request('/files/alice/Backup.bin', { headers });
      expect(part.status).toBe(206);
      expect(part.headers['content-range']).toBe('bytes 1048570-1048579/3145728');
      const whole = documentOf('alice', 'Backup.bin');
      expect(part.body.equals(whole.subarray(1048570, 1048580))).toBe(true);

      expect((await portal.revalidate('/files/alice/Backup.bin', headers)).status).toBe(304);
    });

    it('are downloaded under the requested name', async () => {
      const { status, headers } = await portal.request(
        `${INVOICE}?as=%C3%9Cbersicht%0D%0A%22.pdf`,
        {
          headers: alice,
        },
      );
      expect(status).toBe(200);
      expect(headers['content-disposition']).toBe(
        `attachment; filename="_bersicht\\".pdf"; filename*=UTF-8''%C3%9Cbersicht%22.pdf`,
      );
    });

    it('are found as the newest one', async () => {
      const { status, headers, body } = await portal.request('/newest', { headers: alice });
      expect(status).toBe(200);
      expect(headers['content-disposition']).toBe('attachment; filename=Backup.bin');
      expect(body.equals(documentOf('alice', 'Backup.bin'))).toBe(true);
    });

    it('of another user are answered like missing ones', async () => {
      const missing = await portal.request('/files/alice/missing.pdf', { headers: alice });
      expect(missing.status).toBe(404);
      expect(missing.headers['content-type']).toBe('text/html; charset=utf-8');
      for (const path of ['/files/bob/Contract.pdf', '/files/bob/missing.pdf', '/files/zoe/x']) {
        const { status, body } = await portal.request(path, { headers: alice });
        expect([path, status, String(body)]).toEqual([path, 404, String(missing.body)]);
      }
    });

    it.each([
      ['/files/alice/../bob/Contract.pdf', 403],
      ['/files/alice/%2e%2e/bob/Contract.pdf', 403],
      ['/files/alice/..%2Fbob%2FContract.pdf', 403],
      ['/files/bob/../alice/Hills.png', 404],
      ['/files/alice%2F..%2Fbob/Contract.pdf', 404],
      ['/files//alice/Hills.png', 404],
      ['/files/alice//Hills.png', 404],
      ['/files/alice/', 404],
      ['/files/alice', 404],
      ['/files', 404],
      ['/files/alice/%00', 400],
      ['/nothing', 404],
    ])('are answered for %s with a page and status %i', async (path, expected) => {
      const { status, headers, body } = await portal.request(path, { headers: alice });
      expect(status).toBe(expected);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(String(body)).not.toContain(data);
    });

    it('are answered for other methods with 405 and Allow', async () => {
      const { status, headers } = await portal.request(INVOICE, {
        headers: alice,
        method: 'DELETE',
      });
      expect(status).toBe(405);
      expect(headers.allow).toBe('GET, HEAD');
    });
  });

  describe('links that expire', () => {
    it('are made for own documents, and need no login', async () => {
      const name = 'Invoice 2025-042.pdf';
      const made = await portal.post('/links', { path: name, expiresIn: '600' }, alice);
      expect(made.status).toBe(303);
      const { body } = await portal.request(String(made.headers.location), { headers: alice });
      const [, rest = ''] =
        /value="http:\/\/[^"/]+\/s(\/[^"]+\/alice\/Invoice%202025-042\.pdf)"/.exec(String(body)) ??
        [];
      const landing = await portal.request(`/s${rest}`);
      expect(landing.status).toBe(200);
      const path = `/shared${rest}`;
      expect(String(landing.body)).toContain(`href="${path}" download`);
      const answer = await portal.request(path);
      expect(answer.status).toBe(200);
      expect(answer.body.equals(documentOf('alice', name))).toBe(true);
      expect(answer.headers['cache-control']).toMatch(/^private, max-age=(?:600|59\d)$/);
      await portal.waitFor(/^a link of alice: GET "alice\/Invoice 2025-042\.pdf", 200 sent, /m);
      expect((await portal.request(path.replace('Invoice', 'invoice'))).status).toBe(404);
      expect(portal.output).not.toContain('/shared/');
    });

    it('are made neither for documents of others nor without a login', async () => {
      for (const path of ['../bob/Dusk.png', '../bob', '', '.', 'missing.pdf']) {
        expect([path, (await portal.post('/links', { path }, alice)).status]).toEqual([path, 404]);
      }
      const { status, headers } = await portal.request('/links', { form: { path: 'x' } });
      expect([status, headers.location]).toEqual([303, '/login']);
    });
  });

  describe('log', () => {
    it('has one line per outcome', async () => {
      await portal.request(GREETINGS, { headers: alice });
      await portal.waitFor(
        /^alice: GET "alice\/Grüße aus Köln\.txt", 200 sent, \d+ of \d+ bytes, [\d.]+ ms$/m,
      );
      await portal.request('/files/alice/none', { headers: alice });
      await portal.waitFor(/^alice: GET "alice\/none", 404 refused \(ERR_XSENDFILE_NOT_FOUND\), /m);
      await portal.request('/files/bob/Dusk.png', { headers: alice });
      await portal.waitFor(/^alice: GET "\/bob\/Dusk\.png" is none of theirs$/m);
      await portal.request('/files/alice/Hills.png', { headers: { ...alice, Range: 'bytes=-5' } });
      await portal.waitFor(
        /^alice: GET "alice\/Hills\.png", 206 sent, bytes \d+-\d+, 5 of \d+ bytes/m,
      );
    });

    it('shows no control character of a file name', async () => {
      await portal.request('/files/alice/%0Abob:%20GET%20forged%1B%5B2J%C2%9B%E2%80%AE', {
        headers: alice,
      });
      await portal.request('/files/alice/x%E2%80%AEgpj.exe', { headers: alice });
      await portal.waitFor(/gpj\.exe/);
      expect(portal.output).not.toMatch(/^bob: GET forged/m);
      // The line break is the log's own.
      expect(portal.output).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    });
  });

  describe('sample documents', () => {
    it('include a PDF with a correct index', () => {
      const pdf = documentOf('alice', 'Invoice 2025-042.pdf').toString('latin1');
      const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(pdf)?.[1]);
      const entries = [...pdf.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)];
      expect(pdf.slice(start)).toMatch(/^xref\n0 7\n/);
      expect(entries).toHaveLength(6);
      for (const [index, [, offset]] of entries.entries()) {
        expect(pdf.slice(Number(offset))).toMatch(new RegExp(`^${index + 1} 0 obj\n`));
      }
      const [, length, stream] = /\/Length (\d+) >>\nstream\n(.*?)\nendstream/s.exec(pdf) ?? [];
      expect(stream).toHaveLength(Number(length));
    });

    it('include a PNG with as many pixels as its header says', () => {
      const png = documentOf('bob', 'Dusk.png');
      const length = png.readUInt32BE(33);
      expect(png.toString('latin1', 37, 41)).toBe('IDAT');
      expect(inflateSync(png.subarray(41, 41 + length))).toHaveLength(400 * (1 + 3 * 640));
    });

    it('are not overwritten at the next start', async () => {
      const path = join(data, 'alice', 'Backup.bin');
      const { ino } = statSync(path);
      const second = await start();
      expect(await second.stop()).toBe(0);
      expect(statSync(path).ino).toBe(ino);
    });
  });

  describe('pages', () => {
    const luminance = (color: string): number => {
      const digits = color.length === 3 ? color.replace(/./g, '$&$&') : color;
      const [red = 0, green = 0, blue = 0] = (digits.match(/../g) ?? [])
        .map((pair) => Number.parseInt(pair, 16) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (a: string, b: string): number => {
      const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
      return (light + 0.05) / (dark + 0.05);
    };

    // WCAG 2.2, 1.4.11.
    it('have borders of fields and buttons with a contrast of 3:1, light and dark', async () => {
      const style = String((await portal.request('/assets/portal.css')).body);
      const palettes = [...style.matchAll(/:root \{(.*?)\}/gs)].map(([, text = '']) =>
        Object.fromEntries([...text.matchAll(/--(\w+): #(\w+)/g)].map(([, ...pair]) => pair)),
      );
      expect(palettes).toHaveLength(2);
      for (const { control, card, page } of palettes) {
        expect(contrast(control, card)).toBeGreaterThanOrEqual(3);
        expect(contrast(control, page)).toBeGreaterThanOrEqual(3);
      }
      expect(style).toMatch(
        /^input,\nselect,\nbutton,\n\.button \{[^}]*border: 1px solid var\(--control\)/m,
      );
    });
  });

  describe('process', () => {
    it('closes a connection after 1,000 requests', async () => {
      const { headers } = await fetch(`http://127.0.0.1:${portal.port}/login`);
      expect(headers.get('keep-alive')).toBe('timeout=5, max=1000');
    });

    it('reports that the port is in use', async () => {
      const port = String(portal.port);
      const second = await ExampleServer.run(SCRIPT, {
        PORT: port,
        PORTAL_DATA: data,
        PORTAL_BIG_MB: '3',
      });
      expect(second.exitCode).toBe(1);
      expect(second.output).toContain(`Port ${port} is in use.`);
    });

    it('reports that the port is invalid', async () => {
      const second = await ExampleServer.run(SCRIPT, { PORT: 'http', PORTAL_DATA: data });
      expect(second.exitCode).toBe(1);
      expect(second.output).toContain('PORT must be a number from 0 to 65535, got "http".');
    });

    it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s', async (signal) => {
      const second = await start();
      expect(await second.stop(signal)).toBe(0);
    });
  });
});
