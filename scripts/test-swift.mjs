// Runs the tests of remote objects against OpenStack Swift with its S3 interface, on free ports of the loopback and in a
// temporary directory. Arguments go to jest.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { install, mayInstall } from './debian.mjs';

const PACKAGES = ['swift-proxy', 'swift-account', 'swift-container', 'swift-object', 'memcached'];
const RINGS = /** @type {const} */ (['account', 'container', 'object']);
const BUILDER = '/usr/bin/swift-ring-builder';
const PROGRAMS = [...RINGS, 'proxy'].map((name) => `/usr/bin/swift-${name}-server`);
const MEMCACHED = '/usr/bin/memcached';

const isMissing = () => [BUILDER, MEMCACHED, ...PROGRAMS].some((path) => !existsSync(path));
if (isMissing() && mayInstall) await install(PACKAGES);
if (isMissing()) {
  console.error(
    `test-swift: OpenStack Swift is missing (packages: ${PACKAGES.join(' ')}). ` +
      'Install it with: sudo env XSENDFILE_INSTALL=1 node scripts/test-swift.mjs',
  );
  process.exit(1);
}

const directory = mkdtempSync(join(tmpdir(), 'xsendfile-swift-'));
/** @type {import('node:child_process').ChildProcess[]} */
let children = [];
/** @type {import('node:http').Server | undefined} */
let control;
try {
  const { ports, commands } = await configure();
  const swift = {
    start: () => startAll(commands, ports),
    stop: stopAll,
  };
  await swift.start();
  control = await startControl(swift);
  const store = {
    name: 'OpenStack Swift',
    endpoint: `http://127.0.0.1:${ports[0]}`,
    accessKeyId: 'test:tester',
    secretAccessKey: 'testing',
    region: 'us-east-1',
    control: `http://127.0.0.1:${portOf(control)}`,
  };
  console.log(`test-swift: Swift listens on ${store.endpoint}`);
  // One file after the other: tests stop Swift.
  const args = ['jest', '--runInBand', '__tests__/remote', ...process.argv.slice(2)];
  const jest = spawn('npx', args, {
    stdio: 'inherit',
    env: { ...process.env, XSENDFILE_STORE: JSON.stringify(store) },
  });
  const [status] = await once(jest, 'exit');
  process.exitCode = status ?? 1;
} finally {
  control?.close();
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
}

/** Writes the configuration of one node of each kind; returns what to run, and the ports: first that of the S3 interface. */
async function configure() {
  mkdirSync(join(directory, 'devices/d1'), { recursive: true });
  const [cache, ...ports] = await Promise.all(Array.from({ length: 5 }, freePort));
  write('swift.conf', {
    'swift-hash': { swift_hash_path_prefix: 'xsendfile', swift_hash_path_suffix: 'tests' },
    'storage-policy:0': { name: 'Policy-0', default: 'yes' },
  });
  for (const [index, name] of RINGS.entries()) {
    const own = ports[index + 1];
    ring(name, 'create', '4', '1', '1');
    ring(name, 'add', `r1z1-127.0.0.1:${own}/d1`, '1');
    ring(name, 'rebalance');
    write(`${name}.conf`, {
      DEFAULT: {
        ...defaults(own),
        devices: join(directory, 'devices'),
        mount_check: 'false',
        disable_fallocate: 'true',
      },
      'pipeline:main': { pipeline: `${name}-server` },
      [`app:${name}-server`]: { use: `egg:swift#${name}` },
    });
  }
  write('proxy.conf', {
    DEFAULT: defaults(ports[0]),
    'pipeline:main': { pipeline: 'catch_errors cache s3api tempauth slo proxy-server' },
    'app:proxy-server': {
      use: 'egg:swift#proxy',
      allow_account_management: 'true',
      account_autocreate: 'true',
    },
    'filter:catch_errors': { use: 'egg:swift#catch_errors' },
    'filter:cache': { use: 'egg:swift#memcache', memcache_servers: `127.0.0.1:${cache}` },
    'filter:s3api': { use: 'egg:swift#s3api', location: 'us-east-1' },
    'filter:slo': { use: 'egg:swift#slo' },
    'filter:tempauth': { use: 'egg:swift#tempauth', user_test_tester: 'testing .admin' },
  });
  const user = userInfo().username === 'root' ? ['-u', 'nobody'] : [];
  const commands = [
    [MEMCACHED, ...user, '-l', '127.0.0.1', '-p', String(cache)],
    ...[...RINGS, 'proxy'].map((name) => [
      `/usr/bin/swift-${name}-server`,
      join(directory, `${name}.conf`),
    ]),
  ];
  return { ports, commands };
}

/** @param {number | undefined} port */
function defaults(port) {
  return {
    bind_ip: '127.0.0.1',
    bind_port: String(port),
    // One process each, without a master.
    workers: '0',
    user: userInfo().username,
    swift_dir: directory,
    log_level: 'WARNING',
  };
}

/**
 * @param {string} file
 * @param {Record<string, Record<string, string>>} sections
 */
function write(file, sections) {
  const text = Object.entries(sections).map(([name, settings]) =>
    [`[${name}]`, ...Object.entries(settings).map((pair) => pair.join(' = ')), ''].join('\n'),
  );
  writeFileSync(join(directory, file), text.join('\n'));
}

/**
 * @param {string} name
 * @param {string[]} command
 */
function ring(name, ...command) {
  const { status, stdout, stderr } = spawnSync(
    BUILDER,
    [join(directory, `${name}.builder`), ...command],
    { encoding: 'utf8' },
  );
  // 1 is a warning: a ring with a single device is not balanced.
  if (status !== 0 && status !== 1) throw new Error(`swift-ring-builder: ${stdout}${stderr}`);
}

/**
 * @param {string[][]} commands
 * @param {number[]} ports those that answer when all is ready
 */
async function startAll(commands, ports) {
  children = commands.map(([program = '', ...args]) => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => console.error(`test-swift: ${error.message}`));
    return child;
  });
  // A proxy without the others would not try them again for a while.
  await Promise.all(ports.map((port) => whenReady(`http://127.0.0.1:${port}/`)));
}

async function stopAll() {
  await Promise.all(children.map(stop));
}

/** @param {import('node:child_process').ChildProcess} child */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/**
 * Starts what tests POST `start` and `stop` to.
 *
 * @param {Record<string, () => Promise<void>>} actions
 */
async function startControl(actions) {
  const server = createHttpServer((req, res) => {
    const act = actions[req.url?.slice(1) ?? ''] ?? (() => Promise.reject(new Error('unknown')));
    act().then(
      () => res.end(),
      (error) => res.writeHead(500).end(String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** @param {string} url */
async function whenReady(url) {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    if (children.some(({ exitCode }) => exitCode !== null)) break;
    await wait(100);
  }
  throw new Error(`test-swift: ${url} does not answer.`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {import('node:net').Server} server */
function portOf(server) {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
