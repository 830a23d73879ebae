import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FrontEndServer } from '../../lib/frontends/index.js';
import { binaryOf } from './programs.js';

/** Servers that the tests run against, as named in servers.json. */
export type FrontEndName = FrontEndServer;

/** What a configuration depends on. */
export interface Place {
  /** Directory of the server's own, for whatever it writes. */
  readonly scratch: string;
  /** Directory of the files. */
  readonly root: string;
  /** Where the server listens. */
  readonly port: number;
  /** Where the application listens. */
  readonly backendPort: number;
  /** What the server has to put into the request header X-Sendfile-Handshake. */
  readonly handshake: string;
  /** Who the server becomes when root starts it; undefined for anybody else. */
  readonly user: string | undefined;
}

/** How to run one server in front of an application. */
export interface FrontEnd {
  readonly name: FrontEndName;
  /** Its configuration file. */
  configure(place: Place): string;
  /** Arguments that start it in the foreground with that file. */
  args(configFile: string, place: Place): readonly string[];
}

/** A server that answers. */
export interface RunningFrontEnd {
  readonly port: number;
  /** Ends it, and removes what it wrote. */
  stop(): Promise<void>;
}

const PORT_ATTEMPTS = 5;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** Starts a server in front of the application at `backendPort`. */
export async function startFrontEnd(
  frontEnd: FrontEnd,
  site: Pick<Place, 'root' | 'backendPort' | 'handshake'>,
): Promise<RunningFrontEnd> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(frontEnd, site);
    } catch (error) {
      // Between looking for a free port and using it, somebody else may have taken it.
      if (attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(
  frontEnd: FrontEnd,
  site: Pick<Place, 'root' | 'backendPort' | 'handshake'>,
): Promise<RunningFrontEnd> {
  const scratch = mkdtempSync(join(tmpdir(), `xsendfile-${frontEnd.name}-`));
  // The server's workers are somebody else than root, and write logs.
  chmodSync(scratch, 0o777);
  const place: Place = {
    ...site,
    scratch,
    port: await findFreePort(),
    user: process.getuid?.() === 0 ? 'www-data' : undefined,
  };
  const configFile = join(scratch, 'server.conf');
  writeFileSync(configFile, frontEnd.configure(place));

  const binary = binaryOf(frontEnd.name);
  // A file, because Apache opens /dev/stderr, which does not work with the sockets of `pipe`.
  const logFile = join(scratch, 'server.log');
  const log = openSync(logFile, 'a');
  const child = spawn(binary, frontEnd.args(configFile, place), {
    stdio: ['ignore', log, log],
    // Caddy keeps its last configuration there.
    env: { ...process.env, XDG_CONFIG_HOME: scratch, XDG_DATA_HOME: scratch },
    ...(frontEnd.name === 'caddy' && place.user !== undefined ? idsOf(place.user) : {}),
  });
  closeSync(log);
  const kill = (): void => {
    child.kill();
  };
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    await end(child);
    process.off('exit', kill);
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(child, place.port);
  } catch (error) {
    const said = [logFile, join(scratch, 'error.log')]
      .filter(existsSync)
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    await stop();
    throw new Error(`${frontEnd.name} did not start: ${said}`, { cause: error });
  }
  return { port: place.port, stop };
}

/** For a server that stays who starts it. */
function idsOf(user: string): { uid: number; gid: number } {
  const id = (what: string) => Number(execFileSync('id', [what, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Below the ports that outgoing connections get, so that none of those can come in between. */
async function findFreePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('listening', () => resolve(true)).once('error', () => resolve(false));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

async function waitUntilReady(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let cause: unknown;
  child.once('error', (error) => {
    cause = error;
  });
  child.once('exit', (code, signal) => {
    cause = new Error(`ended with ${code ?? signal}`);
  });
  while (!(await answers(port))) {
    if (cause !== undefined) throw cause;
    if (Date.now() > deadline) throw new Error(`no answer within ${START_TIMEOUT_MS} ms`);
    await delay(20);
  }
  // Somebody else's answer, then.
  if (cause !== undefined) throw cause;
}

/** Whether there is an answer of any kind: some servers accept connections before they fail. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('OPTIONS / HTTP/1.0\r\n\r\n'));
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
}

/** By its own process id; the servers take their workers with them. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
