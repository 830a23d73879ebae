import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CliIo, CliOutput } from '../../lib/cli/io.js';
import { runProgram } from '../../lib/cli/run.js';

/** A moment for commands whose output is compared. */
export const NOW = Date.parse('2026-08-01T12:00:00Z');

/** Good enough for all schemes. */
export const SECRET = '0123456789abcdef0123456789abcdef';
export const OLD_SECRET = 'fedcba9876543210fedcba9876543210';

/** What a command did. */
export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: () => number;
  /** Whether its output goes to a terminal. */
  readonly isTerminal?: boolean;
  /** Its standard input, in chunks. */
  readonly input?: readonly string[];
}

/** A world of its own for a command. */
export class TestIo implements CliIo {
  readonly version = '1.2.3-test';
  readonly env: NonNullable<CliSettings['env']>;
  readonly now: () => number;
  readonly #written = { stdout: '', stderr: '' };
  readonly #callbacks = new Set<() => void>();

  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly stdin: Readable;

  constructor({ env = {}, now = () => NOW, isTerminal = false, input = [] }: CliSettings = {}) {
    this.env = env;
    this.stdin = Readable.from(input);
    this.now = now;
    this.stdout = { write: (text) => this.#write('stdout', text), isTTY: isTerminal };
    this.stderr = { write: (text) => this.#write('stderr', text), isTTY: isTerminal };
  }

  /** How many callbacks are waiting for a signal. */
  get listeners(): number {
    return this.#callbacks.size;
  }

  get output(): string {
    return this.#written.stdout;
  }

  /** What was written to stderr, without {@link hints}. */
  get errors(): string {
    return this.#written.stderr.replace(HINT, '');
  }

  /** Lines for people that are no errors: what can be done next. */
  get hints(): readonly string[] {
    return this.#written.stderr.match(HINT) ?? [];
  }

  onSignal(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => void this.#callbacks.delete(callback);
  }

  signal(): void {
    for (const callback of this.#callbacks) callback();
  }

  #write(stream: 'stdout' | 'stderr', text: string): void {
    this.#written[stream] += text;
  }
}

/** Runs a command to its end. */
export async function runCli(
  argv: readonly string[],
  settings: CliSettings = {},
): Promise<CliResult> {
  const io = new TestIo(settings);
  const exitCode = await runProgram(argv, io);
  return { exitCode, stdout: io.output, stderr: io.errors };
}

/** The lines that `sign` and `serve` print for people. */
const HINT = /^(?:Try: |xsendfile: valid for ).*\n/gm;

/** A server that `xsendfile serve` has started. */
export class ServeRun {
  /** The command's exit code, when it has ended. */
  readonly ended: Promise<number>;
  readonly io: TestIo;

  private constructor(argv: readonly string[], settings: CliSettings) {
    this.io = new TestIo({ now: Date.now, ...settings });
    this.ended = runProgram(['serve', '--port', '0', ...argv], this.io);
  }

  static async start(argv: readonly string[], settings: CliSettings = {}): Promise<ServeRun> {
    const server = new ServeRun(argv, settings);
    started.push(server);
    const ended = server.ended.then((exitCode) => {
      throw new Error(`serve ended with ${exitCode}: ${server.io.errors}`);
    });
    ended.catch(() => {});
    await Promise.race([ended, server.until(() => server.io.output !== '')]);
    return server;
  }

  get port(): number {
    return Number(/http:\/\/\S+?:(\d+)\//.exec(this.io.output)?.[1]);
  }

  /** The lines about requests. */
  get lines(): readonly string[] {
    return this.io.output.split('\n').slice(1, -1);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await nextTurn();
  }

  /** The first lines about requests, as soon as there are so many. */
  async log(count: number): Promise<readonly string[]> {
    await this.until(() => this.lines.length >= count);
    return this.lines;
  }
}

const started: ServeRun[] = [];

afterAll(async () => {
  for (const { io, ended } of started.splice(0)) {
    io.signal();
    await ended;
  }
});
