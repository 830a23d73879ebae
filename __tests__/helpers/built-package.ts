import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(__dirname, '../..');

/** The directory of the package with its build in it; throws at once if there is none. */
export function builtPackage(): string {
  if (existsSync(join(repository, 'dist/esm/index.js'))) return repository;
  throw new Error(
    'This test uses the built package, and there is no dist. Run "npm run build" first.',
  );
}

/** A program that has said that it is ready. */
export interface Forked {
  readonly child: ChildProcess;
  /** What it has sent. */
  // biome-ignore lint/suspicious/noExplicitAny: like the event's.
  readonly message: any;
}

const children: ChildProcess[] = [];

/** Runs a program of the tests that uses the built package, until the end of the tests of the file. */
export async function forkProgram(path: string, args: readonly string[]): Promise<Forked> {
  const child = fork(path, args, { cwd: builtPackage(), execArgv: [] });
  children.push(child);
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${path} ended with ${code ?? signal} before it was ready`);
    }),
  ]);
  return { child, message };
}

/** Ends these programs before the end of the tests. */
export async function endPrograms(): Promise<void> {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

afterAll(endPrograms);
