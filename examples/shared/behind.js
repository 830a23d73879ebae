// @ts-check
// Runs the portal behind a front-end server that is installed on this machine.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createFrontEndConfig } from 'xsendfile/frontends';
import { deliveryReports } from 'xsendfile/reports';
import { createApp, MAX_REQUESTS_PER_CONNECTION } from '../portal/app.js';
import { prepareDocuments } from '../portal/documents.js';
import { createLive } from '../portal/live.js';
import { formatDelivery } from '../portal/log.js';
import { describeUsers } from '../portal/users.js';
import { followLog } from './log-file.js';
import { checkPort, env, isOpen, letWorkersIn } from './system.js';

/**
 * Paths for a server's command line.
 *
 * @typedef {object} Place
 * @property {string} scratch - directory for all files that the server writes
 * @property {string} configuration - path of the file
 */

/**
 * @typedef {object} FrontEnd
 * @property {import('xsendfile/frontends').FrontEndServer} name
 * @property {string} header - header that names the file to send
 * @property {NonNullable<import('xsendfile').XSendfileOptions['sender']>} sender
 * @property {Partial<import('xsendfile/frontends').FrontEndConfigOptions>} [options] - for its
 *   configuration, besides the common ones
 * @property {boolean} [canReport] - whether it can report what became of each download
 * @property {(configuration: string) => string} [adapt] - what the portal needs besides
 * @property {(place: Place) => string[]} command - returns the command that starts it in the foreground
 */

/**
 * Runs both until a signal arrives.
 *
 * @param {FrontEnd} frontEnd
 */
export async function runBehind({
  name,
  header,
  sender,
  options,
  canReport = false,
  adapt = String,
  command,
}) {
  const portVariable = `${name.toUpperCase()}_PORT`;
  const wanted = Number(process.env[portVariable] || process.env.PORT || 8080);
  const bigFileMiB = Number(process.env.PORTAL_BIG_MB || 50);
  const port = await checkPort(
    wanted,
    `Use another port: ${portVariable}=8081 npm run example:${name}`,
  );

  /** @type {import('node:child_process').ChildProcess | undefined} */
  let server;
  /** @type {(() => void)[]} */
  let logs = [];
  let isStopping = false;

  /** @param {number} code */
  const stop = async (code) => {
    if (isStopping) return;
    isStopping = true;
    if (server) {
      server.kill();
      await once(server, 'exit');
    }
    for (const printRest of logs) printRest();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));

  // With its own documents, in a directory that the server can access: a checkout is often in a home
  // directory, which it cannot.
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), `xsendfile-${name}-`)));
  process.on('exit', () => {
    server?.kill();
    rmSync(scratch, { recursive: true, force: true });
  });
  process.umask(0o022);
  const user = letWorkersIn(scratch);
  const root = await prepareDocuments(join(scratch, 'data'), { bigFileMiB });

  // Only the server knows the secret. Clients that connect to the portal directly get the same files, but
  // from the portal itself.
  const handshake = randomBytes(32).toString('hex');
  /** @param {string} who @param {string} line */
  const log = (who, line) => console.log(`${who.padEnd(9)}${line}`);
  const live = createLive();
  const reports = canReport
    ? deliveryReports({
        listen: 'udp://127.0.0.1:0',
        onDelivered(delivery, outcome) {
          if (outcome.kind === 'offloaded') log('portal', formatDelivery(delivery, outcome));
        },
      })
    : undefined;
  const portal = createServer(
    createApp({
      ...{ root, sender, handshake, live, reports },
      log: (line) => log('portal', line),
      frontEnd: { name, url: `http://127.0.0.1:${port}` },
    }),
  );
  portal.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  portal.listen(0, '127.0.0.1');
  await once(portal, 'listening');
  const portalPort = /** @type {import('node:net').AddressInfo} */ (portal.address()).port;

  const place = { scratch, configuration: join(scratch, `${name}.conf`) };
  /** @param {string} line */
  const showLine = (line) => {
    log(name, line);
    if (!reports) live.deliver(line);
  };
  logs = ['access.log', 'error.log'].map((file) =>
    followLog(join(scratch, file), showLine, user?.id),
  );
  const text = createFrontEndConfig(name, {
    root,
    scratch,
    handshake,
    reports: await reports?.ready,
    listen: `127.0.0.1:${port}`,
    upstream: `http://127.0.0.1:${portalPort}`,
    user: user?.name,
    group: user?.group,
    ...options,
  });
  // It contains the secret, so other users must not read it.
  writeFileSync(place.configuration, adapt(text), { mode: 0o600 });

  const [program = name, ...args] = command(place);
  server = spawn(program, args, {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Its own process group: only this process receives Ctrl+C, and then stops the server properly.
    detached: true,
  });
  server.on('exit', (code) => {
    server = undefined;
    if (!isStopping) console.error(`${name} has ended with code ${code}.`);
    stop(1);
  });
  while (server && !(await isOpen(port))) await delay(50);

  console.log(`
Open http://localhost:${port}/ and log in as ${describeUsers()}.

  browser --> ${name}, port ${port} --> portal, port ${portalPort}

The portal controls access, and responds with the header ${header} and an empty body:
"offloaded" in its log below. ${name} then sends the file. Ctrl+C ends both.
`);
}
