import { readFileSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { binaryOf } from '../helpers/programs.js';

/** The parts of DOM that the functions for pages use. */
declare const document: { documentElement: { scrollWidth: number; clientWidth: number } };
declare const axe: { run(options: object): Promise<{ violations: Violation[] }> };

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export function launchBrowser(): Promise<Browser> {
  // Chromium's own sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: binaryOf('chromium'), args });
}

/** Opens the login page, and logs in as that user. */
export async function logIn(
  browser: Browser,
  baseURL: string,
  [name, password]: readonly [name: string, password: string],
): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  await page.goto('/login');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('/');
  await page.close();
  return context;
}

/** Another context in the same session. */
export async function copyOf(
  context: BrowserContext,
  options: BrowserContextOptions,
): Promise<BrowserContext> {
  const browser = context.browser();
  if (browser === null) throw new Error('The browser has ended.');
  return browser.newContext({ ...options, storageState: await context.storageState() });
}

/** How many pixels the page is wider than the window. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}

/** Serious and critical problems that axe-core finds, with the elements that have them. */
export async function accessibilityProblemsOf(page: Page): Promise<string[]> {
  // The policy of the page forbids other scripts, but not those of the debugger.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    axe.run({ resultTypes: ['violations'], iframes: false }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
