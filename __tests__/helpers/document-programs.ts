import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { builtPackage } from './built-package.js';
import { createTree } from './tree.js';

/** Runs the programs of the documentation as they stand, but for directories and the port. */

const repository = join(__dirname, '../..');

/** The secrets that programs read from the environment. */
export const SECRETS = {
  HANDSHAKE: '0123456789abcdef0123456789abcdef',
  LINK_SECRET: 'fedcba9876543210fedcba9876543210',
  DOCTOR_SECRET: 'fedcba9876543210fedcba9876543210',
  SESSION_SECRET: '02468ace02468ace02468ace02468ace',
};

/** The code after each `<!-- example: name -->`, by document and name. */
export function readPrograms(documents: readonly string[]): ReadonlyMap<string, string> {
  const entries = documents.flatMap((document) => {
    const text = readFileSync(join(repository, document), 'utf8');
    const examples = text.matchAll(/<!-- example: ([\w.-]+) -->\n```([jt])s\n(.*?)```/gs);
    return [...examples].map(([, name, language, code = '']) => {
      const program = language === 't' ? toJavaScript(code) : code;
      return [`${document}: ${name}`, program] as const;
    });
  });
  return new Map(entries);
}

/** The types are checked by another test. */
function toJavaScript(code: string): string {
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
  return transpileModule(code, { compilerOptions }).outputText;
}

/** Where to find what a program names: directories by their path, packages by their name. */
export interface Replacements {
  readonly directories: Readonly<Record<string, string>>;
  readonly packages?: Readonly<Record<string, string>>;
}

/** Writes a program into a directory where it finds its packages; returns its path. */
export function prepareProgram(code: string, { directories, packages }: Replacements): string {
  const directory = createTree();
  const modules = join(directory, 'node_modules');
  const imports = [...code.matchAll(/ from '((?:@[\w-]+\/)?[\w-]+)[^':]*'/g)];
  for (const name of new Set(imports.map(([, each = '']) => each))) {
    const installed = join(repository, 'node_modules', packages?.[name] ?? name);
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(name === 'xsendfile' ? builtPackage() : installed, join(modules, name));
  }
  let program = code.replace(
    'app.listen(3000)',
    "app.listen(0, function () { console.log('port ' + this.address().port); })",
  );
  for (const [path, actual] of Object.entries(directories)) {
    program = program.replaceAll(path, actual);
  }
  const path = join(directory, 'program.mjs');
  writeFileSync(path, program);
  return path;
}

/** A program that listens. */
export interface RunningProgram {
  readonly port: number;
  /** What it has printed. */
  output(): string;
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number | null>;
}

const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running.splice(0)) child.kill();
});

/** Runs a program until the end of the tests, and waits for its port. */
export async function startProgram(
  path: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> {
  const child = spawn(process.execPath, [path], { env: { ...process.env, ...SECRETS, ...env } });
  running.push(child);
  let output = '';
  const ended = new Promise<number | null>((resolve) => void child.on('exit', resolve));
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
  return { port, output: () => output, ended };
}
