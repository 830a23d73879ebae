import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { eventually } from '../helpers/eventually.js';
import { describeWithPrograms, type ProgramName } from '../helpers/programs.js';
import { copyOf, logIn } from './browser.js';
import { download, type Portal, sourceOf, statusFor, usePortal } from './portal.js';

/** A way to run the portal. */
export interface DocumentsSetup {
  readonly title: string;
  readonly programs: readonly ProgramName[];
  readonly script: string;
  readonly env: () => Record<string, string>;
  /** Who sends the documents, as the live page shows it. */
  readonly sender: string;
  /** What the live page shows while a document is sent. */
  readonly runningState: 'running' | 'offloaded';
  readonly moreTests: (portal: Portal) => void;
}

/** The parts of DOM that the functions for pages use. */
declare const DataTransfer: new () => { items: { add(file: unknown): void } };

const BIG_BYTES = 3 * 1024 * 1024;

/** What happens to documents, whoever sends them. */
export function describeDocuments(setup: DocumentsSetup): void {
  describeWithPrograms(setup.title, ['chromium', ...setup.programs], () => {
    const portal = usePortal(setup.script, setup.env);
    describePreviews(portal);
    describeUploads(portal);
    describeUploadDialog(portal);
    describeLinks(portal);
    describeLivePage(portal, setup);
    setup.moreTests(portal);
  });
}

