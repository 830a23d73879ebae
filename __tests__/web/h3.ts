import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { createTree } from '../helpers/tree.js';

/** Loads packages that are ES modules only, which jest can load from Node 24.9 on. */
function load<Exports>(contents: string): Exports {
  const bundle = join(createTree(), 'bundle.cjs');
  buildSync({
    stdin: { contents, resolveDir: __dirname },
    bundle: true,
    platform: 'node',
    define: { 'import.meta.url': '""' },
    outfile: bundle,
  });
  return createRequire(__filename)(bundle) as Exports;
}

interface H3AndServer {
  readonly H3: typeof import('h3').H3;
  readonly toNodeHandler: typeof import('srvx/node').toNodeHandler;
}

export const { H3, toNodeHandler } = load<H3AndServer>(
  "export { H3 } from 'h3'; export { toNodeHandler } from 'srvx/node';",
);

/** A version of h3 whose guards could be bypassed. */
export const loadVulnerableH3 = () =>
  load<typeof import('h3-rc21/node')>("export * from 'h3-rc21/node';");
