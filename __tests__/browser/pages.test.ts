import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describeWithPrograms } from '../helpers/programs.js';
import { accessibilityProblemsOf, copyOf, overflowOf } from './browser.js';
import { sourceOf, statusFor, usePortal } from './portal.js';

const data = mkdtempSync(join(tmpdir(), 'xsendfile-portal-'));

afterAll(() => rmSync(data, { recursive: true, force: true }));

describeWithPrograms('pages of the portal in a browser', ['chromium'], () => {
  const portal = usePortal('examples/portal/server.js', () => ({ PORTAL_DATA: data }));

  it('let nobody in with a wrong password', async () => {
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

  const PATHS = [
    '/',
    '/folder/Receipts?page=3&sort=name',
    '/?q=nothing',
    '/view/Hills.png',
    '/view/Chime.wav',
    '/share/Photos',
    '/links',
    '/how',
    '/missing',
  ];

  it.each([
    ['320 px, dark', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' as const }],
    ['1280 px, light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' as const }],
  ])(
    'fit at %s, and have no serious problem for axe-core',
    async (_, options) => {
      const { alice, baseURL } = portal;
      const link = await portal.share('Invoice%202025-042.pdf');
      const { pathname } = new URL(portal.page.url());
      const context = await copyOf(alice, { ...options, baseURL });
      const page = await context.newPage();
      for (const path of [...PATHS, pathname, link]) {
        await page.goto(path);
        await expectNoProblems(page);
      }
      await page.goto('/');
      for (const name of ['Upload', 'Actions for Hills.png']) {
        await page.getByRole('button', { name, exact: true }).first().click();
        await expectNoProblems(page);
        await page.keyboard.press('Escape');
      }
      await context.clearCookies();
      for (const path of ['/login', '/s/unknown/link']) {
        await page.goto(path);
        await expectNoProblems(page);
      }
      await context.close();

      const admin = await portal.logInAsAdmin();
      const live = await (await copyOf(admin, { ...options, baseURL })).newPage();
      await live.goto('/live');
      await live.getByRole('listitem').first().waitFor();
      await expectNoProblems(live);
      await live.context().close();
      await admin.close();
    },
    240_000,
  );
});

async function expectNoProblems(page: Page): Promise<void> {
  const url = page.url();
  const overflow = await overflowOf(page);
  const problems = await accessibilityProblemsOf(page);
  expect({ url, overflow, problems }).toEqual({ url, overflow: 0, problems: [] });
}