function describePreviews(portal: Portal): void {
  describe('previews', () => {
    it('show images, and the next document with the arrow keys', async () => {
      const { page } = portal;
      await page.goto('/folder/Photos');
      await page.getByRole('link', { name: 'Valley at night.png', exact: true }).click();
      const image = page.getByRole('img', { name: 'Valley at night.png' });
      const widthOf = () => image.evaluate((img) => Reflect.get(img, 'naturalWidth'));
      await eventually(async () => (await widthOf()) > 0);
      expect(await widthOf()).toBe(640);
      // The script of the page listens to keys only after the picture may be there.
      await page.waitForLoadState();
      await page.keyboard.press('ArrowRight');
      await page.getByRole('heading', { name: 'Valley at dusk.png' }).waitFor();
      await page.waitForLoadState();
      await page.keyboard.press('ArrowLeft');
      await page.getByRole('heading', { name: 'Valley at night.png' }).waitFor();
      await page.getByRole('link', { name: 'Back to the list' }).click();
      await page.waitForURL('/folder/Photos');
    });

    it('show text, HTML without running its scripts, and PDF', async () => {
      const { page } = portal;
      await page.goto('/view/Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt');
      await page.frameLocator('iframe').getByText('schöne Grüße aus Köln!').waitFor();
      await page.goto('/view/Newsletter.html');
      await page.frameLocator('iframe').getByText('The script of this page did not run').waitFor();
      const response = page.waitForResponse(/\/files\/.*Invoice/);
      await page.goto('/view/Invoice%202025-042.pdf');
      expect((await response).headers()).toMatchObject({ 'content-type': 'application/pdf' });
    });

    it('play a video from any time', async () => {
      const { page } = portal;
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
}

function describeUploads(portal: Portal): void {
  describe('uploads', () => {
    it('come back byte for byte and with their name', async () => {
      const { page } = portal;
      const name = 'Übersicht für Zoë.bin';
      const buffer = randomBytes(2_000_000);
      await page.goto('/folder/Photos');
      await page.getByRole('button', { name: 'Upload' }).click();
      const file = { name, mimeType: 'application/octet-stream', buffer };
      await page.getByLabel(/^Files/).setInputFiles(file);
      await page.locator('#upload').getByRole('button', { name: 'Upload' }).click();
      await page.getByText(`“${name}” was uploaded.`).waitFor();

      await page.getByRole('link', { name, exact: true }).click();
      const received = await download(page);
      expect(received.suggestedFilename()).toBe(name);
      expect(readFileSync(await received.path()).equals(buffer)).toBe(true);
    });

    it('work without scripts, keep both files of one name, and are deleted', async () => {
      const { baseURL } = portal;
      const context = await copyOf(portal.alice, { baseURL, javaScriptEnabled: false });
      const page = await context.newPage();
      const files = ['first', 'second'].map((text) => ({
        ...{ name: 'note.txt', mimeType: 'text/plain' },
        buffer: Buffer.from(text),
      }));
      await page.goto('/folder/Photos');
      await page.getByRole('button', { name: 'Upload' }).click();
      await page.getByLabel(/^Files/).setInputFiles(files);
      await page.locator('#upload').getByRole('button', { name: 'Upload' }).click();
      await page.getByText('2 files were uploaded.').waitFor();
      for (const name of ['note (2).txt', 'note.txt']) {
        await page.waitForLoadState('load');
        await page.getByRole('button', { name: `Actions for ${name}` }).click();
        await page.getByRole('dialog', { name }).getByText('Delete for good').click();
        await page.getByText(`“${name}” was deleted.`).waitFor();
      }
      await context.close();
    });
  });
}

function describeUploadDialog(portal: Portal): void {
  describe('the dialog of uploads', () => {
    /** Chooses a file, which the server receives slowly. */
    async function begin(name: string): Promise<() => Promise<void>> {
      const { page } = portal;
      let release = (): void => {};
      const isReleased = new Promise<void>((resolve) => {
        release = resolve;
      });
      requests = 0;
      await page.route('**/upload/**', async (route) => {
        requests += 1;
        await isReleased;
        await route.continue().catch(() => {});
      });
      await page.goto('/folder/Photos');
      await page.getByRole('button', { name: 'Upload' }).click();
      const file = { name, mimeType: 'text/plain', buffer: Buffer.from('text') };
      await page.getByLabel(/^Files/).setInputFiles(file);
      return async () => release();
    }
    let requests = 0;
    const dialog = () => portal.page.getByRole('dialog', { name: 'Upload' });
    const send = () => dialog().getByRole('button', { name: 'Upload' });

    it('sends a file once', async () => {
      const { page } = portal;
      const release = await begin('once.txt');
      await send().dblclick();
      await page.keyboard.press('Enter');
      await eventually(() => requests > 0);
      await send().click({ force: true });
      await release();
      await page.getByText('“once.txt” was uploaded.').waitFor();
      expect(requests).toBe(1);
      expect(await page.getByText('once (2).txt').count()).toBe(0);
    });

    it.each(['Cancel', 'Escape'])('stops the upload by %s', async (way) => {
      const { page } = portal;
      const release = await begin('stopped.txt');
      const failed = page.waitForEvent('requestfailed');
      await send().click();
      await eventually(() => requests === 1);
      if (way === 'Cancel') await dialog().getByRole('button', { name: 'Cancel' }).click();
      else await page.keyboard.press('Escape');
      expect((await failed).url()).toContain('/upload/Photos');
      await dialog().waitFor({ state: 'hidden' });
      await release();
      // It works again.
      await page.getByRole('button', { name: 'Upload' }).click();
      expect(await dialog().getByRole('progressbar').isVisible()).toBe(false);
      await page.unroute('**/upload/**');
      await send().click();
      await page.getByText('“stopped.txt” was uploaded.').waitFor();
      expect(await page.getByText('stopped (2).txt').count()).toBe(0);
      await page.waitForLoadState('load');
      await page.getByRole('button', { name: 'Actions for stopped.txt' }).click();
      await page.getByRole('dialog', { name: 'stopped.txt' }).getByText('Delete for good').click();
      await page.getByText('“stopped.txt” was deleted.').waitFor();
    });

    it('reports that the session has ended, with a link to log in', async () => {
      const { page, browser, baseURL } = portal;
      const errors: Error[] = [];
      const own = await (await logIn(browser, baseURL, ['bob', 'can-we-fix-it'])).newPage();
      own.on('pageerror', (error) => errors.push(error));
      await own.goto('/');
      await own.getByRole('button', { name: 'Upload' }).click();
      const file = { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') };
      await own.getByLabel(/^Files/).setInputFiles(file);
      await own.context().clearCookies();
      await own.locator('#upload').getByRole('button', { name: 'Upload' }).click();
      const alert = own.getByRole('alert').filter({ hasText: 'You are no longer logged in.' });
      await alert.waitFor();
      expect(await own.locator('#upload').getByRole('progressbar').isVisible()).toBe(false);
      await alert.getByRole('link', { name: 'Log in' }).click();
      await own.getByLabel('Password').waitFor();
      expect(errors).toEqual([]);
      await own.context().close();
      expect(page.isClosed()).toBe(false);
    });

    it('is filled in by files that are dropped anywhere on the page, but not by folders', async () => {
      const { page } = portal;
      await page.goto('/folder/Photos');
      await drop(page, 'dropped.txt');
      await page.getByText('“dropped.txt” was uploaded.').waitFor();
      await drop(page, undefined);
      await page.getByRole('alert').getByText('Folders cannot be uploaded.').waitFor();
      await page.keyboard.press('Escape');
      for (const name of ['dropped.txt', 'once.txt']) {
        await page.waitForLoadState('load');
        await page.getByRole('button', { name: `Actions for ${name}` }).click();
        await page.getByRole('dialog', { name }).getByText('Delete for good').click();
        await page.getByText(`“${name}” was deleted.`).waitFor();
      }
    });
  });
}

/** Drops a file with that name, or a folder, on the heading of the page. */
async function drop(page: Page, name: string | undefined): Promise<void> {
  // The text of a page is visible before its script listens.
  await page.waitForLoadState('load');
  const data = await page.evaluateHandle((fileName: string | undefined) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['dropped'], fileName ?? 'folder'));
    if (fileName !== undefined) return transfer;
    const items = [{ webkitGetAsEntry: () => ({ isDirectory: true }) }];
    return Object.defineProperty(transfer, 'items', { value: items });
  }, name);
  for (const type of ['dragover', 'drop']) {
    await page.getByRole('heading', { level: 1 }).dispatchEvent(type, { dataTransfer: data });
  }
}

function describeLinks(portal: Portal): void {
  describe('links', () => {
    it('are for the number of downloads that was chosen', async () => {
      const fields = { Downloads: '1', 'File name': 'Bill.pdf' };
      const url = await portal.share('Invoice%202025-042.pdf', fields);
      const visitor = await portal.visit(url);
      // What a scanner of mails does takes nothing.
      for (const target of [url, sourceOf(url)]) {
        for (const address of ['127.0.0.2', '127.0.0.3']) {
          const expected = target === url ? 200 : 403;
          expect(await statusFor(address, target)).toBe(expected);
        }
      }
      const received = await download(visitor, 'Download', 'button');
      expect(received.suggestedFilename()).toBe('Bill.pdf');
      expect(readFileSync(await received.path(), 'latin1')).toMatch(/^%PDF-1\.4/);

      await visitor.reload();
      await visitor.getByRole('heading', { name: 'This link has been used' }).waitFor();
      await visitor.getByText('you may still resume or repeat it').waitFor();
      const again = await download(visitor, 'Download again', 'button');
      expect(readFileSync(await again.path(), 'latin1')).toMatch(/^%PDF-1\.4/);
      // Another client: the first one may resume its download.
      expect(await statusFor('127.0.0.2', sourceOf(url))).toBe(410);
      await portal.page.goto('/links');
      await portal.page.getByRole('listitem').filter({ hasText: 'used up' }).first().waitFor();
      await visitor.context().close();
    });

    it('to a folder open its documents until they are revoked', async () => {
      const { page } = portal;
      const visitor = await portal.visit(await portal.share('Photos'));
      const received = await download(visitor, 'Download Valley at day.png');
      expect(readFileSync(await received.path(), 'latin1')).toMatch(/^\x89PNG/);
      const link = visitor.getByRole('link', { name: 'Valley at day.png', exact: true });
      const source = String(await link.evaluate((element) => Reflect.get(element, 'href')));
      expect(await statusFor('127.0.0.1', source)).toBe(200);

      await page.goto('/links');
      await page.getByRole('button', { name: 'Revoke the link to Photos' }).click();
      await page.getByText('The link to “Photos” was revoked.').waitFor();
      await visitor.reload();
      await visitor.getByRole('heading', { name: 'This link was revoked' }).waitFor();
      expect(await statusFor('127.0.0.1', source)).toBe(410);
      await visitor.context().close();
    });
  });
}

function describeLivePage(portal: Portal, { sender, runningState }: DocumentsSetup): void {
  it('show a download to the administrator until it is aborted', async () => {
    const admin = await portal.logInAsAdmin();
    const live = await admin.newPage();
    await live.goto('/live');
    const url = await portal.share('Backup.bin', { Speed: '128 KiB per second' });
    const visitor = await portal.visit(url);
    const countOf = async (name: string) =>
      Number(await live.locator(`[data-count=${name}]`).textContent());
    const names = ['running', 'complete', 'aborted', 'refused'];
    const counts = async () =>
      Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, await countOf(name)] as const)),
      ) as Record<'running' | 'complete' | 'aborted' | 'refused', number>;
    const before = await counts();
    const running = await download(visitor);

    const row = live.getByRole('listitem').filter({ hasText: 'alice/Backup.bin' }).first();
    await row.locator(`.state.${runningState}`).waitFor();
    expect(await counts()).toEqual({ ...before, running: before.running + 1 });
    expect(await row.textContent()).toMatch(/A visitor, link of alice/);
    if (runningState === 'running') {
      const readBar = () =>
        row.locator('progress').evaluate(({ value, max }: never) => ({ value, max }));
      await eventually(async () => (await readBar()).value > 0);
      const { value, max } = await readBar();
      expect(max).toBe(BIG_BYTES);
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(BIG_BYTES);
    }
    await running.cancel();
    await row.locator('.state.aborted').waitFor();
    expect(await counts()).toEqual({ ...before, aborted: before.aborted + 1 });
    expect(await row.textContent()).toContain(sender);
    expect(await row.textContent()).toMatch(/ of 3\.0 MiB/);
    const metrics = await admin.request.get('/metrics');
    expect(await metrics.text()).toMatch(/^xsendfile_requests_total\{.*\} \d+$/m);
    await visitor.context().close();
    await admin.close();
  });
}
