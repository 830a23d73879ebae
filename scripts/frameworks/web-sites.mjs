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
