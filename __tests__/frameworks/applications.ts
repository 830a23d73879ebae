import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilePrograms, startProgram } from './programs.js';

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
  /** Whether it redirects, instead of refusing, what has a slash too many. */
  readonly redirects?: boolean;
  /** Whether it drops Content-Length. */
  readonly dropsLength?: boolean;
  /** What the framework prints when it starts, or of a response that fails. */
  readonly banner?: RegExp;
}

/** What runtimes print of bodies that fail, and Deno of the signal of a request. */
const CUT_OFF = /^.*[Ee]rror: (?:aborted|The file could not be sent completely\.).*$/s;

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
  { name: 'Fastify with middie', program: 'middie' },
  {
    name: 'Next with a custom server, and an API route',
    program: 'next',
    banner: /^✓ Running next\.config took \d+ms\n/,
  },
  { name: 'Hono with a Request', program: 'web-hono', banner: CUT_OFF },
  { name: 'h3 with a Request', program: 'web-h3', banner: CUT_OFF },
  { name: 'Bun.serve()', program: 'web-bun', banner: CUT_OFF },
  { name: 'Deno.serve()', program: 'web-deno', banner: CUT_OFF },
  {
    name: 'Next with route handlers',
    program: 'web-next',
    redirects: true,
    dropsLength: true,
    banner: CUT_OFF,
  },
  {
    name: 'SvelteKit with adapter-node',
    program: 'web-sveltekit',
    redirects: true,
    banner: /^Listening on .+\n|\n.*\[404\] GET \/outside\.txt.*\n/g,
  },
  {
    name: 'React Router with its server',
    program: 'web-react-router',
    // It logs every request.
    banner: /^\[react-router-serve\] .*/s,
  },
];

export const LINK_SECRET = 'fedcba9876543210fedcba9876543210';
export const HANDSHAKE = '0123456789abcdef0123456789abcdef';

/** A running application. */
export interface Application {
  readonly port: number;
  readonly pid: number;
  /** What it has printed besides its port. */
  readonly output: () => string;
}

let compiled: string | undefined;

/** Starts an application with the files below a root: one compiled here, or that of a project. */
export async function start(program: string, root: string): Promise<Application> {
  compiled ??= process.env.FRAMEWORKS_PROJECT ?? compilePrograms(readSources());
  const env = { ROOT: root, LINK_SECRET, HANDSHAKE };
  const { pid, output, printed } = startProgram(compiled, program, env);
  const line = /^port (\d+)\n/m;
  const [, port] = await printed(line);
  return { port: Number(port), pid, output: () => output().replace(line, '') };
}

function readSources(): Record<string, string> {
  const sources = join(__dirname, 'applications');
  return Object.fromEntries(
    readdirSync(sources).map((name) => [
      name.replace(/\.ts$/, ''),
      readFileSync(join(sources, name), 'utf8'),
    ]),
  );
}
