// @ts-check
// The portal behind lighttpd: npm run example:lighttpd
//
// LIGHTTPD_PORT, PORT
//               where lighttpd listens; default http://localhost:8080, port 0 selects a free one
// PORTAL_BIG_MB size of the largest sample document; default 50
import { runBehind } from '../shared/behind.js';
import { fail, versionOf } from '../shared/system.js';

if (versionOf('lighttpd') === undefined) {
  fail('lighttpd is not installed: sudo apt-get install lighttpd');
}

await runBehind({
  name: 'lighttpd',
  header: 'X-Sendfile',
  sender: 'lighttpd',
  command: ({ configuration }) => ['lighttpd', '-D', '-f', configuration],
});
