import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import { type AuthTokenOptions, authToken, type Outcome } from '../../lib/index.js';
import { limitUses } from '../../lib/uses/index.js';
import { eventually } from '../helpers/eventually.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { createTree } from '../helpers/tree.js';
import { accessibilityProblemsOf, launchBrowser } from './browser.js';

const SECRET = 'a secret of more than sixteen bytes';
const BYTES = '0123456789'.repeat(1000);
const root = createTree({ 'a.bin': BYTES, 'a.txt': 'shown in the browser' });

describeWithPrograms('confirm in a browser', ['chromium'], () => {
  let browser: Browser;
  const servers: Server[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function start(options: AuthTokenOptions = {}) {
    const outcomes: Outcome[] = [];
    const forms: { origin: string | undefined; cookie: string | undefined }[] = [];
    const handler = authToken(SECRET, root, {
      confirm: true,
      allow: limitUses(),
      onFinish: (outcome) => outcomes.push(outcome),
      ...options,
    });
    const app = express();
    app.use((req, _res, next) => {
      const { origin, cookie } = req.headers;
      if (req.method === 'POST') forms.push({ origin, cookie });
      next();
    });
    app.use('/dl', handler);
    const server = app.listen(0);
    servers.push(server);
    await once(server, 'listening');
    const base = `http://localhost:${(server.address() as AddressInfo).port}/dl`;
    const sign = (path: string) => `${base}${handler.signer.sign(path, { uses: 1 })}`;
    return { outcomes, forms, sign };
  }

  /** A page, with what it reports: violations of its policy, too. */
  async function openPage(options = {}): Promise<{ page: Page; errors: string[] }> {
    const page = await (await browser.newContext(options)).newPage();
    const errors: string[] = [];
    page.on('console', (message) => {
      // The status of the page is 403.
      if (!message.text().startsWith('Failed to load resource')) errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    return { page, errors };
  }

  it.each([true, false])('downloads the file by its button, with scripts: %s', async (scripts) => {
    const { outcomes, forms, sign } = await start();
    const { page, errors } = await openPage({ javaScriptEnabled: scripts });
    const response = await page.goto(sign('a.bin'));
    expect(response?.status()).toBe(403);
    await page.getByRole('heading', { name: 'a.bin' }).waitFor();
    const started = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const download = await started;
    expect(download.suggestedFilename()).toBe('a.bin');
    expect(readFileSync(await download.path(), 'latin1')).toBe(BYTES);
    await eventually(() => outcomes.length === 3);
    expect(outcomes.map(({ kind, status }) => [kind, status])).toEqual([
      ['refused', 403],
      ['refused', 303],
      ['sent', 200],
    ]);
    expect(forms).toEqual([{ origin: 'null', cookie: undefined }]);
    expect(await page.context().cookies()).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('shows a file that browsers show, and shows it again when it is reloaded', async () => {
    const { sign } = await start();
    const { page, errors } = await openPage();
    await page.goto(sign('a.txt'));
    await page.getByRole('button', { name: 'Download' }).click();
    await page.getByText('shown in the browser').waitFor();
    expect(page.url()).toMatch(/\?confirmation=/);
    await page.reload();
    await page.getByText('shown in the browser').waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('has a page that is accessible, and runs no script', async () => {
    const { sign } = await start();
    const { page } = await openPage();
    await page.goto(sign('a.bin'));
    expect(await accessibilityProblemsOf(page)).toEqual([]);
    await page.context().close();
    const own = await start({
      confirm: ({ action }) =>
        `<title>no</title><script>document.title = 'yes'</script><img src=x onerror="document.title='yes'"><form method=post action="${action}"><button>Get it</button></form>`,
    });
    const { page: other, errors } = await openPage();
    await other.goto(own.sign('a.bin'));
    expect(await other.title()).toBe('no');
    expect(errors.some((error) => error.includes('Content Security Policy'))).toBe(true);
    const started = other.waitForEvent('download');
    await other.getByRole('button', { name: 'Get it' }).click();
    expect(readFileSync(await (await started).path(), 'latin1')).toBe(BYTES);
    await other.context().close();
  });
});
