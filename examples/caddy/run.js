// @ts-check
// The portal behind Caddy: npm run example:caddy
//
// CADDY_PORT, PORT
//               where Caddy listens; default http://localhost:8080, port 0 selects a free one
// PORTAL_BIG_MB size of the largest sample document; default 50
import { spawnSync } from 'node:child_process';
import { runBehind } from '../shared/behind.js';
import { env, fail } from '../shared/system.js';

if (spawnSync('caddy', ['version'], { env }).error !== undefined) {
  fail('Caddy is not installed: sudo apt-get install caddy');
}

await runBehind({
  name: 'caddy',
  header: 'X-Accel-Redirect',
  sender: 'caddy',
  command: ({ scratch, configuration }) => [
    // Otherwise Caddy saves its last configuration, including the handshake, in the user's home directory.
    'env',
    ...[`XDG_CONFIG_HOME=${scratch}`, `XDG_DATA_HOME=${scratch}`],
    ...['caddy', 'run', '--adapter', 'caddyfile', '--config', configuration],
  ],
});
