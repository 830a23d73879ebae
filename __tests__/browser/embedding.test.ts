import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { authToken, type Embedding, type Outcome, xsendfile } from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { createTree } from '../helpers/tree.js';
import { startStore } from '../remote/raw-store.js';
import { launchBrowser } from './browser.js';

/** Browsers trust `*.localhost`, so they send Sec-Fetch-Site there; each name below it is a site. */
const FILES_HOST = 'files.one.localhost';
const SITES = {
  'same-origin': FILES_HOST,
  'same-site': 'www.one.localhost',
  'cross-site': 'two.localhost',
} as const;
type Site = keyof typeof SITES;

/** The sites whose pages may embed. */
const ADMITTED: { readonly [policy in Embedding]: readonly Site[] } = {
  'same-origin': ['same-origin'],
  'same-site': ['same-origin', 'same-site'],
  any: ['same-origin', 'same-site', 'cross-site'],
};

const SECRET = '0123456789abcdef0123456789abcdef';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A tenth of a second of silence. */
function createSound(): Buffer {
  const samples = Buffer.alloc(800, 128);
  const head = Buffer.alloc(44);
  head.write('RIFF');
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(8000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

const FILES: Readonly<Record<string, Buffer | string>> = {
  'image.png': PNG,
  'sound.wav': createSound(),
  'script.js': 'globalThis.isLoaded = true;',
  'text.txt': 'the text',
};
const root = createTree(FILES);

/** Forwards each request of its pages. */
const WORKER = `
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));`;

/** Whether a page gets a file; the URL is that of the directory. */
type Attempt = (page: Page, base: string) => Promise<boolean>;

const loads =
  (tag: string, event: string, file: string): Attempt =>
  (page, base) =>
    page.evaluate(
      `new Promise((resolve) => {
        const element = document.createElement('${tag}');
        element.addEventListener('${event}', () => resolve(true));
        element.addEventListener('error', () => resolve(false));
        element.src = '${base}${file}';
        document.body.append(element);
      })`,
    );

const fetches =
  (mode: string): Attempt =>
  (page, base) =>
    page.evaluate(
      `fetch('${base}text.txt', { mode: '${mode}', credentials: 'include' }).then(({ ok, type }) => ok || type === 'opaque', () => false)`,
    );

const EMBEDDING: Readonly<Record<string, Attempt>> = {
  img: loads('img', 'load', 'image.png'),
  video: loads('video', 'loadedmetadata', 'sound.wav'),
  script: loads('script', 'load', 'script.js'),
  'fetch with no-cors': fetches('no-cors'),
  async frame(page, base) {
    await loads('iframe', 'load', 'text.txt')(page, base);
    const frame = page.frames().find((each) => each.url().startsWith(base));
    return (await frame?.locator('body').textContent())?.trim() === 'the text';
  },
};

const NAVIGATING: Readonly<Record<string, Attempt>> = {
  async download(page, base) {
    const started = page.waitForEvent('download');
    await page.evaluate(`{
      const link = document.createElement('a');
      link.href = '${base}attached/text.txt';
      link.download = '';
      document.body.append(link);
      link.click();
    }`);
    return (await (await started).failure()) === null;
  },
  async navigation(page, base) {
    await page.evaluate(`setTimeout(() => { location.href = '${base}text.txt' })`);
    await page.waitForURL(`${base}text.txt`);
    return (await page.locator('body').textContent())?.trim() === 'the text';
  },
};

describeWithPrograms('embedding in a browser', ['chromium'], () => {
  const outcomes: Outcome[] = [];
  let browser: Browser;
  let context: BrowserContext;
  let server: Server;
  let port = 0;
  /** Path of a directory of the files, by the way in and the policy; links have a token. */
  const directories = new Map<string, string>();

  beforeAll(async () => {
    const store = await startStore((req, res) => {
      const name = String(req.url).slice(1);
      res.setHeader('ETag', '"1"').end(FILES[name]);
    });
    const app = express();
    const onFinish = (outcome: Outcome) => void outcomes.push(outcome);
    app.get('/page', (_req, res) => void res.send('<!doctype html><title>page</title><body>'));
    app.get('/worker.js', (_req, res) => void res.type('js').send(WORKER));
    /** As browsers without Fetch Metadata would request it. */
    const forget: RequestHandler = ({ headers }, _res, next) => {
      for (const name of ['site', 'mode', 'dest']) delete headers[`sec-fetch-${name}`];
      next();
    };
    const allow: RequestHandler = ({ headers }, res, next) => {
      res.set('Access-Control-Allow-Origin', headers.origin ?? '*');
      res.set('Access-Control-Allow-Credentials', 'true');
      next();
    };
    for (const embedding of Object.keys(ADMITTED) as Embedding[]) {
      const options = { embedding, onFinish };
      const files = xsendfile(root, options);
      const remote = xsendfile(remoteRoot({ origins: [store.origin] }), options);
      const mount = (name: string, ...handlers: RequestHandler[]): void => {
        const path = `/${name}-${embedding}/`;
        directories.set(`${name} ${embedding}`, path);
        app.use(`${path}attached`, (_req, res, next) => {
          res.attachment();
          next();
        });
        app.use([`${path}attached`, path], ...handlers);
      };
      mount('files', files);
      mount('unstated', forget, files);
      mount('allowed', allow, files);
      mount('remote', (req, res, next) => {
        const name = req.path.slice(1);
        remote.sendRemote(req, res, { url: `${store.origin}/${name}`, name }).catch(next);
      });
    }
    const links = authToken(SECRET, root, { onFinish });
    directories.set('links', `/links${links.signer.sign('', { prefix: true, expiresIn: 3600 })}`);
    app.use('/links', links);
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    browser = await launchBrowser();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  beforeEach(async () => {
    outcomes.length = 0;
    // Without the cache of the test before.
    context = await browser.newContext();
  });
  afterEach(() => context.close());

  const directoryOf = (name: string): string => {
    const path = directories.get(name);
    if (path === undefined) throw new Error(`There is no ${name}.`);
    return `http://${FILES_HOST}:${port}${path}`;
  };

  async function openPage(site: Site): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`http://${SITES[site]}:${port}/page`);
    return page;
  }

  /** The sites whose pages get a file, by the kind of attempt. */
  async function sitesBy(
    attempts: Readonly<Record<string, Attempt>>,
    directory: string,
    prepare: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<Record<string, Site[]>> {
    const result = Object.fromEntries(Object.keys(attempts).map((kind) => [kind, [] as Site[]]));
    for (const site of Object.keys(SITES) as Site[]) {
      const page = await openPage(site);
      await prepare(page);
      for (const [kind, attempt] of Object.entries(attempts)) {
        if (await attempt(page, directoryOf(directory))) result[kind]?.push(site);
      }
      await page.close();
    }
    return result;
  }

  const forAll = (attempts: object, sites: readonly Site[]) =>
    Object.fromEntries(Object.keys(attempts).map((kind) => [kind, sites]));

  describe.each(Object.entries(ADMITTED) as [Embedding, readonly Site[]][])(
    '%s',
    (policy, admitted) => {
      it.each(['files', 'remote'])('decides which sites may embed %s', async (way) => {
        const sites = await sitesBy(EMBEDDING, `${way} ${policy}`);
        expect(sites).toEqual(forAll(EMBEDDING, admitted));
        const refused = outcomes.filter(({ kind }) => kind === 'refused');
        expect(new Set(refused.map(({ code }) => code))).toEqual(
          new Set(policy === 'any' ? [] : ['ERR_XSENDFILE_CROSS_SITE']),
        );
      });

      it.each(['files', 'remote'])('lets users follow links to %s', async (way) => {
        const sites = await sitesBy(NAVIGATING, `${way} ${policy}`);
        expect(sites).toEqual(forAll(NAVIGATING, ADMITTED.any));
      });

      it('decides the same for the requests of service workers', async () => {
        const { frame: _frame, ...attempts } = EMBEDDING;
        const sites = await sitesBy(attempts, `files ${policy}`, (page) =>
          page.evaluate(`new Promise((resolve) => {
            navigator.serviceWorker.addEventListener('controllerchange', resolve);
            navigator.serviceWorker.register('/worker.js');
            if (navigator.serviceWorker.controller) resolve();
          })`),
        );
        expect(sites).toEqual(forAll(attempts, admitted));
      });

      it('is a header that decides in browsers that do not state the site', async () => {
        // CORP is not for frames.
        const { frame: _frame, ...attempts } = EMBEDDING;
        const sites = await sitesBy(attempts, `unstated ${policy}`);
        expect(sites).toEqual(forAll(attempts, admitted));
        expect(outcomes.some(({ kind }) => kind === 'refused')).toBe(false);
      });

      it('leaves fetch() with cors to the application', async () => {
        const attempts = { cors: fetches('cors') };
        expect(await sitesBy(attempts, `files ${policy}`)).toEqual({ cors: ['same-origin'] });
        expect(await sitesBy(attempts, `allowed ${policy}`)).toEqual({ cors: ADMITTED.any });
      });
    },
  );

  it('is any for links', async () => {
    expect(await sitesBy(EMBEDDING, 'links')).toEqual(forAll(EMBEDDING, ADMITTED.any));
  });
});
