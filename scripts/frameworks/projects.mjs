// The projects in which `npm run test:frameworks` uses the packed package, and the programs in them.

/**
 * @typedef {object} Project
 * @property {string} name
 * @property {'npm' | 'pnpm'} manager
 * @property {'module' | 'commonjs'} type
 * @property {string} module of TypeScript, with the matching resolution
 * @property {string} typescript version
 * @property {readonly string[]} programs
 * @property {Readonly<Record<string, string>>} [packages] further ones, or other versions
 * @property {readonly string[]} [runtime] what runs the programs instead of Node, relative to the project
 */

/**
 * Packages of each program in __tests__/frameworks/applications, in the versions of devDependencies.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const PROGRAMS = {
  koa: ['koa', '@types/koa', '@koa/router', '@koa/cors', '@types/koa__cors'],
  fastify: ['fastify', '@fastify/cors', '@fastify/helmet', '@fastify/static'],
  'nest-express': ['@nestjs/platform-express', 'express', '@types/express'],
  'nest-fastify': ['@nestjs/platform-fastify', 'fastify'],
  hono: ['hono', '@hono/node-server'],
  express: ['express', '@types/express'],
  express4: ['express4', 'express', '@types/express'],
  connect: ['connect', '@types/connect'],
  'node-http': [],
  polka: ['polka', '@types/polka'],
  tinyhttp: ['@tinyhttp/app'],
  restana: ['restana'],
  middie: ['fastify', '@fastify/middie'],
  next: [],
  'web-hono': ['hono', '@hono/node-server'],
  'web-h3': ['h3'],
  'web-bun': [],
  'web-deno': [],
  'web-next': [],
  'web-sveltekit': [],
  'web-react-router': [],
};

/** Not in devDependencies because they are large. */
const FOR_NEXT = {
  next: '^16.0.0',
  react: '^19.0.0',
  'react-dom': '^19.0.0',
  '@types/react': '^19.0.0',
};

/** What both programs for Nest need. */
export const NEST = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];

const ALL = Object.keys(PROGRAMS).filter((name) => !/^web-(?!hono)/.test(name));
/** The declarations of Next have no default export for ES modules. */
const FOR_NODENEXT = ALL.filter((name) => name !== 'next');
/** Tinyhttp and h3 are ES modules only, which TypeScript does not import into CommonJS. */
const FOR_COMMONJS = ALL.filter((name) => name !== 'tinyhttp' && name !== 'web-h3');
/** Nest 12 is, too. */
const NEST_11 = {
  '@nestjs/common': '^11.0.0',
  '@nestjs/core': '^11.0.0',
  '@nestjs/platform-express': '^11.0.0',
  '@nestjs/platform-fastify': '^11.0.0',
};
const FOR_OTHER_RUNTIMES = ['koa', 'fastify', 'express', 'node-http'];

/** @type {readonly Project[]} */
export const PROJECTS = [
  {
    name: 'esm-nodenext',
    manager: 'npm',
    type: 'module',
    module: 'nodenext',
    typescript: 'latest',
    programs: FOR_NODENEXT,
  },
  {
    name: 'cjs-node16',
    manager: 'npm',
    type: 'commonjs',
    module: 'node16',
    typescript: '~5.4.5',
    programs: FOR_COMMONJS,
    packages: { ...NEST_11, ...FOR_NEXT },
  },
  {
    name: 'esm-bundler-pnpm',
    manager: 'pnpm',
    type: 'module',
    module: 'bundler',
    typescript: '~5.4.5',
    programs: ALL,
    packages: FOR_NEXT,
  },
  {
    name: 'cjs-nodenext-pnpm',
    manager: 'pnpm',
    type: 'commonjs',
    module: 'nodenext',
    typescript: 'latest',
    programs: FOR_COMMONJS,
    packages: { ...NEST_11, ...FOR_NEXT },
  },
  {
    name: 'bun',
    manager: 'npm',
    type: 'module',
    module: 'bundler',
    typescript: 'latest',
    programs: [...FOR_OTHER_RUNTIMES, 'web-bun'],
    packages: { [`@oven/bun-linux-${process.arch}`]: 'latest' },
    runtime: [`node_modules/@oven/bun-linux-${process.arch}/bin/bun`],
  },
  {
    name: 'deno',
    manager: 'npm',
    type: 'module',
    module: 'bundler',
    typescript: 'latest',
    programs: [...FOR_OTHER_RUNTIMES, 'web-deno'],
    packages: { [`@deno/linux-${process.arch}-glibc`]: 'latest' },
    runtime: [`node_modules/@deno/linux-${process.arch}-glibc/deno`, 'run', '--allow-all'],
  },
  {
    name: 'next-routes',
    manager: 'npm',
    type: 'module',
    module: 'bundler',
    typescript: '~5.9.0',
    programs: ['web-next'],
    packages: FOR_NEXT,
  },
  {
    name: 'sveltekit',
    manager: 'npm',
    type: 'module',
    module: 'bundler',
    typescript: '~5.9.0',
    programs: ['web-sveltekit'],
    // Later ones need a newer Node.
    packages: {
      '@sveltejs/kit': '^2.0.0',
      '@sveltejs/adapter-node': '^5.0.0',
      '@sveltejs/vite-plugin-svelte': '^6.0.0',
      svelte: '^5.0.0',
      vite: '^7.0.0',
    },
  },
  {
    name: 'react-router',
    manager: 'npm',
    type: 'module',
    module: 'bundler',
    typescript: '~5.9.0',
    programs: ['web-react-router'],
    packages: {
      // Each of them needs the others in exactly its own version.
      'react-router': '7.18.4',
      '@react-router/dev': '7.18.4',
      '@react-router/node': '7.18.4',
      '@react-router/serve': '7.18.4',
      react: '^19.0.0',
      'react-dom': '^19.0.0',
      isbot: '^5.0.0',
      vite: '^7.0.0',
    },
  },
];
