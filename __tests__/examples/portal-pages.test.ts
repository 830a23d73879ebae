import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../helpers/eventually.js';
import { ExampleServer } from './example-server.js';

/** Pages of the portal, requested without a browser. */

const SCRIPT = 'examples/portal/server.js';
const MIB = 1024 * 1024;

describe('examples/portal/pages', () => {
  let data: string;
  let portal: ExampleServer;
  let alice: { Cookie: string };

  const start = () =>
    ExampleServer.start(SCRIPT, {
      ...{ PORT: '0', PORTAL_DATA: data, PORTAL_BIG_MB: '1', PORTAL_UPLOAD_MB: '1' },
      PORTAL_METRICS_TOKEN: 'prometheus-prometheus',
    });
  const get = async (path: string, headers: Record<string, string> = alice) => {
    const response = await portal.request(path, { headers });
    return { ...response, text: String(response.body) };
  };
  const filesIn = (folder: string) => readdirSync(join(data, 'alice', folder)).sort();

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'xsendfile-portal-'));
    portal = await start();
    alice = await portal.logIn('alice', 'wonderland');
  }, 180_000);

  afterAll(async () => {
    await portal?.stop('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  });

  describe('lists', () => {
    it('are paged', async () => {
      const first = await get('/folder/Receipts');
      expect(first.text.match(/<tr>/g)).toHaveLength(21);
      expect(first.text).toContain('Page 1 of 3');
      const last = await get('/folder/Receipts?page=3');
      expect(last.text.match(/<tr>/g)).toHaveLength(9);
      expect((await get('/folder/Receipts?page=99')).text).toContain('Page 3 of 3');
      expect((await get('/folder/Receipts?page=-1')).text).toContain('Page 1 of 3');
    });

    it('are sorted, folders first', async () => {
      const namesOf = (html: string) =>
        [...html.matchAll(/<td class="name">.*?<a href="[^"]*">([^<]*)</gs)].map(
          ([, name]) => name,
        );
      expect(namesOf((await get('/')).text).slice(0, 3)).toEqual([
        'Photos',
        'Receipts',
        'Backup.bin',
      ]);
      expect(namesOf((await get('/?sort=name')).text).slice(2, 4)).toEqual([
        'Backup.bin',
        'Chime.wav',
      ]);
      expect(namesOf((await get('/?sort=size')).text)[3]).toBe('Walkthrough.webm');
      expect((await get('/?sort=constructor')).status).toBe(200);
    });

    it('are searched, also in the folders below', async () => {
      const { text } = await get('/?q=VALLEY');
      expect(text).toContain('4 found for “VALLEY”');
      expect(text).toContain('in Photos');
      expect((await get('/?q=%3Cscript%3E')).text).toContain('0 found for “&lt;script&gt;”');
    });

    it.each([
      '/folder/Missing',
      '/folder/..',
      '/folder/%2e%2e',
      '/folder/..%2Fbob',
      '/folder/.hidden',
      '/view/..%2F..%2Fbob%2FContract.pdf',
      '/view/%00',
      '/share/..%2Fbob',
    ])('are answered for %s with 404', async (path) => {
      expect((await get(path)).status).toBe(404);
    });
  });

  describe('folders', () => {
    it('are created, and deleted when they are empty', async () => {
      const made = await portal.post('/folders', { folder: '', name: 'Tea/party' }, alice);
      expect(made.headers.location).toBe('/folder/Tea_party');
      const again = await portal.post('/folders', { folder: '', name: 'Tea_party' }, alice);
      expect(again.headers.location).toBe('/');
      expect((await get('/')).text).toContain('There is a “Tea_party” already.');
      await portal.post('/delete', { path: 'Tea_party' }, alice);
      expect(filesIn('')).not.toContain('Tea_party');
    });

    it('that are not empty, and other users, cannot be deleted', async () => {
      await portal.post('/delete', { path: 'Photos' }, alice);
      expect((await get('/')).text).toContain('“Photos” is not empty.');
      for (const path of ['', '.', '..', '../bob/Dusk.png', 'Photos/../../bob/Dusk.png']) {
        const { status } = await portal.post('/delete', { path }, alice);
        expect([path, status]).toEqual([path, 404]);
      }
      expect(statSync(join(data, 'bob/Dusk.png')).isFile()).toBe(true);
    });
  });

  describe('uploads', () => {
    const BOUNDARY = 'a-boundary';
    const tokenOf = async () => /name="_csrf" value="(\w+)"/.exec((await get('/')).text)?.[1] ?? '';
    const part = (name: string, content: string, filename?: string) =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"` +
      `${filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: text/plain`}` +
      `\r\n\r\n${content}\r\n`;

    /** Sends a form, or only its beginning. */
    const upload = (body: string, { isWhole = true } = {}): Promise<number | undefined> =>
      new Promise((resolve) => {
        const end = isWhole ? `--${BOUNDARY}--\r\n` : '';
        const type = `multipart/form-data; boundary=${BOUNDARY}`;
        const req = request(
          {
            ...{ port: portal.port, path: '/upload/Photos', method: 'POST', agent: false },
            headers: { ...alice, 'Content-Type': type },
          },
          (res) => {
            res.resume();
            resolve(res.statusCode);
          },
        );
        req.on('error', () => resolve(undefined));
        if (isWhole) req.end(body + end);
        else req.write(body, () => setTimeout(() => req.destroy(), 200));
      });

    afterEach(() => {
      for (const name of filesIn('Photos').filter((file) => !file.startsWith('Valley'))) {
        rmSync(join(data, 'alice/Photos', name));
      }
    });

    it.each([
      ['../../bob/evil.txt', 'evil.txt'],
      ['..\\\\..\\\\evil.txt', 'evil.txt'],
      ['.htaccess', 'htaccess'],
      ['x\u202egpj.exe', 'xgpj.exe'],
      [`${'ü'.repeat(300)}.txt`, `${'ü'.repeat(88)}.txt`],
      ['...', 'document'],
      ['Valley at day.png', 'Valley at day (2).png'],
    ])('of %j are stored as %j', async (filename, stored) => {
      const before = filesIn('Photos');
      const token = await tokenOf();
      expect(await upload(part('_csrf', token) + part('files', 'text', filename))).toBe(303);
      const added = filesIn('Photos').filter((name) => !before.includes(name));
      expect(added).toEqual([stored]);
      expect(readFileSync(join(data, 'alice/Photos', stored), 'utf8')).toBe('text');
    });

    it.each([
      ['without the token of the page', '', 'text', 'This page has expired'],
      ['that are too large', undefined, 'x'.repeat(MIB + 1), '“a.txt” is larger than 1 MiB.'],
    ])('%s are refused, and leave nothing', async (_, token, content, message) => {
      const before = filesIn('Photos');
      const field = part('_csrf', token ?? (await tokenOf()));
      expect(await upload(field + part('files', content, 'a.txt'))).toBe(303);
      expect((await get('/folder/Photos')).text).toContain(message);
      expect(filesIn('Photos')).toEqual(before);
    });

    it('without a file are refused', async () => {
      expect(await upload(part('_csrf', await tokenOf()))).toBe(303);
      expect((await get('/folder/Photos')).text).toContain('Choose a file first.');
    });

    it('that are aborted leave nothing', async () => {
      const before = filesIn('Photos');
      const body = part('_csrf', await tokenOf()) + part('files', 'x'.repeat(100_000), 'a.txt');
      const aborted = upload(body, { isWhole: false });
      await eventually(() => filesIn('Photos').some((name) => name.endsWith('.unfinished')));
      expect(await aborted).toBeUndefined();
      await eventually(() => filesIn('Photos').length === before.length);
      expect(filesIn('Photos')).toEqual(before);
    });
  });

  describe('for the administrator', () => {
    it('show downloads as they happen', async () => {
      const admin = await portal.logIn('admin', 'all-seeing');
      const events = await fetch(`http://127.0.0.1:${portal.port}/live/events`, {
        headers: admin,
      });
      expect(events.headers.get('content-type')).toMatch(/^text\/event-stream/);
      await get('/files/alice/Hills.png');
      const reader = events.body?.getReader();
      let text = '';
      for (let end = Date.now() + 20_000; !text.includes('"sent"') && Date.now() < end; ) {
        text += Buffer.from((await reader?.read())?.value ?? []).toString();
      }
      await reader?.cancel();
      const last = JSON.parse(text.trim().split('\n').at(-1)?.replace('data: ', '') ?? '');
      expect(last.transfer).toMatchObject({
        ...{ path: 'alice/Hills.png', who: 'alice', via: '', sender: 'this process' },
        ...{ state: 'sent', status: 200 },
      });
      expect(last.transfer.bytes).toBe(last.transfer.total);
      expect(text).not.toContain('/files/');
    });

    it.each(['/live', '/live/events', '/metrics'])('are hidden from others: %s', async (path) => {
      expect((await get(path)).status).toBe(404);
      expect((await get(path, {})).status).toBe(303);
    });

    it('give Prometheus its metrics', async () => {
      const headers = { Authorization: 'Bearer prometheus-prometheus' };
      const { status, text } = await get('/metrics', headers);
      expect(status).toBe(200);
      expect(text).toMatch(
        /^xsendfile_requests_total\{kind="sent",status="200",sender="serve"\} \d+$/m,
      );
      expect(text).toMatch(/^xsendfile_running_downloads 0$/m);
      expect((await get('/metrics', { Authorization: 'Bearer guessed' })).status).toBe(303);
    });
  });

  it('slow down whoever guesses passwords', async () => {
    const own = await start();
    const attempt = () => own.post('/login', { name: 'alice', password: 'guess' });
    for (let count = 0; count < 10; count++) expect((await attempt()).status).toBe(401);
    const { status, headers, body } = await attempt();
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(String(body)).toContain('Too many attempts.');
    await own.stop();
  });
});
