import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import serveStatic from 'serve-static';
import { describeWithPrograms } from '../helpers/programs.js';
import { launchBrowser, overflowOf } from './browser.js';

const repository = join(__dirname, '../..');
const out = mkdtempSync(join(tmpdir(), 'xsendfile-site-'));
/** As in site/contents.mjs. */
const BASE = '/xsendfile/';
const GITHUB = 'https://github.com/xsendfile/xsendfile/';

/** What a page shows to readers. */
interface Seen {
  /** Without origin. */
  readonly links: readonly string[];
  readonly ids: readonly string[];
  readonly brokenPictures: readonly string[];
}

/** Names of files below a directory of the repository, with `/`. */
function list(directory: string, end: string): string[] {
  return readdirSync(join(repository, directory), { recursive: true, encoding: 'utf8' })
    .map((name) => `${directory}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith(end));
}

beforeAll(async () => {
  const vitepress = join(repository, 'node_modules/vitepress/bin/vitepress.js');
  const args = [vitepress, 'build', 'site', '--outDir', out];
  await promisify(execFile)(process.execPath, args, { cwd: repository });
}, 300_000);

afterAll(() => rmSync(out, { recursive: true, force: true }));

describe('llms.txt', () => {
  it('lists every document with its address', () => {
    const text = readFileSync(join(out, 'llms.txt'), 'utf8');
    expect(text).toMatch(/^# xsendfile\n\n> Protected downloads .*\n\n## /);
    const listed = [...text.matchAll(/^- \[.+?\]\(https:\/\/[^/]+\/xsendfile\/([^)]+)\)/gm)].map(
      ([, path = '']) => path,
    );
    const documents = list('docs', '.md').filter((path) => path !== 'docs/index.md');
    expect([...listed].sort()).toEqual(documents.sort());
    for (const path of listed) {
      expect(readFileSync(join(out, path))).toEqual(readFileSync(join(repository, path)));
    }
  });
});

describeWithPrograms('the site in a browser', ['chromium'], () => {
  let browser: Browser;
  let page: Page;
  let origin: string;
  const requested = new Set<string>();
  const errors: Error[] = [];
  const server = createServer(
    express().use(BASE, serveStatic(out, { extensions: ['html'], redirect: false })),
  );

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launchBrowser();
    page = await browser.newPage({ baseURL: origin + BASE });
    page.on('request', (request) => requested.add(new URL(request.url()).origin));
    page.on('pageerror', (error) => errors.push(error));
  });

  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  });

  /** Opens a page, and waits until its script has taken over. */
  async function open(path: string): Promise<void> {
    await page.goto(path.replace(/^\//, ''), { waitUntil: 'networkidle' });
    // Vue sets it when buttons and keys have their listeners.
    await page.waitForFunction('document.querySelector("#app").__vue_app__ !== undefined');
  }

  it('fits into 320 px, has all pictures, and its links lead to pages and headings', async () => {
    // Without scripts, which show the same after some time.
    const reader = await browser.newPage({
      javaScriptEnabled: false,
      viewport: { width: 320, height: 640 },
    });
    reader.on('request', (request) => requested.add(new URL(request.url()).origin));
    const pages = new Map<string, Seen>();
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.html') && name !== '404.html')) {
      const path = BASE + file.replace(/(?:index)?\.html$/, '');
      await reader.goto(origin + path);
      expect([path, await overflowOf(reader)]).toEqual([path, 0]);
      pages.set(path, await reader.evaluate(see));
    }
    await reader.close();
    expect(pages.size).toBe(list('docs', '.md').length + 2);
    const brokenLinks: string[] = [];
    for (const [path, { links, brokenPictures }] of pages) {
      expect([path, brokenPictures]).toEqual([path, []]);
      const broken = links.filter((link) => !leadsSomewhere(link, pages));
      brokenLinks.push(...broken.map((link) => `${path}: ${link}`));
    }
    expect(brokenLinks).toEqual([]);
  });

  it('finds a page by its words, with the keyboard', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await open('/docs/security');
    await page.keyboard.press('/');
    await page.locator('.VPLocalSearchBox input').fill('limit the download speed');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/docs\/rate#/);
    await page.getByRole('heading', { name: 'Limit the download speed' }).waitFor();
  });

  it('finds a page from a telephone', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    await open('/');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.locator('.VPLocalSearchBox input').fill('handshake');
    await page.locator('.VPLocalSearchBox .result').first().click();
    await page.waitForURL(/\/docs\//);
  });

  it('has all documents in the sidebar, on a telephone behind a button', async () => {
    const items = page.locator('.VPSidebar a');
    await page.setViewportSize({ width: 1440, height: 900 });
    await open('/');
    const documents = list('docs', '.md').filter((path) => !/docs\/(?:api\/[^R]|index)/.test(path));
    expect(await items.count()).toBe(documents.length);
    await page.setViewportSize({ width: 320, height: 640 });
    const button = page.getByRole('button', { name: 'Menu' });
    expect(await button.getAttribute('aria-expanded')).toBe('false');
    await button.click();
    expect(await button.getAttribute('aria-expanded')).toBe('true');
    await items.first().click();
    await page.waitForURL(/\/docs\//);
  });

  it('is dark for those who want it, and light for others', async () => {
    const backgroundOf = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const colours = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await open('/');
      colours.push(await backgroundOf());
    }
    expect(colours).toEqual(['rgb(255, 255, 255)', 'rgb(27, 27, 31)']);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('switch').first().click();
    expect(await backgroundOf()).toBe(colours[0]);
  });

  it('links each document to its file on GitHub, and no generated one', async () => {
    const link = page.getByRole('link', { name: 'Edit this page' });
    await open('/docs/security');
    expect(await link.getAttribute('href')).toBe(`${GITHUB}edit/main/docs/security.md`);
    await open('/');
    expect(await link.getAttribute('href')).toBe(`${GITHUB}edit/main/README.md`);
    await open('/docs/api/koa');
    expect(await link.count()).toBe(0);
  });

  it('loads nothing from elsewhere, and has no errors', () => {
    expect([...requested]).toEqual([origin]);
    expect(errors).toEqual([]);
  });

  /** Whether a page or a heading of the site, or a file of the repository, is there. Other sites are not asked. */
  function leadsSomewhere(link: string, pages: ReadonlyMap<string, Seen>): boolean {
    const file = /^https:\/\/github\.com\/xsendfile\/xsendfile\/(?:blob|tree|edit)\/main\/([^#]+)/;
    const [, path] = file.exec(link) ?? [];
    if (path !== undefined) return existsSync(join(repository, path));
    if (!link.startsWith(origin)) return true;
    const { pathname, hash } = new URL(link);
    const target = pages.get(pathname);
    const id = decodeURIComponent(hash.slice(1));
    return target !== undefined && (id === '' || target.ids.includes(id));
  }
});

/** Runs in the page. */
const see = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    links: all('a[href]').map(({ href }) => href),
    ids: all('[id]').map(({ id }) => id),
    brokenPictures: all('main img').filter(({ naturalWidth }) => naturalWidth === 0).map(({ src }) => src),
  };
})()` as unknown as () => Seen;
