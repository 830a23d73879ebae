import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Outcome, XSendfileOptions } from '../../../lib/index.js';
import { builtPackage } from '../../helpers/built-package.js';

export interface ChildOptions {
  /** What JSON can hold of them. */
  readonly options?: XSendfileOptions;
  /** Who makes a mistake when told of an outcome. */
  readonly observer?: 'hook that throws' | 'hook that rejects' | 'subscriber that throws';
  /** How many descriptors the process may have. */
  readonly descriptors?: number;
}

export interface Counts {
  readonly requests: number;
  readonly outcomes: number;
  readonly descriptors: number;
  /** Bytes of memory. */
  readonly rss: number;
}

/** A handler in a process of its own, see server.mjs. */
export class ChildServer {
  port = 0;
  /** What it has printed so far, which should be nothing. */
  output = '';
  readonly #child: ChildProcess;

  private constructor(root: string, { options, observer, descriptors }: ChildOptions) {
    const script = join(__dirname, 'server.mjs');
    const settings = { root, options: { sender: 'serve', ...options }, observer };
    const args = ['--no-warnings', script, JSON.stringify(settings)];
    const [file, ...rest] =
      descriptors === undefined
        ? [process.execPath, ...args]
        : ['sh', '-c', LIMITED, String(descriptors), process.execPath, ...args];
    this.#child = spawn(String(file), rest, {
      cwd: builtPackage(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  static async start(root: string, options: ChildOptions = {}): Promise<ChildServer> {
    const server = new ChildServer(root, options);
    children.push(server);
    const [address] = await Promise.race([
      once(server.#child, 'message'),
      once(server.#child, 'close').then(() => {
        throw new Error(`the server did not start:\n${server.output}`);
      }),
    ]);
    server.port = (address as AddressInfo).port;
    return server;
  }

  count(): Promise<Counts> {
    return this.ask('count') as Promise<Counts>;
  }

  outcomes(): Promise<readonly Outcome[]> {
    return this.ask('outcomes') as Promise<readonly Outcome[]>;
  }

  warnings(): Promise<readonly string[]> {
    return this.ask('warnings') as Promise<readonly string[]>;
  }

  async ask(command: string): Promise<unknown> {
    this.#child.send(command);
    const [{ reply }] = await once(this.#child, 'message');
    return reply;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill();
    await exit;
  }
}

/** `$0` is the limit; the rest is the command. */
const LIMITED = 'ulimit -n "$0" && exec "$@"';

const children: ChildServer[] = [];

afterAll(async () => {
  for (const child of children.splice(0)) await child.stop();
});
