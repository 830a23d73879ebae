import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes and builds the site of the program `next`: a page, and the API route that is in `next-api`.
 *
 * @param {string} project its directory
 * @param {(...args: string[]) => unknown} node runs Node there
 */
export function buildNextSite(project, node) {
  const site = join(project, 'next-site');
  const routes = join(site, 'pages/api/send');
  mkdirSync(routes, { recursive: true });
  writeFileSync(join(site, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(site, 'pages/index.js'), "export default () => 'Home';\n");
  writeFileSync(join(routes, '[what].js'), ROUTE);
  // With some settings of tsconfig.json, Next prefers the sources to what has been compiled from them.
  for (const name of readdirSync(project)) {
    if (/(?<!\.d)\.ts$/.test(name)) rmSync(join(project, name));
  }
  process.env.NEXT_TELEMETRY_DISABLED = '1';
  node('node_modules/next/dist/bin/next', 'build', 'next-site');
}

const ROUTE = `export { send as default } from '../../../../next-api.js';
export const config = { api: { externalResolver: true } };
`;
