import { chromium } from 'playwright-core';
const base = process.argv[2] ?? 'http://localhost:3900';
const user = process.argv[3] ?? 'alice'; const pw = {alice:'wonderland',admin:'all-seeing'}[user];
const pages = (process.argv[4] ?? '/').split(',');
const opts = { viewport: { width: Number(process.argv[5] ?? 1280), height: 800 }, colorScheme: process.argv[6] ?? 'light' };
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const c = await b.newContext(opts); const p = await c.newPage();
p.on('console', m => console.log('console', m.text())); p.on('pageerror', e => console.log('ERR', e.message));
await p.goto(base + '/login');
await p.fill('[name=name]', user); await p.fill('[name=password]', pw); await p.click('button.primary');
await p.waitForURL(base + '/');
for (const [i, path] of pages.entries()) {
  await p.goto(base + path); await p.waitForTimeout(600);
  const w = await p.evaluate('document.documentElement.scrollWidth');
  console.log(path, 'width', w);
  await p.screenshot({ path: `/tmp/shot-${i}.png` });
}
await b.close();
