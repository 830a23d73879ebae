import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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

    it('of 2,000 documents have numbers for their pages', async () => {
      const folder = join(data, 'alice/Many');
      mkdirSync(folder);
      for (let number = 1; number <= 2000; number += 1)
        writeFileSync(join(folder, `${number}.txt`), 'x');
      const numbersOf = async (page: number) => {
        const { text } = await get(`/folder/Many?page=${page}`);
        const [, nav = ''] = /<nav class="pages"[^>]*>(.*?)<\/nav>/s.exec(text) ?? [];
        const parts = [
          ...nav.matchAll(
            /aria-hidden="true">(…)|aria-label="Page (\d+)"|aria-current="page">(\d+)</g,
          ),
        ];
        return parts.map(([, gap, other, current]) => gap ?? other ?? `[${current}]`).join(' ');
      };
      expect(await numbersOf(1)).toBe('[1] 2 … 100');
      expect(await numbersOf(3)).toBe('1 2 [3] 4 … 100');
      expect(await numbersOf(50)).toBe('1 … 49 [50] 51 … 100');
      expect(await numbersOf(100)).toBe('1 … 99 [100]');
      const { text } = await get('/folder/Many?page=50&sort=name');
      expect(text).toContain('href="/folder/Many?sort=name&amp;page=49"');
      expect(text).toContain('1 byte');
      expect(text).not.toContain('1 bytes');
      rmSync(folder, { recursive: true });
    });

    it('are sorted, folders first', async () => {
      const namesOf = (html: string) =>
        [...html.matchAll(/<td class="name">.*?<a href="[^"]*">(.*?)<\/a>/gs)].map(([, name]) =>
          name?.replace('<wbr>', ''),
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

  describe('archives', () => {
    const namesOf = (archive: Buffer): string[] =>
      [...archive.toString('latin1').matchAll(/PK\x01\x02.{24}(..).{16}/gs)].map(
        ({ index, 1: length = '' }) => {
          const bytes = length.charCodeAt(0) + 256 * length.charCodeAt(1);
          return archive.toString('utf8', index + 46, index + 46 + bytes);
        },
      );
    const download = async (path: string, headers: Record<string, string> = alice) => {
      const response = await portal.request(path, { headers });
      return { ...response, names: namesOf(response.body) };
    };

    it('are of the selected documents and folders, with names below the listed folder', async () => {
      const { status, headers, body, names } = await download(
        '/archive?folder=&path=Invoice%202025-042.pdf&path=Receipts',
      );
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'application/zip',
        'content-disposition': 'attachment; filename=Documents.zip',
        'content-length': String(body.length),
        'accept-ranges': 'bytes',
      });
      const receipts = filesIn('Receipts').map((name) => `Receipts/${name}`);
      expect(names).toEqual(['Invoice 2025-042.pdf', ...receipts]);
    });

    it('are of the whole folder if nothing is selected, and can be resumed', async () => {
      const { headers, body, names } = await download('/archive?folder=Receipts');
      expect(names).toEqual(filesIn('Receipts'));
      expect(headers['content-disposition']).toBe('attachment; filename=Receipts.zip');
      const rest = await download('/archive?folder=Receipts', { ...alice, Range: 'bytes=1000-' });
      expect(rest.status).toBe(206);
      expect(rest.body.equals(body.subarray(1000))).toBe(true);
    });

    it.each([
      '/archive?folder=..',
      '/archive?path=../bob/Contract.pdf',
      '/archive?path=missing',
      '/archive?folder=missing',
    ])('are refused for %s', async (path) => {
      expect((await download(path)).status).toBe(404);
      expect((await download(path, {})).status).toBe(303);
    });

    it('are of a shared folder, for visitors without an account', async () => {
      const form = { path: 'Receipts', expiresIn: '600', filename: '', uses: '', rate: '' };
      const made = await portal.post('/links', form, alice);
      const page = await get(String(made.headers.location));
      const [, link = ''] = /value="http:\/\/[^/]*\/s(\/[^"]*)"/.exec(page.text) ?? [];
      const landing = await get(`/s${link}`, {});
      const [, href = ''] = /href="(\/shared-folder\/[^"]*)"/.exec(landing.text) ?? [];
      const { status, names } = await download(href, {});
      expect(status).toBe(200);
      expect(names).toEqual(filesIn('Receipts'));
      expect((await download('/shared-folder/forged/Receipts/', {})).status).toBe(404);
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

    it.each([
      ['a folder that does not exist', 'Missing', 404, 'There is no such document.'],
      ['a document', 'Hills.png', 404, 'There is no such document.'],
      ['folders that are too deep', 'a'.repeat(250), 422, 'The folders are too deep'],
    ])('are not created below %s', async (_, folder, status, sentence) => {
      const folders = status === 422 ? Array(18).fill(folder).join('/') : folder;
      const response = await portal.post('/folders', { folder: folders, name: 'New' }, alice);
      expect(response.status).toBe(status);
      expect(String(response.body)).toContain(sentence);
    });

    it('have short names, however long the given ones are', async () => {
      // The largest form that is read.
      for (const name of ['n'.repeat(30_000), `a${'. '.repeat(9000)}b.txt`, '.'.repeat(30_000)]) {
        const { status, headers } = await portal.post('/folders', { folder: '', name }, alice);
        expect(status).toBe(303);
        const made = decodeURIComponent(String(headers.location).replace('/folder/', ''));
        expect(Buffer.byteLength(made)).toBeLessThanOrEqual(180);
        rmdirSync(join(data, 'alice', made));
      }
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
    const upload = (
      body: string,
      { isWhole = true, folder = 'Photos' } = {},
    ): Promise<number | undefined> =>
      new Promise((resolve) => {
        const end = isWhole ? `--${BOUNDARY}--\r\n` : '';
        const type = `multipart/form-data; boundary=${BOUNDARY}`;
        const req = request(
          {
            ...{ port: portal.port, path: `/upload/${folder}`, method: 'POST', agent: false },
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

    it('of 20 names of 16 kB are stored at once', async () => {
      const names = Array.from({ length: 20 }, (_, index) => `${index}${'n'.repeat(16_000)}.txt`);
      const parts = names.map((name) => part('files', 'text', name));
      expect(await upload(part('_csrf', await tokenOf()) + parts.join(''))).toBe(303);
      const added = filesIn('Photos').filter((name) => !name.startsWith('Valley'));
      expect(added.map((name) => Buffer.byteLength(name))).toEqual(Array(20).fill(180));
      // They took half a minute when the time grew with the square of the length.
    }, 20_000);

    it('to a document, or a folder that is gone, are answered with 404', async () => {
      for (const folder of ['Hills.png', 'Missing']) {
        const body = part('_csrf', await tokenOf()) + part('files', 'text', 'a.txt');
        expect([folder, await upload(body, { folder })]).toEqual([folder, 404]);
      }
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
      expect((await get('/folder/Photos')).text).not.toContain('The upload is incomplete');
    });
  });

  describe('links', () => {
    const share = (path: string, filename: string) =>
      portal.post('/links', { path, filename, uses: '1' }, alice);

    it.each(['n', '&', 'ü', '語', '😀'])(
      'refuse a file name of 900 characters %s',
      async (character) => {
        const refused = await share('Hills.png', character.repeat(900));
        expect(refused.status).toBe(422);
        expect(String(refused.body)).toContain(
          'A link cannot carry that file name. Use a shorter one.',
        );
        const longest = character.repeat(40);
        expect((await share('Hills.png', longest)).status).toBe(303);
      },
    );

    it('to a document in deep folders have a page, without a QR code', async () => {
      const folders = Array(12).fill('é'.repeat(90)) as string[];
      mkdirSync(join(data, 'alice', ...folders), { recursive: true });
      writeFileSync(join(data, 'alice', ...folders, 'a.txt'), 'deep');
      const { headers } = await share([...folders, 'a.txt'].join('/'), '');
      const page = await get(String(headers.location));
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('QR code');
      rmSync(join(data, 'alice', String(folders[0])), { recursive: true });
    });

    it('that are used up tell the same client that it may resume', async () => {
      const { headers } = await share('Hills.png', '');
      const { text } = await get(String(headers.location));
      const [, link = ''] = /value="http:\/\/[^/"]+\/s(\/[^"]+)"/.exec(text) ?? [];
      const from = (address: string, path: string) =>
        fetchFrom(address, `http://127.0.0.1:${portal.port}${path}`);
      const { headers: answered } = await portal.request(`/shared${link}`, { form: {} });
      const confirmed = `/shared${link}${answered.location}`;
      expect((await from('127.0.0.1', confirmed)).status).toBe(200);
      const own = await from('127.0.0.1', `/s${link}`);
      const other = await from('127.0.0.2', `/s${link}`);
      expect([own.status, other.status]).toEqual([410, 410]);
      expect(own.text).toContain('It was for 1 download.');
      expect(own.text).toMatch(/you may still resume or repeat it/);
      expect(own.text).toContain(`action="/shared${link}"`);
      expect(other.text).not.toContain('resume');
      expect(other.text).not.toContain(link);
    });
  });

  describe('sessions', () => {
    it('that end during an upload are not revived by it, and nothing is stored', async () => {
      const bob = await portal.logIn('bob', 'can-we-fix-it');
      const page = String((await portal.request('/', { headers: bob })).body);
      const [, token = ''] = /name="_csrf" value="(\w+)"/.exec(page) ?? [];
      const before = readdirSync(join(data, 'bob'));
      const field = (name: string, content: string) =>
        `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}`;
      const headers = { ...bob, 'Content-Type': 'multipart/form-data; boundary=x' };
      const upload = request({
        ...{ port: portal.port, path: '/upload', method: 'POST', agent: false, headers },
      });
      const response = once(upload, 'response');
      upload.write(`${field('_csrf', token)}\r\n${field('files"; filename="late.txt', 'text')}`);
      await eventually(() => readdirSync(join(data, 'bob')).length > before.length);
      expect((await portal.post('/logout', {}, bob)).status).toBe(303);
      upload.end('\r\n--x--\r\n');
      const [{ statusCode, headers: answered }] = await response;
      expect([statusCode, answered.location]).toEqual([303, '/login']);
      expect(answered).not.toHaveProperty('set-cookie');
      expect(readdirSync(join(data, 'bob'))).toEqual(before);
      expect((await portal.request('/', { headers: bob })).status).toBe(303);
    });

    it('that have ended are reported to scripts with 401', async () => {
      const form = { _csrf: 'x' };
      const headers = { Accept: 'application/json' };
      const { status, body } = await portal.request('/upload', { form, headers });
      expect([status, JSON.parse(String(body))]).toEqual([401, { url: '/login' }]);
      expect((await portal.request('/upload', { form })).status).toBe(303);
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

  it('slow down clients that guess passwords', async () => {
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

/** A response to a client with this address of the machine. */
function fetchFrom(localAddress: string, url: string): Promise<{ status?: number; text: string }> {
  return new Promise((resolve, reject) => {
    request(url, { localAddress, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('end', () => resolve({ ...(res.statusCode && { status: res.statusCode }), text }));
    })
      .on('error', reject)
      .end();
  });
}
