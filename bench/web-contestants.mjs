// Contestants that are functions of a `Request`: in Hono and h3 with their own adapters for Node, and in Node with one
// that is the same for all.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { HEADERS } from './headers.mjs';

/**
 * @typedef {import('node:http').RequestListener} Listener
 * @typedef {(request: Request) => Response | Promise<Response>} Fetch
 */

/** @type {Record<string, (root: string) => Promise<Listener>>} */
export const WEB_CONTESTANTS = {
  'serveStatic in Hono': async (root) => {
    const { serveStatic } = await import('@hono/node-server/serve-static');
    return inHono((app) => app.get('*', serveStatic({ root })));
  },

  'xsendfile/web in Hono': async (root) => inHonoBy(await createOurs(root, {})),

  'Response by hand in Hono': () =>
    inHonoBy(({ url }) => {
      const { pathname } = new URL(url);
      const control = { 'X-Accel-Redirect': `/-internal-${pathname}`, 'Content-Length': '0' };
      return new Response(null, { headers: { ...HEADERS, ...control } });
    }),

  'xsendfile/web, nginx, in Hono': async (root) =>
    inHonoBy(await createOurs(root, { sender: 'nginx', handshake: false })),

  'serveStatic in h3': async (root) => {
    const { serveStatic } = await import('h3');
    return inH3((event) =>
      serveStatic(event, {
        // As in its documentation, but with a stream, because a file may be large.
        getContents: (id) =>
          /** @type {ReadableStream} */ (Readable.toWeb(createReadStream(join(root, id)))),
        async getMeta(id) {
          const stats = await stat(join(root, id)).catch(() => undefined);
          if (stats?.isFile() !== true) return undefined;
          return { size: stats.size, mtime: stats.mtimeMs };
        },
      }),
    );
  },

  'xsendfile/web in h3': async (root) => {
    const files = await createOurs(root, {});
    return inH3(({ req }) => files(/** @type {Request} */ (/** @type {unknown} */ (req))));
  },

  'Response of a file handle': async (root) =>
    inNode(async ({ url }) => {
      const handle = await open(join(root, new URL(url).pathname));
      const { size } = await handle.stat();
      const headers = { ...HEADERS, 'Content-Length': String(size) };
      const body = /** @type {ReadableStream} */ (Readable.toWeb(handle.createReadStream()));
      return new Response(body, { headers });
    }),

  'xsendfile/web in Node': async (root) => inNode(await createOurs(root, {})),
};

/**
 * @param {string} root
 * @param {import('xsendfile/web').XSendfileWebOptions} options
 * @returns {Promise<Fetch>}
 */
async function createOurs(root, options) {
  const { xsendfile } = await import('xsendfile/web');
  return xsendfile(root, { ...options, fallthrough: false });
}

/** @param {(app: import('hono').Hono) => unknown} prepare */
async function inHono(prepare) {
  const { Hono } = await import('hono');
  const { getRequestListener } = await import('@hono/node-server');
  const app = new Hono();
  prepare(app);
  return /** @type {Listener} */ (getRequestListener(app.fetch));
}

/** @param {Fetch} fetch */
function inHonoBy(fetch) {
  return inHono((app) => app.get('*', (c) => fetch(c.req.raw)));
}

/** @param {(event: import('h3').H3Event) => unknown} handler */
async function inH3(handler) {
  const { H3 } = await import('h3');
  const { toNodeHandler } = await import('h3/node');
  const app = new H3();
  app.get('/**', handler);
  return /** @type {Listener} */ (/** @type {unknown} */ (toNodeHandler(app)));
}

/**
 * @param {Fetch} fetch
 * @returns {Listener}
 */
function inNode(fetch) {
  return async ({ url }, res) => {
    const { status, headers, body } = await fetch(new Request(`http://localhost${url}`));
    res.writeHead(status, Object.fromEntries(headers));
    for await (const chunk of body ?? []) if (!res.write(chunk)) await once(res, 'drain');
    res.end();
  };
}
