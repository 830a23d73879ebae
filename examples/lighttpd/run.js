// @ts-check
// The portal behind lighttpd: npm run example:lighttpd
//
// LIGHTTPD_PORT, PORT
//               where lighttpd listens; http://localhost:8080 if not given, port 0 takes a free one
// PORTAL_BIG_MB size of the largest sample document; 50 if not given
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
