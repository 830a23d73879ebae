// @ts-check
// The portal behind nginx: npm run example:nginx
//
// NGINX_PORT    where nginx listens; http://localhost:8080 if not given
// PORTAL_BIG_MB size of the largest sample document; 50 if not given
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nginxSender } from 'xsendfile';
import { createApp } from '../portal/app.js';
import { prepareDocuments } from '../portal/documents.js';
import { checkPort, env, fail, findNginx, letWorkersIn } from './system.js';

const port = Number(process.env.NGINX_PORT || 8080);
const bigFileMiB = Number(process.env.PORTAL_BIG_MB || 50);
const nginxArguments = findNginx();
if (nginxArguments === undefined) fail('nginx is not installed: sudo apt-get install nginx');
await checkPort(port);

/** @type {import('node:child_process').ChildProcess | undefined} */
let nginx;
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));

// With documents of its own, in a place that the workers can reach: a checkout often lies in a home
// directory that is closed to them.
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'xsendfile-nginx-')));
process.on('exit', () => {
  nginx?.kill();
  rmSync(scratch, { recursive: true, force: true });
});
process.umask(0o022);
const workerArguments = letWorkersIn(scratch);
const root = await prepareDocuments(join(scratch, 'data'), { bigFileMiB });

// Only nginx knows the secret. Whoever talks to the portal directly gets the same files, but from
// the portal itself.
const handshake = randomBytes(32).toString('hex');
const portal = createServer(
  createApp({
    root,
    sender: nginxSender({ location: '/-internal-/' }),
    handshake,
    log: (line) => console.log(`portal  ${line}`),
  }),
).listen(0, '127.0.0.1');
await once(portal, 'listening');
const portalPort = /** @type {import('node:net').AddressInfo} */ (portal.address()).port;

// nginx's access log comes as datagrams: "<190>Nov 22 10:45:01 nginx: line".
const accessLog = createSocket('udp4', (message) => {
  console.log(`nginx   ${message.toString().replace(/^.*?nginx: /, '')}`);
}).bind(0, '127.0.0.1');
await once(accessLog, 'listening');

/** @type {Record<string, string | number>} */
const values = {
  PORT: port,
  BACKEND_PORT: portalPort,
  LOG_PORT: accessLog.address().port,
  ROOT: root,
  HANDSHAKE: handshake,
  SCRATCH: scratch,
};
const template = readFileSync(new URL('nginx.conf.template', import.meta.url), 'utf8');
const configuration = join(scratch, 'nginx.conf');
// It holds the secret, so nobody else may read it.
writeFileSync(
  configuration,
  template.replace(/@([A-Z_]+)@/g, (_, name) => String(values[name])),
  { mode: 0o600 },
);

nginx = spawn(
  'nginx',
  ['-p', scratch, '-c', configuration, ...nginxArguments, ...workerArguments],
  {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of its own: Ctrl+C is for this process, which then ends nginx in good order.
    detached: true,
  },
);
nginx.on('exit', (code) => {
  nginx = undefined;
  if (!isStopping) console.error(`nginx has ended with code ${code}.`);
  stop(1);
});
while (nginx && !(await isOpen(port))) await delay(50);

console.log(`
Open http://localhost:${port}/ and log in as alice (wonderland) or bob (can-we-fix-it).

  browser --> nginx, port ${port} --> portal, port ${portalPort}

The portal decides who may have a document, and answers with the header X-Accel-Redirect and no bytes
at all: "offloaded" in its log below. nginx then sends the file. Ctrl+C ends both.
`);

/** @param {number} code */
async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  if (nginx) {
    nginx.kill();
    await once(nginx, 'exit');
  }
  process.exit(code);
}

/** @param {number} port */
async function isOpen(port) {
  const socket = connect(port, '127.0.0.1');
  const result = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  return result.finally(() => socket.destroy());
}
