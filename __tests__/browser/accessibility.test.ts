import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describeWithPrograms } from '../helpers/programs.js';
import { accessibilityProblemsOf, copyOf, overflowOf } from './browser.js';
import { usePortal } from './portal.js';

const data = mkdtempSync(join(tmpdir(), 'xsendfile-portal-'));

afterAll(() => rmSync(data, { recursive: true, force: true }));

describeWithPrograms('all pages of the portal in a browser', ['chromium'], () => {
  const portal = usePortal('examples/portal/server.js', () => ({ PORTAL_DATA: data }));

  beforeAll(() => {
    mkdirSync(join(data, 'alice/Many'));
    for (let number = 1; number <= 2000; number += 1) {
      writeFileSync(join(data, 'alice/Many', `${number}.txt`), 'x');
    }
  });

  const PATHS = [
    '/',
    '/folder/Receipts?page=3&sort=name',
    '/folder/Many?page=50',
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
