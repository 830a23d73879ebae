import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { createTree } from '../helpers/tree.js';

/** A framework, and what its users expect of it where that differs. */
export interface Framework {
  readonly name: string;
  /** Name of the program in `applications/`. */
  readonly program: string;
  /** Whether refusals of mounted files are errors of the framework; otherwise they are answered at once. */
  readonly handlesRefusals?: boolean;
  /** Body of the framework's error page for a file that is not there. */
  readonly notFoundPage?: string;
  /** Whether the application has middleware for CORS. */
  readonly hasCors?: boolean;
}

export const FRAMEWORKS: readonly Framework[] = [
  { name: 'Koa', program: 'koa', handlesRefusals: true, hasCors: true },
  {
    name: 'Fastify',
    program: 'fastify',
    handlesRefusals: true,
    notFoundPage: 'handled as not found',
    hasCors: true,
  },
  { name: 'Nest with Express', program: 'nest-express' },
  { name: 'Nest with Fastify', program: 'nest-fastify' },
  { name: 'Hono', program: 'hono' },
  { name: 'Express 5', program: 'express' },
  { name: 'Express 4', program: 'express4' },
  { name: 'Connect', program: 'connect' },
  { name: 'node:http', program: 'node-http' },
  { name: 'Polka', program: 'polka' },
  { name: 'Tinyhttp', program: 'tinyhttp' },
  { name: 'Restana', program: 'restana' },
];

export const LINK_SECRET = 'fedcba9876543210fedcba9876543210';
export const HANDSHAKE = '0123456789abcdef0123456789abcdef';

const repository = join(__dirname, '../..');

/** A running application. */
export interface Application {
  readonly port: number;
  readonly pid: number;
  /** What it has printed besides its port. */
  readonly output: () => string;
}

const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Starts a program with the files below a root, and waits for its port. */
export async function start(program: string, root: string): Promise<Application> {
  const directory = process.env.FRAMEWORKS_PROJECT ?? compileHere();
  const child = spawn(process.execPath, [`${program}.js`], {
    cwd: directory,
    env: { ...process.env, ROOT: root, LINK_SECRET, HANDSHAKE },
  });
  running.push(child);
  let output = '';
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk;
      const [, found] = /^port (\d+)$/m.exec(output) ?? [];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', () => reject(new Error(output)));
  });
  return { port, pid: child.pid ?? 0, output: () => output.replace(/^port \d+\n/m, '') };
}

let compiled: string | undefined;

/** Compiles the programs into a directory where they find the built package and the frameworks. */
function compileHere(): string {
  if (compiled !== undefined) return compiled;
  compiled = createTree();
  const sources = join(__dirname, 'applications');
  for (const name of readdirSync(sources)) {
    const { outputText } = ts.transpileModule(readFileSync(join(sources, name), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        experimentalDecorators: true,
      },
    });
    writeFileSync(join(compiled, name.replace(/\.ts$/, '.js')), outputText);
  }
  writeFileSync(join(compiled, 'package.json'), '{ "type": "module" }');
  linkPackages(compiled);
  return compiled;
}

/** Links the repository, and all packages that are installed in it, into a directory. */
function linkPackages(directory: string): void {
  const installed = join(repository, 'node_modules');
  const packages = join(directory, 'node_modules');
  mkdirSync(packages);
  symlinkSync(repository, join(packages, 'xsendfile'));
  for (const name of readdirSync(installed)) {
    if (!name.startsWith('.')) symlinkSync(join(installed, name), join(packages, name));
  }
}
