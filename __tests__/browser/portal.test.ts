import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDocuments } from './documents.js';

const data = mkdtempSync(join(tmpdir(), 'xsendfile-portal-'));

afterAll(() => rmSync(data, { recursive: true, force: true }));

describeDocuments({
  title: 'documents of the portal in a browser',
  programs: [],
  script: 'examples/portal/server.js',
  env: () => ({ PORTAL_DATA: data, PORTAL_UPLOAD_MB: '4' }),
  sender: 'this process',
  runningState: 'running',
  moreTests(portal) {
    it('are refused if they are too large', async () => {
      const { page } = portal;
      await page.goto('/');
      await page.getByRole('button', { name: 'Upload' }).click();
      const buffer = Buffer.alloc(4 * 1024 * 1024 + 1);
      const file = { name: 'large.bin', mimeType: 'application/octet-stream', buffer };
      await page.getByLabel(/^Files/).setInputFiles(file);
      await page.locator('#upload').getByRole('button', { name: 'Upload' }).click();
      await page.getByRole('alert').getByText('“large.bin” is larger than 4 MiB.').waitFor();
    });

    it('are shown with the headers of their response', async () => {
      const { page } = portal;
      await page.goto('/how?path=Hills.png');
      const side = page.getByRole('region', { name: 'Sent by this process' });
      expect(await side.textContent()).toMatch(/HTTP\/1\.1 200 OK.*Content-Type\s*image\/png/s);
      await page.getByText('npm run portal:nginx').waitFor();
    });
  },
});
