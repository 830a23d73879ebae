import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { createTree } from '../helpers/tree.js';

interface H3AndServer {
  readonly H3: typeof import('h3').H3;
  readonly toNodeHandler: typeof import('srvx/node').toNodeHandler;
}

/** They are ES modules only, which jest can load from Node 24.9 on. */
const bundle = join(createTree(), 'h3.cjs');
buildSync({
  stdin: {
    contents: "export { H3 } from 'h3'; export { toNodeHandler } from 'srvx/node';",
    resolveDir: __dirname,
  },
  bundle: true,
  platform: 'node',
  define: { 'import.meta.url': '""' },
  outfile: bundle,
});

export const { H3, toNodeHandler } = createRequire(__filename)(bundle) as H3AndServer;
