import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { binaryOf } from '../../helpers/programs.js';
import { createTree } from '../../helpers/tree.js';

/** A redis-server on a Unix socket, which forgets everything when it ends. */
export interface RedisServer {
  readonly socketPath: string;
  /** Starts it, and waits until it accepts connections. */
  start(): Promise<void>;
  /** Sends it a signal; after SIGKILL, waits for its end. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Prepares a server, which ends after the tests of the file. */
export function createRedisServer(): RedisServer {
  const directory = createTree();
  const socketPath = join(directory, 'redis.sock');
  let child: ChildProcess;
  return {
    socketPath,
    async start() {
      const options = { port: '0', unixsocket: socketPath, dir: directory, save: '' };
      const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
      child = spawn(binaryOf('redis'), args, { stdio: 'ignore' });
      running.add(child);
      while (!(await isListening(socketPath))) {
        if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      }
    },
    async signal(signal) {
      child.kill(signal);
      if (signal === 'SIGKILL' && child.exitCode === null && child.signalCode === null) {
        await once(child, 'exit');
      }
    },
  };
}

function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => setTimeout(resolve, 20, false));
  });
}

afterAll(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
});
