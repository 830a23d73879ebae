import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { builtPackage } from '../helpers/built-package.js';
import { createTree } from '../helpers/tree.js';

/** Programs in processes of their own, which use the built package. */

const repository = join(__dirname, '../..');

/**
 * Compiles programs into a directory where they find the package and everything that is installed here.
 *
 * @param sources - by name, without extension.
 */
export function compilePrograms(sources: Readonly<Record<string, string>>): string {
  const directory = createTree();
  for (const [name, source] of Object.entries(sources)) {
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        experimentalDecorators: true,
      },
    });
    writeFileSync(join(directory, `${name}.js`), outputText);
  }
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const installed = join(repository, 'node_modules');
  const packages = join(directory, 'node_modules');
  mkdirSync(packages);
  symlinkSync(builtPackage(), join(packages, 'xsendfile'));
  for (const name of readdirSync(installed)) {
    if (!name.startsWith('.')) symlinkSync(join(installed, name), join(packages, name));
  }
  return directory;
}

/** A running program, and what it has printed. */
export interface Program {
  readonly pid: number;
  readonly output: () => string;
  /** Waits for a line of the output; fails if the program ends before. */
  readonly printed: (line: RegExp) => Promise<RegExpExecArray>;
}

/** The command for programs: Node, unless `npm run test:frameworks` says otherwise. */
const [runtime, ...args]: [string, ...string[]] = JSON.parse(
  process.env.FRAMEWORKS_RUNTIME ?? JSON.stringify([process.execPath]),
);

const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Starts a program, by its name without extension; it is killed after the tests of the file. */
export function startProgram(
  directory: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(runtime, [...args, `${name}.js`], {
    cwd: directory,
    env: { ...process.env, ...env },
  });
  running.push(child);
  let output = '';
  const read = (chunk: Buffer): void => {
    output += chunk;
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const printed = (line: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = line.exec(output);
        if (found !== null) resolve(found);
      };
      child.stdout.on('data', look);
      child.on('exit', () => reject(new Error(`${name} has ended: ${output}`)));
      look();
    });
  return { pid: child.pid ?? 0, output: () => output, printed };
}
