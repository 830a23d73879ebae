import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePortal } from './portal.js';

const data = mkdtempSync(join(tmpdir(), 'xsendfile-portal-'));

afterAll(() => rmSync(data, { recursive: true, force: true }));

describePortal({
  title: 'the portal in a browser',
  programs: [],
  script: 'examples/portal/server.js',
  env: () => ({ PORTAL_DATA: data, PORTAL_UPLOAD_MB: '4' }),
  sender: 'this process',
  runningState: 'running',
  moreTests(portal) {
    it('refuses a wrong password and an upload that is too large', async () => {
      const context = await portal.browser.newContext({ baseURL: portal.baseURL });
      const page = await context.newPage();
      await page.goto('/login');
      await page.getByLabel('Name').fill('alice');
      await page.getByLabel('Password').fill('looking-glass');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('alert').getByText('The password is wrong.').waitFor();
      await context.close();

      const own = await portal.alice.newPage();
      await own.goto('/');
      await own.getByRole('button', { name: 'Upload' }).click();
      const buffer = Buffer.alloc(4 * 1024 * 1024 + 1);
      const file = { name: 'large.bin', mimeType: 'application/octet-stream', buffer };
      await own.getByLabel(/^Files/).setInputFiles(file);
      await own.locator('#upload').getByRole('button', { name: 'Upload' }).click();
      await own.getByRole('alert').getByText('“large.bin” is larger than 4 MiB.').waitFor();
      await own.close();
    });

    it('shows how a document is sent', async () => {
      const page = await portal.alice.newPage();
      await page.goto('/how?path=Hills.png');
      const side = page.getByRole('region', { name: 'Sent by this process' });
      expect(await side.textContent()).toMatch(/HTTP\/1\.1 200 OK.*Content-Type\s*image\/png/s);
      await page.close();
    });
  },
});
