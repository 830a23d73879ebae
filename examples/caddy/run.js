// @ts-check
// The portal behind Caddy: npm run example:caddy
//
// CADDY_PORT, PORT
//               where Caddy listens; http://localhost:8080 if not given, port 0 takes a free one
// PORTAL_BIG_MB size of the largest sample document; 50 if not given
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
    // It keeps its last configuration, with the handshake, in the user's home directory otherwise.
    'env',
    ...[`XDG_CONFIG_HOME=${scratch}`, `XDG_DATA_HOME=${scratch}`],
    ...['caddy', 'run', '--adapter', 'caddyfile', '--config', configuration],
  ],
});
