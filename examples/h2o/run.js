// @ts-check
// The portal behind h2o: npm run example:h2o
//
// H2O_PORT, PORT
//               where h2o listens; default http://localhost:8080, port 0 selects a free one
// PORTAL_BIG_MB size of the largest sample document; default 50
import { spawnSync } from 'node:child_process';
import { runBehind } from '../shared/behind.js';
import { env, fail } from '../shared/system.js';

if (spawnSync('h2o', ['-v'], { env }).error !== undefined) {
  fail('h2o is not installed: sudo apt-get install h2o');
}

await runBehind({
  name: 'h2o',
  // h2o drops the portal's headers: the portal itself sends documents that need one, such as
  // downloads with another file name.
  header: 'X-Reproxy-URL',
  sender: 'h2o',
  command: ({ configuration }) => ['h2o', '-m', 'worker', '-c', configuration],
});
