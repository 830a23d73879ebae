// @ts-check
// The portal behind h2o: npm run example:h2o
//
// H2O_PORT, PORT
//               where h2o listens; http://localhost:8080 if not given, port 0 takes a free one
// PORTAL_BIG_MB size of the largest sample document; 50 if not given
import { spawnSync } from 'node:child_process';
import { runBehind } from '../shared/behind.js';
import { env, fail } from '../shared/system.js';

if (spawnSync('h2o', ['-v'], { env }).error !== undefined) {
  fail('h2o is not installed: sudo apt-get install h2o');
}

await runBehind({
  name: 'h2o',
  // h2o forgets the portal's headers: documents that need one (downloads under another name, for
  // example) are sent by the portal itself.
  header: 'X-Reproxy-URL',
  sender: 'h2o',
  command: ({ configuration }) => ['h2o', '-m', 'worker', '-c', configuration],
});
