// Takes the pictures of the portal for the documentation: npm run portal:screenshots
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const images = fileURLToPath(new URL('../docs/images', import.meta.url));
const script = fileURLToPath(new URL('../examples/portal/server.js', import.meta.url));
const programs = JSON.parse(
  readFileSync(new URL('../__tests__/frontends/servers.json', import.meta.url), 'utf8'),
);
const data = mkdtempSync(join(tmpdir(), 'xsendfile-portal-'));
const DESKTOP = { width: 1200, height: 720 };

const server = spawn(process.execPath, [script], {
  env: { ...process.env, PORT: '0', PORTAL_DATA: data, PORTAL_BIG_MB: '20' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({
  executablePath: programs.chromium.files[0],
  // Chromium's own sandbox does not work for root.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  mkdirSync(images, { recursive: true });
  const baseURL = await urlOf(server);
  const alice = await logIn(baseURL, 'alice', 'wonderland');

  await alice.goto('/');
  await save(alice, 'list');
  await alice.emulateMedia({ colorScheme: 'dark' });
  await save(alice, 'list-dark');
  await alice.setViewportSize({ width: 320, height: 640 });
  await alice.emulateMedia({ colorScheme: 'light' });
  await save(alice, 'list-phone');
  await alice.setViewportSize(DESKTOP);

  await alice.goto('/view/Hills.png');
  await save(alice, 'preview');

  const revoked = await share(alice, 'Invoice%202025-042.pdf', { uses: '1' });
  await alice.goto('/links');
  await alice.getByRole('button', { name: /^Revoke/ }).click();
  const link = await share(alice, 'Backup.bin', { uses: '3', rate: String(1024 * 1024) });
  await save(alice, 'share');

  const admin = await logIn(baseURL, 'admin', 'all-seeing');
  const visitor = await (await browser.newContext()).newPage();
  await visitor.request.get(revoked.replace('/s/', '/shared/'));
  await visitor.goto(link);
  await admin.goto('/live');
  await alice.goto('/view/Walkthrough.webm');
  const download = visitor.waitForEvent('download');
  // A form, because the link has a number of uses.
  await visitor.getByRole('button', { name: 'Download' }).click();
  await (await download).url();
  await admin.waitForTimeout(7000);
  await save(admin, 'live');
} finally {
  await browser.close();
  server.kill();
  rmSync(data, { recursive: true, force: true });
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<string>} the URL that the portal prints
 */
function urlOf(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      const [, url] = /Portal: (http:\S+)\//.exec(output) ?? [];
      if (url) resolve(url);
    });
    child.on('exit', () => reject(new Error('The portal has ended.')));
  });
}

/**
 * @param {string} baseURL
 * @param {string} name
 * @param {string} password
 */
async function logIn(baseURL, name, password) {
  const context = await browser.newContext({ baseURL, viewport: DESKTOP });
  const page = await context.newPage();
  await page.goto('/login');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('/');
  return page;
}

/**
 * Creates a link, and returns it; its page is open then.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} path
 * @param {{ uses?: string, rate?: string }} fields
 */
async function share(page, path, { uses = '', rate = '' }) {
  await page.goto(`/share/${path}`);
  await page.getByLabel('Downloads').fill(uses);
  await page.getByLabel('Speed').selectOption(rate);
  await page.getByRole('button', { name: 'Create the link' }).click();
  return page.getByLabel('Link', { exact: true }).inputValue();
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
async function save(page, name) {
  await page.waitForLoadState('load');
  // Fonts and thumbnails.
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(images, `portal-${name}.png`) });
}
