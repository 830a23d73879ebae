import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDocuments } from './documents.js';

// nginx's workers, which are another user if root starts it, must be able to enter it.
const scratch = mkdtempSync(
  join(process.getuid?.() === 0 ? '/tmp' : tmpdir(), 'xsendfile-portal-'),
);
chmodSync(scratch, 0o711);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describeDocuments({
  title: 'documents of the portal behind nginx in a browser',
  programs: ['nginx'],
  script: 'examples/nginx/run.js',
  env: () => ({ TMPDIR: scratch }),
  sender: 'nginx',
  runningState: 'offloaded',
  moreTests(portal) {
    it('are shown with the responses of the portal and of nginx side by side', async () => {
      const { page } = portal;
      await page.goto('/how?path=Hills.png');
      const own = await page.getByRole('region', { name: 'Sent by this process' }).textContent();
      const nginx = page.getByRole('region', { name: 'Sent by nginx' });
      expect(own).not.toContain('nginx/');
      expect(await nginx.textContent()).toMatch(/200 OK.*Server\s*nginx\//s);
      expect(await nginx.locator('.differs').first().textContent()).toMatch(/Server/);
      await page.getByText('X-Accel-Redirect: /-internal-/alice/Hills.png').waitFor();
    });
  },
});
