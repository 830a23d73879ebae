import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as main from '../lib/index.js';
import * as uses from '../lib/uses/index.js';
import { builtPackage } from './helpers/built-package.js';
import { createTree } from './helpers/tree.js';

jest.setTimeout(300_000);

const repository = join(__dirname, '..');
const documents = [
  'README.md',
  ...readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Every JavaScript and TypeScript block of the documentation, by document and line. */
const blocks = documents.flatMap((document) => {
  const text = readFileSync(join(repository, document), 'utf8');
  return [...text.matchAll(/^```(js|ts)\n(.*?)^```/gms)].map(({ index, 1: language, 2: code }) => ({
    name: `${document}:${text.slice(0, index).split('\n').length}`,
    language: String(language),
    code: String(code),
  }));
});

/** The examples of docstrings, which the API reference shows. */
const docstrings = readdirSync(join(repository, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => {
    const text = readFileSync(join(repository, 'lib', name), 'utf8');
    const examples = [...text.matchAll(/^ \* ```ts\n(.*?)^ \* ```/gms)];
    return examples.map(([, code = ''], index) => ({
      name: `lib/${name}:${index}`,
      language: 'ts',
      code: code.replace(/^ \* ?/gm, ''),
    }));
  });

/** What a fragment takes from the program around it. */
const IMPORTS = `
import express from 'express';
import { ${Object.keys(main).join(', ')} } from 'xsendfile';
import { createFrontEndConfig } from 'xsendfile/frontends';
import { ${Object.keys(uses)
  .filter((name) => !(name in main))
  .join(', ')} } from 'xsendfile/uses';
`;
const DECLARATIONS = `
declare const app: import('express').Express;
declare const req: import('express').Request;
declare const res: import('express').Response;
declare const requireLogin: import('express').RequestHandler;
declare const expires: Date;
declare const presign: (url: string) => Promise<string>;
declare const secret: string;
declare const root: string;
declare const handshake: string;
declare const LINK_SECRET: string;
declare const OLD_LINK_SECRET: string;
declare const user: { readonly id: string };
declare const videos: import('xsendfile').AuthTokenHandler;
declare const downloads: import('xsendfile').AuthTokenHandler;
`;
/** The same around a fragment for `Request → Response`, in Hono. */
const WEB_DECLARATIONS = `
declare const app: import('hono').Hono;
declare const requireLogin: import('hono').MiddlewareHandler;
declare const request: Request;
declare const secret: string;
declare const handshake: string;
declare const files: import('xsendfile/web').XSendfileWebHandler;
`;

/** A fragment with what it takes from around it; a docstring shows its imports, and nothing else. */
function completed(name: string, code: string): string {
  const runtime = /^(Bun|Deno)\.serve\(/m.exec(code)?.[1];
  if (runtime !== undefined) return `${code}\ndeclare const ${runtime}: any;`;
  if (!/^import /m.test(code)) return `${IMPORTS}${declarationsFor(code)}${code}`;
  return name.startsWith('lib/') ? `${declarationsFor(code)}${code}` : code;
}

/** Whatever is declared by the fragment itself is not taken from around it. */
function declarationsFor(code: string): string {
  const own = [...code.matchAll(/\b(?:const|function|let) (?:\{ )?(\w+)/g)].map(([, name]) => name);
  const declarations = code.includes("'xsendfile/web'") ? WEB_DECLARATIONS : DECLARATIONS;
  return declarations
    .split('\n')
    .filter((line) => !own.some((name) => line.startsWith(`declare const ${name}:`)))
    .join('\n');
}

function compile(files: Readonly<Record<string, string>>, options: object): string {
  const directory = createTree();
  mkdirSync(join(directory, 'node_modules/@types'), { recursive: true });
  symlinkSync(builtPackage(), join(directory, 'node_modules/xsendfile'));
  for (const name of readdirSync(join(repository, 'node_modules/@types'))) {
    const path = join('node_modules/@types', name);
    symlinkSync(join(repository, path), join(directory, path));
  }
  // Express has its types in @types; the others are taken as they are.
  const packages = Object.values(files).flatMap((code) =>
    [...code.matchAll(/(?: from|^import) '(@?[\w-]+)/gm)].map(([, name = '']) => name),
  );
  for (const name of new Set(['express', 'hono', '@redis', ...packages])) {
    const installed = join(repository, 'node_modules', name);
    if (name === 'xsendfile' || !existsSync(installed)) continue;
    symlinkSync(installed, join(directory, 'node_modules', name));
  }
  for (const [name, code] of Object.entries(files)) writeFileSync(join(directory, name), code);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'ES2022', module: 'NodeNext', types: ['node'] },
    ...{ moduleDetection: 'force', skipLibCheck: true, experimentalDecorators: true, ...options },
  };
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8' }).stdout;
}

function toFiles(language: string): Readonly<Record<string, string>> {
  const entries = [...blocks, ...docstrings]
    .filter((block) => block.language === language)
    .map(({ name, code }) => [`${name.replace(/[^\w]/g, '_')}.ts`, completed(name, code)]);
  return Object.fromEntries(entries);
}

describe('the examples of the documentation', () => {
  it('are found', () => {
    expect(blocks.length).toBeGreaterThan(20);
  });

  it('in TypeScript compile in strict mode', () => {
    expect(compile(toFiles('ts'), {})).toBe('');
  });

  // Their own functions have no types; everything else about them is as strict.
  it('in JavaScript compile in strict mode', () => {
    expect(compile(toFiles('js'), { noImplicitAny: false })).toBe('');
  });
});
