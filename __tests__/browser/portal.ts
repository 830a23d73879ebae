import { request } from 'node:http';
import type { Browser, BrowserContext, Download, Page } from 'playwright-core';
import { ExampleServer } from '../examples/example-server.js';
import { launchBrowser, logIn } from './browser.js';

/** Milliseconds; much more than needed, because machines that run tests are shared. */
const PATIENCE_MS = 40_000;

/** The portal and a browser, in which alice has logged in. */
export interface Portal {
  readonly browser: Browser;
  readonly baseURL: string;
  /** alice's session. */
  readonly alice: BrowserContext;
  /** A page of alice's session for each test. */
  readonly page: Page;
  /** Opens a URL in a browser without a session. */
  visit(url: string): Promise<Page>;
  /** Fills in the form of a share, and returns the link. */
  share(path: string, fields?: Record<string, string>): Promise<string>;
  logInAsAdmin(): Promise<BrowserContext>;
}

/** Starts the portal before the tests of the file, and stops it after them. */
export function usePortal(script: string, env: () => Record<string, string>): Portal {
  let server: ExampleServer;
  let browser: Browser;
  let baseURL: string;
  let alice: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    server = await ExampleServer.start(script, { PORT: '0', PORTAL_BIG_MB: '3', ...env() });
    browser = await launchBrowser();
    baseURL = `http://localhost:${server.port}`;
    alice = await logIn(browser, baseURL, ['alice', 'wonderland']);
    alice.setDefaultTimeout(PATIENCE_MS);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  beforeEach(async () => {
    page = await alice.newPage();
  });

  afterEach(() => page.close());

  return {
    get browser() {
      return browser;
    },
    get baseURL() {
      return baseURL;
    },
    get alice() {
      return alice;
    },
    get page() {
      return page;
    },
    async visit(url) {
      const visitor = await (await browser.newContext()).newPage();
      await visitor.goto(url);
      return visitor;
    },
    async share(path, fields = {}) {
      await page.goto(`/share/${path}`);
      for (const [label, value] of Object.entries(fields)) {
        const field = page.getByLabel(label);
        const isList = await field.evaluate((element) => element.tagName === 'SELECT');
        await (isList ? field.selectOption(value) : field.fill(value));
      }
      await page.getByRole('button', { name: 'Create the link' }).click();
      return page.getByLabel('Link', { exact: true }).inputValue();
    },
    logInAsAdmin: () => logIn(browser, baseURL, ['admin', 'all-seeing']),
  };
}

/** Clicks on a link, or a button, that starts a download. */
export async function download(
  page: Page,
  name = 'Download',
  role: 'link' | 'button' = 'link',
): Promise<Download> {
  const started = page.waitForEvent('download');
  await page.getByRole(role, { name, exact: true }).click();
  return started;
}

/** The URL of a shared document, which its page links to. */
export function sourceOf(link: string): string {
  return link.replace('/s/', '/shared/');
}

/** The status that a client with another address of this machine gets. */
export function statusFor(localAddress: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const address = url.replace('//localhost', '//127.0.0.1');
    request(address, { localAddress, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
