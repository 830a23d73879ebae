import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @typedef {object} Site the sources of an application whose framework builds it
 * @property {string} directory
 * @property {readonly string[]} build the command for Node, in that directory
 * @property {Readonly<Record<string, string>>} files
 */

const MOUNTED = ['files', 'offloaded', 'links'];

/**
 * By program of __tests__/frameworks/applications. All routes lead to the same function, which finds its way by the
 * URL; without a page, SvelteKit could not show errors.
 *
 * @type {Readonly<Record<string, Site>>}
 */
export const WEB_SITES = {
  'web-next': {
    directory: 'next-routes',
    build: ['../node_modules/next/dist/bin/next', 'build'],
    files: {
      'package.json': '{ "type": "module" }',
      ...createRoutes(
        (route) => `app/${route}/route.js`,
        `import { respond } from '../../../../web-fetch.js';
export const GET = (request) => respond(request);
export const HEAD = GET;
`,
      ),
    },
  },
  'web-sveltekit': {
    directory: 'sveltekit-site',
    build: ['../node_modules/vite/bin/vite.js', 'build'],
    files: {
      // Only dependencies are left out of the bundle.
      'package.json': '{ "type": "module", "dependencies": { "xsendfile": "*" } }',
      'vite.config.js': `import { sveltekit } from '@sveltejs/kit/vite';
export default { plugins: [sveltekit()] };
`,
      'svelte.config.js': `import adapter from '@sveltejs/adapter-node';
export default { kit: { adapter: adapter() } };
`,
      'src/app.html': '<!doctype html><head>%sveltekit.head%</head><body>%sveltekit.body%</body>',
      'src/routes/+page.svelte': 'Home',
      ...createRoutes(
        (route) => `src/routes/${route}/+server.js`,
        `import { respond } from '../../../../../web-fetch.js';
export const GET = ({ request }) => respond(request);
export const HEAD = GET;
`,
      ),
    },
  },
  'web-react-router': {
    directory: 'react-router-site',
    build: ['../node_modules/@react-router/dev/bin.js', 'build'],
    files: {
      'package.json': JSON.stringify({
        type: 'module',
        dependencies: { '@react-router/node': '*', isbot: '*', xsendfile: '*' },
      }),
      'vite.config.js': `import { reactRouter } from '@react-router/dev/vite';
export default { plugins: [reactRouter()] };
`,
      // Otherwise, it answers /files/report.txt.data with the whole of report.txt, as data of its own.
      'react-router.config.js': 'export default { future: { v8_passThroughRequests: true } };\n',
      'app/root.jsx': "export { Outlet as default } from 'react-router';\n",
      'app/routes.js': `import { route } from '@react-router/dev/routes';
export default [
  ${MOUNTED.map((path) => `route('${path}/*', 'routes/${path}.js')`).join()},
  route('send/:what', 'routes/send.js'),
];
`,
      ...Object.fromEntries(
        [...MOUNTED, 'send'].map((path) => [
          `app/routes/${path}.js`,
          `import { respond } from '../../../web-fetch.js';
export const loader = ({ request }) => respond(request);
`,
        ]),
      ),
    },
  },
};

/**
 * A file for each route, in the syntax that Next and SvelteKit share.
 *
 * @param {(route: string) => string} nameOf
 * @param {string} text
 */
function createRoutes(nameOf, text) {
  const routes = [...MOUNTED.map((path) => `${path}/[...path]`), 'send/[what]'];
  return Object.fromEntries(routes.map((route) => [nameOf(route), text]));
}

/**
 * Makes and builds a site next to the compiled programs of a project.
 *
 * @param {string} project its directory
 * @param {Site} site
 * @param {(directory: string, ...args: string[]) => unknown} node runs Node in a directory
 */
export function buildWebSite(project, { directory, build, files }, node) {
  const site = join(project, directory);
  for (const [name, text] of Object.entries(files)) {
    const path = join(site, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  // Frameworks load the routes when they build, too; the settings of the battery come when it starts the program.
  const settings = { ROOT: project, LINK_SECRET: '-'.repeat(32), HANDSHAKE: '-'.repeat(32) };
  Object.assign(process.env, settings, { NEXT_TELEMETRY_DISABLED: '1' });
  node(site, ...build);
}
