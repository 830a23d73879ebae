import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePortal } from './portal.js';

// nginx's workers, which are another user if root starts it, must be able to enter it.
const scratch = mkdtempSync(
  join(process.getuid?.() === 0 ? '/tmp' : tmpdir(), 'xsendfile-portal-'),
);
chmodSync(scratch, 0o711);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describePortal({
  title: 'the portal behind nginx in a browser',
  programs: ['nginx'],
  script: 'examples/nginx/run.js',
  env: () => ({ TMPDIR: scratch }),
  sender: 'nginx',
  runningState: 'offloaded',
  moreTests(portal) {
    it('shows the responses of nginx and of the portal side by side', async () => {
      const page = await portal.alice.newPage();
      await page.goto('/how?path=Hills.png');
      const own = await page.getByRole('region', { name: 'Sent by this process' }).textContent();
      const nginx = page.getByRole('region', { name: 'Sent by nginx' });
      expect(own).not.toContain('nginx/');
      expect(await nginx.textContent()).toMatch(/200 OK.*Server\s*nginx\//s);
      expect(await nginx.locator('.differs').first().textContent()).toMatch(/Server/);
      await page.getByText('X-Accel-Redirect: /-internal-/alice/Hills.png').waitFor();
      await page.close();
    });
  },
});
