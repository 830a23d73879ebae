// @ts-check
// The portal behind nginx: npm run example:nginx
//
// NGINX_PORT, PORT
//               where nginx listens; default http://localhost:8080, port 0 selects a free one
// PORTAL_BIG_MB size of the largest sample document; default 50
import { nginxSender } from 'xsendfile';
import { runBehind } from '../shared/behind.js';
import { fail, versionOf } from '../shared/system.js';

const version = versionOf('nginx');
if (version === undefined) fail('nginx is not installed: sudo apt-get install nginx');

await runBehind({
  name: 'nginx',
  header: 'X-Accel-Redirect',
  sender: nginxSender({ location: '/-internal-/' }),
  canReport: true,
  // Without it, nginx refuses uploads of more than 1 MB.
  adapt: (text) => text.replace('server {', 'client_max_body_size 100m;\n    server {'),
  command: ({ scratch, configuration }) => [
    'nginx',
    ...['-p', scratch, '-c', configuration],
    ...(knowsErrorLog(version) ? ['-e', 'stderr'] : []),
  ],
});

/**
 * Before it has read the configuration, nginx logs to a file that only root can write. Since 1.19.5
 * an option changes that.
 *
 * @param {string} version
 */
function knowsErrorLog(version) {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 1_019_005;
}
