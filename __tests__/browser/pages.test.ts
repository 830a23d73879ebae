import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { sourceOf, statusFor, usePortal } from './portal.js';

const data = mkdtempSync(join(tmpdir(), 'xsendfile-portal-'));

afterAll(() => rmSync(data, { recursive: true, force: true }));

describeWithPrograms('pages of the portal in a browser', ['chromium'], () => {
  const portal = usePortal('examples/portal/server.js', () => ({ PORTAL_DATA: data }));

  it('refuse a wrong password', async () => {
    const visitor = await portal.visit(`${portal.baseURL}/login`);
    await visitor.getByLabel('Name').fill('alice');
    await visitor.getByLabel('Password').fill('looking-glass');
    await visitor.getByRole('button', { name: 'Log in' }).click();
    await visitor.getByRole('alert').getByText('The password is wrong.').waitFor();
    await visitor.context().close();
  });

  it('have dialogs that open and close with the keyboard, and return the focus', async () => {
    const { page } = portal;
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

  it.each([
    ['New folder', 'New folder'],
    ['Upload', 'Upload'],
    ['Actions for Hills.png', 'Hills.png'],
  ])(
    'keep the focus in the dialog of %s, and close it from anywhere in it',
    async (name, title) => {
      const { page } = portal;
      await page.goto('/');
      const button = page.getByRole('button', { name, exact: true });
      const dialog = page.getByRole('dialog', { name: title });
      const isFocusInside = () => dialog.evaluate((element) => element.matches(':focus-within'));
      for (const key of ['Tab', 'Shift+Tab']) {
        for (let presses = 0; presses <= 8; presses += 1) {
          await button.focus();
          await page.keyboard.press('Enter');
          await dialog.waitFor();
          for (let press = 0; press < presses; press += 1) {
            await page.keyboard.press(key);
            expect([key, presses, await isFocusInside()]).toEqual([key, presses, true]);
          }
          await page.keyboard.press('Escape');
          await dialog.waitFor({ state: 'hidden' });
          expect(await button.evaluate((element) => element.matches(':focus'))).toBe(true);
        }
      }
    },
  );

  it('leave arrow keys with other keys to the browser', async () => {
    const { page } = portal;
    await page.goto('/view/Hills.png');
    const url = page.url();
    for (const key of ['Alt', 'Control', 'Meta', 'Shift']) {
      await page.keyboard.press(`${key}+ArrowRight`);
      // The next press would be on another page if that one had been heeded.
      await page.getByRole('heading', { name: 'Hills.png' }).waitFor();
    }
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 300))');
    expect(page.url()).toBe(url);
    await page.keyboard.press('ArrowRight');
    await page.waitForURL((next) => next.href !== url);
  });

  it('make one link, however often the button is pressed', async () => {
    const { page } = portal;
    let posts = 0;
    let release = (): void => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/links', async (route) => {
      posts += 1;
      await isReleased;
      await route.continue().catch(() => {});
    });
    await page.goto('/share/Hills.png');
    // The page itself clicks: Playwright would wait until the form is sent.
    await page.evaluate(`
      const button = document.querySelector('main button.primary');
      for (const delay of [0, 100, 200]) setTimeout(() => button.click(), delay);
    `);
    await eventually(() => posts > 0);
    await delay(500);
    release();
    await page.getByLabel('Link', { exact: true }).waitFor();
    expect(posts).toBe(1);
  });

  it('show that a link was copied only if it was', async () => {
    const { page } = portal;
    await portal.share('Hills.png');
    await page.evaluate(`
      navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden'));
      document.execCommand = () => false;
    `);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Not copied' }).waitFor();
    expect(await page.getByRole('button', { name: 'Copied', exact: true }).count()).toBe(0);
    expect(await page.evaluate('getSelection().toString()')).toContain('/s/');
    await page.reload();
    // As without HTTPS.
    await page.evaluate(`
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      document.execCommand = (command) => command === 'copy';
    `);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
  });

  it('break a long name before its extension', async () => {
    const { page } = portal;
    await page.setViewportSize({ width: 320, height: 640 });
    mkdirSync(join(data, 'alice/Names'));
    for (let length = 11; length <= 30; length += 1) {
      writeFileSync(join(data, 'alice/Names', `${'n'.repeat(length)}.markdown`), 'x');
    }
    await page.goto('/folder/Names');
    // An extension on one line has one rectangle.
    const broken = await page.evaluate(`
      [...document.querySelectorAll('td.name a')].filter(({ lastChild }) => {
        const range = document.createRange();
        range.selectNodeContents(lastChild);
        return range.getClientRects().length > 1;
      }).map(({ textContent }) => textContent)
    `);
    expect(await page.locator('td.name a wbr').count()).toBe(20);
    expect(broken).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it('show a link to copy and its QR code', async () => {
    const { page, alice } = portal;
    await alice.grantPermissions(['clipboard-read', 'clipboard-write']);
    const url = await portal.share('Hills.png');
    await page.getByRole('img', { name: 'QR code of the link' }).locator('path').first().waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(url);
  });

  it('tell visitors that a link has expired, or does not work', async () => {
    const { page } = portal;
    await page.goto('/share/Hills.png');
    const option = page.getByLabel('Valid for').locator('option').first();
    await option.evaluate((element) => element.setAttribute('value', '3'));
    await page.getByLabel('Valid for').selectOption('3');
    await page.getByRole('button', { name: 'Create the link' }).click();
    const url = await page.getByLabel('Link', { exact: true }).inputValue();
    const visitor = await portal.visit(url);
    // The page notices it without being reloaded.
    await visitor.getByRole('heading', { name: 'This link has expired' }).waitFor();
    await visitor.getByText('Ask alice for a new link').waitFor();
    expect(await statusFor('127.0.0.1', sourceOf(url))).toBe(410);
    await visitor.goto(url.replace('Hills', 'hills'));
    await visitor.getByRole('heading', { name: 'This link does not work' }).waitFor();
    await visitor.context().close();
  });
});
