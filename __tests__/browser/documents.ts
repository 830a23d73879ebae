import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventually } from '../helpers/eventually.js';
import { describeWithPrograms, type ProgramName } from '../helpers/programs.js';
import { copyOf } from './browser.js';
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

const BIG_BYTES = 3 * 1024 * 1024;

/** What happens to documents, whoever sends them. */
export function describeDocuments(setup: DocumentsSetup): void {
  describeWithPrograms(setup.title, ['chromium', ...setup.programs], () => {
    const portal = usePortal(setup.script, setup.env);
    describePreviews(portal);
    describeUploads(portal);
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
        await page.getByRole('button', { name: `Actions for ${name}` }).click();
        await page.getByRole('dialog', { name }).getByText('Delete for good').click();
        await page.getByText(`“${name}” was deleted.`).waitFor();
      }
      await context.close();
    });
  });
}

function describeLinks(portal: Portal): void {
  describe('links', () => {
    it('are for the number of downloads that was chosen', async () => {
      const fields = { Downloads: '1', 'File name': 'Bill.pdf' };
      const url = await portal.share('Invoice%202025-042.pdf', fields);
      const visitor = await portal.visit(url);
      const received = await download(visitor);
      expect(received.suggestedFilename()).toBe('Bill.pdf');
      expect(readFileSync(await received.path(), 'latin1')).toMatch(/^%PDF-1\.4/);

      await visitor.reload();
      await visitor.getByRole('heading', { name: 'This link has been used' }).waitFor();
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
    const running = await download(visitor);

    const row = live.getByRole('listitem').filter({ hasText: 'alice/Backup.bin' }).first();
    await row.locator(`.state.${runningState}`).waitFor();
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
    expect(await row.textContent()).toContain(sender);
    expect(await row.textContent()).toMatch(/ of 3\.0 MiB/);
    const metrics = await admin.request.get('/metrics');
    expect(await metrics.text()).toMatch(/^xsendfile_requests_total\{.*\} \d+$/m);
    await visitor.context().close();
    await admin.close();
  });
}
