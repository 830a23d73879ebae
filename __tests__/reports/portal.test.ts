import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExampleServer } from '../examples/example-server.js';
import { eventually } from '../helpers/eventually.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { Connection } from '../helpers/raw-request.js';

const BIG_MIB = 40;
const BIG_BYTES = BIG_MIB * 1024 * 1024;

describeWithPrograms('the portal behind nginx', ['nginx'], () => {
  let scratch: string;
  let server: ExampleServer;
  let alice: { Cookie: string };
  let admin: { Cookie: string };

  beforeAll(async () => {
    // nginx's workers, which are another user if root starts it, must be able to enter it.
    scratch = mkdtempSync(join(process.getuid?.() === 0 ? '/tmp' : tmpdir(), 'xsendfile-reports-'));
    chmodSync(scratch, 0o711);
    server = await ExampleServer.start('examples/nginx/run.js', {
      ...{ PORT: '0', PORTAL_BIG_MB: String(BIG_MIB), TMPDIR: scratch },
    });
    alice = await server.logIn('alice', 'wonderland');
    admin = await server.logIn('admin', 'all-seeing');
  }, 180_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('logs and shows what nginx reports, also of a download that is aborted', async () => {
    await server.request('/files/alice/Backup.bin', { headers: alice });
    await server.waitFor(
      new RegExp(`nginx reports: GET "alice/Backup.bin", 200 delivered, ${BIG_BYTES} bytes`),
    );
    const connection = await Connection.open(server.port);
    connection.send({ target: '/files/alice/Backup.bin', headers: alice });
    await connection.receive(1_000_000);
    connection.pause();
    connection.socket.resetAndDestroy();
    const [, bytes] = await server.waitFor(
      /nginx reports: GET "alice\/Backup.bin", 200 aborted, (\d+) bytes/,
    );
    expect(Number(bytes)).toBeGreaterThanOrEqual(900_000);
    expect(Number(bytes)).toBeLessThan(BIG_BYTES);
    let page = '';
    await eventually(async () => {
      page = String((await server.request('/live', { headers: admin })).body);
      return page.includes('aborted');
    });
    const states = [...page.matchAll(/class="state (\w+)"/g)].map(([, state]) => state);
    // The last one is that of the template.
    expect(states.slice(0, 2)).toEqual(['aborted', 'delivered']);
  });
});
