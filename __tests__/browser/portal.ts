import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { Browser, BrowserContext, Download, Page } from 'playwright-core';
import { ExampleServer } from '../examples/example-server.js';
import { describeWithPrograms, type ProgramName } from '../helpers/programs.js';
import { accessibilityProblemsOf, copyOf, launchBrowser, logIn, overflowOf } from './browser.js';

/** A way to run the portal. */
export interface PortalSetup {
  readonly title: string;
  readonly programs: readonly ProgramName[];
  readonly script: string;
  readonly env: () => Record<string, string>;
  /** Who sends the documents, as the live page shows it. */
  readonly sender: string;
  /** What the live page shows while a document is sent. */
  readonly runningState: string;
  readonly moreTests?: (portal: RunningPortal) => void;
}

/** Set before the tests run. */
export interface RunningPortal {
  browser: Browser;
  baseURL: string;
  /** alice's session. */
  alice: BrowserContext;
}

const BIG_BYTES = 3 * 1024 * 1024;
const SLOW = String(128 * 1024);

export function describePortal(setup: PortalSetup): void {
  describeWithPrograms(setup.title, ['chromium', ...setup.programs], () => describePages(setup));
}

function describePages({ script, env, sender, runningState, moreTests }: PortalSetup): void {
  const portal = {} as RunningPortal;
  let server: ExampleServer;
  let page: Page;

  beforeAll(async () => {
    server = await ExampleServer.start(script, { PORT: '0', PORTAL_BIG_MB: '3', ...env() });
    portal.browser = await launchBrowser();
    portal.baseURL = `http://localhost:${server.port}`;
    portal.alice = await logIn(portal.browser, portal.baseURL, ['alice', 'wonderland']);
  }, 180_000);

  afterAll(async () => {
    await portal.browser?.close();
    await server?.stop();
  });

  beforeEach(async () => {
    page = await portal.alice.newPage();
  });

  afterEach(() => page.close());

  /** A browser without a session. */
  const visit = async (url: string): Promise<Page> => {
    const visitor = await (await portal.browser.newContext()).newPage();
    await visitor.goto(url);
    return visitor;
  };

  /** Fills in the form of a share, and returns the link. */
  const share = async (path: string, fields: Record<string, string>): Promise<string> => {
    await page.goto(`/share/${path}`);
    for (const [name, value] of Object.entries(fields)) {
      const field = page.locator(`form.card [name="${name}"]`);
      if ((await field.evaluate((element) => element.tagName)) === 'INPUT') await field.fill(value);
      else await field.selectOption(value);
    }
    await page.getByRole('button', { name: 'Create the link' }).click();
    return page.getByLabel('Link', { exact: true }).inputValue();
  };

  const download = async (from: Page, name = 'Download'): Promise<Download> => {
    const started = from.waitForEvent('download');
    await from.getByRole('link', { name, exact: true }).click();
    return started;
  };

  describe('previews', () => {
    it('show images, and the next document with the arrow keys', async () => {
      await page.goto('/folder/Photos');
      await page.getByRole('link', { name: 'Valley at night.png', exact: true }).click();
      const image = page.getByRole('img', { name: 'Valley at night.png' });
      await expectSoon(() => image.evaluate((img) => Reflect.get(img, 'naturalWidth')), 640);
      await page.keyboard.press('ArrowRight');
      await page.getByRole('heading', { name: 'Valley at dusk.png' }).waitFor();
      await page.keyboard.press('ArrowLeft');
      await page.getByRole('heading', { name: 'Valley at night.png' }).waitFor();
      await page.getByRole('link', { name: 'Back to the list' }).click();
      await page.waitForURL('/folder/Photos');
    });

    it('show text, and HTML without running its scripts', async () => {
      await page.goto('/view/Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt');
      const text = page.frameLocator('iframe').getByText('schöne Grüße aus Köln!');
      await text.waitFor();
      await page.goto('/view/Newsletter.html');
      await page.frameLocator('iframe').getByText('The script of this page did not run').waitFor();
    });

    it('show a PDF in the browser', async () => {
      const response = page.waitForResponse(/\/files\/.*Invoice/);
      await page.goto('/view/Invoice%202025-042.pdf');
      expect((await response).headers()).toMatchObject({ 'content-type': 'application/pdf' });
    });

    it('play a video from any time', async () => {
      const response = page.waitForResponse(/\/files\/.*Walkthrough/);
      await page.goto('/view/Walkthrough.webm');
      expect((await response).status()).toBe(206);
      const time = await page.locator('video').evaluate(async (video) => {
        await new Promise((seeked) => {
          video.addEventListener('seeked', seeked, { once: true });
          Reflect.set(video, 'currentTime', 9);
        });
        return Reflect.get(video, 'currentTime');
      });
      expect(time).toBeCloseTo(9, 0);
    });
  });

  describe('uploads', () => {
    it('come back byte for byte and with their name', async () => {
      const name = 'Übersicht für Zoë.bin';
      const buffer = randomBytes(2_000_000);
      await page.goto('/folder/Photos');
      await page.getByRole('button', { name: 'Upload' }).click();
      await page
        .getByLabel(/^Files/)
        .setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
      await page.locator('#upload').getByRole('button', { name: 'Upload' }).click();
      await page.getByText(`“${name}” was uploaded.`).waitFor();

      await page.getByRole('link', { name, exact: true }).click();
      const received = await download(page);
      expect(received.suggestedFilename()).toBe(name);
      expect(readFileSync(await received.path()).equals(buffer)).toBe(true);
    });

    it('work without scripts, keep both files of one name, and are deleted', async () => {
      const context = await copyOf(portal.alice, {
        baseURL: portal.baseURL,
        javaScriptEnabled: false,
      });
      const plain = await context.newPage();
      const files = ['first', 'second'].map((text) => ({
        ...{ name: 'note.txt', mimeType: 'text/plain' },
        buffer: Buffer.from(text),
      }));
      await plain.goto('/folder/Photos');
      await plain.getByRole('button', { name: 'Upload' }).click();
      await plain.getByLabel(/^Files/).setInputFiles(files);
      await plain.locator('#upload').getByRole('button', { name: 'Upload' }).click();
      await plain.getByText('2 files were uploaded.').waitFor();
      for (const name of ['note (2).txt', 'note.txt']) {
        await plain.getByRole('button', { name: `Actions for ${name}` }).click();
        await plain.getByRole('dialog', { name }).getByText('Delete for good').click();
        await plain.getByText(`“${name}” was deleted.`).waitFor();
      }
      await context.close();
    });
  });

  describe('links', () => {
    it('are for the number of downloads that was chosen', async () => {
      const url = await share('Invoice%202025-042.pdf', { uses: '1', filename: 'Bill.pdf' });
      const visitor = await visit(url);
      const received = await download(visitor);
      expect(received.suggestedFilename()).toBe('Bill.pdf');
      expect(readFileSync(await received.path(), 'latin1')).toMatch(/^%PDF-1\.4/);

      await visitor.reload();
      await visitor.getByRole('heading', { name: 'This link has been used' }).waitFor();
      // Another client: the first one may resume its download.
      expect(await statusFor('127.0.0.2', url.replace('/s/', '/shared/'))).toBe(410);
      await page.goto('/links');
      await page.getByRole('listitem').filter({ hasText: 'used up' }).first().waitFor();
      await visitor.context().close();
    });

    it('expire', async () => {
      await page.goto('/share/Hills.png');
      await page
        .locator('[name=expiresIn] option')
        .first()
        .evaluate((option) => option.setAttribute('value', '3'));
      await page.getByLabel('Valid for').selectOption('3');
      await page.getByRole('button', { name: 'Create the link' }).click();
      const url = await page.getByLabel('Link', { exact: true }).inputValue();
      const visitor = await visit(url);
      await visitor.getByRole('heading', { name: 'Hills.png' }).waitFor();
      // The page shows it by itself.
      await visitor.getByRole('heading', { name: 'This link has expired' }).waitFor();
      await visitor.getByText('Ask alice for a new link').waitFor();
      expect(await statusFor('127.0.0.1', url.replace('/s/', '/shared/'))).toBe(410);
      await visitor.context().close();
    });

    it('to a folder open its documents until they are revoked', async () => {
      const url = await share('Photos', {});
      const visitor = await visit(url);
      const received = await download(visitor, 'Download Valley at day.png');
      expect(readFileSync(await received.path(), 'latin1')).toMatch(/^\x89PNG/);
      const [source = ''] = await visitor
        .getByRole('link', { name: 'Valley at day.png', exact: true })
        .evaluateAll((links) => links.map((link) => Reflect.get(link, 'href')));
      expect(await statusFor('127.0.0.1', source)).toBe(200);

      await page.goto('/links');
      await page.getByRole('button', { name: 'Revoke the link to Photos' }).click();
      await page.getByText('The link to “Photos” was revoked.').waitFor();
      await visitor.reload();
      await visitor.getByRole('heading', { name: 'This link was revoked' }).waitFor();
      expect(await statusFor('127.0.0.1', source)).toBe(410);
      await visitor.context().close();
    });

    it('are copied, and have a QR code', async () => {
      await portal.alice.grantPermissions(['clipboard-read', 'clipboard-write']);
      const url = await share('Hills.png', {});
      await page
        .getByRole('img', { name: 'QR code of the link' })
        .locator('path')
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Copy' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(url);
    });

    it('that were changed show a page for visitors', async () => {
      const visitor = await visit((await share('Hills.png', {})).replace('Hills', 'hills'));
      await visitor.getByRole('heading', { name: 'This link does not work' }).waitFor();
      await visitor.context().close();
    });
  });

  it('show a download to the administrator until it is aborted', async () => {
    const admin = await logIn(portal.browser, portal.baseURL, ['admin', 'all-seeing']);
    const live = await admin.newPage();
    await live.goto('/live');
    const visitor = await visit(await share('Backup.bin', { rate: SLOW }));
    const running = await download(visitor);

    const row = live.getByRole('listitem').filter({ hasText: 'alice/Backup.bin' }).first();
    await row.locator(`.state.${runningState}`).waitFor();
    expect(await row.textContent()).toMatch(/A visitor, link of alice/);
    if (runningState === 'running') {
      const bar = row.locator('progress');
      await expectSoon(async () => {
        const { value, max } = await bar.evaluate(({ value, max }: never) => ({ value, max }));
        return value > 0 && value < max && max === BIG_BYTES;
      }, true);
    }
    await running.cancel();
    await row.locator('.state.aborted').waitFor();
    expect(await row.textContent()).toContain(sender);
    expect(await row.textContent()).toMatch(/ of 3\.0 MiB/);
    await live.goto('/metrics');
    expect(await live.textContent('body')).toMatch(/xsendfile_requests_total\{/);
    await visitor.context().close();
    await admin.close();
  });

  it('works with the keyboard: dialogs open, close with Escape, and return the focus', async () => {
    await page.goto('/');
    const button = page.getByRole('button', { name: 'New folder' });
    await button.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'New folder' });
    await dialog.waitFor();
    await page.keyboard.type('Contracts');
    expect(await dialog.getByLabel('Name').inputValue()).toBe('Contracts');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await button.evaluate((element) => element.matches(':focus'))).toBe(true);
  });

  describe('pages', () => {
    const paths = [
      '/',
      '/?q=e',
      '/folder/Receipts?page=2&sort=name',
      '/view/Hills.png',
      '/view/Walkthrough.webm',
      '/share/Photos',
      '/links',
      '/how',
      '/missing',
    ];

    it.each([
      ['320 px, dark', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' as const }],
      ['1280 px, light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' as const }],
    ])('fit at %s, and have no serious problem for axe-core', async (_, options) => {
      const link = await share('Invoice%202025-042.pdf', {});
      const linkPage = new URL(page.url()).pathname;
      const context = await copyOf(portal.alice, { ...options, baseURL: portal.baseURL });
      const own = await context.newPage();
      const problems = async (shown: Page) => ({
        url: shown.url(),
        overflow: await overflowOf(shown),
        found: await accessibilityProblemsOf(shown),
      });
      const check = async (shown: Page) => {
        expect(await problems(shown)).toEqual({ url: shown.url(), overflow: 0, found: [] });
      };
      for (const path of [...paths, linkPage, link]) {
        await own.goto(path);
        await check(own);
      }
      await own.goto('/');
      for (const name of ['Upload', 'Actions for Hills.png']) {
        await own.getByRole('button', { name, exact: true }).first().click();
        await check(own);
        await own.keyboard.press('Escape');
      }
      await context.clearCookies();
      for (const path of ['/login', '/s/unknown/link']) {
        await own.goto(path);
        await check(own);
      }
      const admin = await logIn(portal.browser, portal.baseURL, ['admin', 'all-seeing']);
      const live = await (await copyOf(admin, { ...options, baseURL: portal.baseURL })).newPage();
      await live.goto('/live');
      await check(live);
      await live.context().close();
      await admin.close();
      await context.close();
    });
  });

  moreTests?.(portal);
}

/** The status that a client with another address of this machine gets. */
function statusFor(localAddress: string, url: string): Promise<number | undefined> {
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

/** Waits until the function returns the value. */
async function expectSoon(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if ((await read()) === expected) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(await read()).toEqual(expected);
}
