// What runs in a contestant's process: each entry makes a request listener for a directory of files.
// Limits answer from memory: `limit` the same bytes, `bare` what a header sender would.
import { tracingChannel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { ARCHIVES } from './archives.mjs';
import { HEADERS } from './headers.mjs';
import { WEB_CONTESTANTS } from './web-contestants.mjs';

/** Of the contestant for remote objects, and of nginx in front of it. */
export const HANDSHAKE = 'handshake-of-the-benchmark';

/**
 * @typedef {import('node:http').RequestListener} Listener
 * @typedef {(root: string) => Listener | Promise<Listener>} Contestant
 */

/** @type {Record<string, Contestant>} */
export const CONTESTANTS = {
  ...WEB_CONTESTANTS,

  limit: (root) => {
    const files = createMemory(root);
    return (req, res) => {
      const body = files(req.url);
      if (req.headers['if-none-match'] !== undefined) res.writeHead(304, HEADERS).end();
      else res.writeHead(200, { ...HEADERS, 'Content-Length': body.length }).end(body);
    };
  },

  bare: () => (req, res) => {
    res.setHeader('X-Accel-Redirect', `/-internal-${req.url}`);
    res.writeHead(200, { ...HEADERS, 'Content-Length': 0 }).end();
  },

  'limit in Express 5': async (root) => {
    const { default: express } = await import('express');
    const files = createMemory(root);
    return express().use((req, res) => {
      const body = files(req.url);
      res.writeHead(200, { ...HEADERS, 'Content-Length': body.length }).end(body);
    });
  },

  'bare in Express 5': async () => {
    const { default: express } = await import('express');
    return express().use((req, res) => {
      res.setHeader('X-Accel-Redirect', `/-internal-${req.url}`);
      res.writeHead(200, { ...HEADERS, 'Content-Length': 0 }).end();
    });
  },

  send: async (root) => {
    const { default: send } = await import('send');
    return (req, res) => void send(req, req.url ?? '/', { root }).pipe(res);
  },

  'serve-static': async (root) => {
    const { default: serveStatic } = await import('serve-static');
    const serve = serveStatic(root);
    return (req, res) => serve(req, res, () => void res.writeHead(404).end());
  },

  'sirv (dev)': async (root) => {
    const { default: sirv } = await import('sirv');
    const serve = sirv(root, { dev: true, etag: true });
    return (req, res) => serve(req, res, () => void res.writeHead(404).end());
  },

  'sirv (production)': async (root) => {
    const { default: sirv } = await import('sirv');
    const serve = sirv(root, { etag: true });
    return (req, res) => serve(req, res, () => void res.writeHead(404).end());
  },

  '@fastify/send': async (root) => {
    const { default: send } = await import('@fastify/send');
    return async (req, res) => {
      const { statusCode, headers, stream } = await send(req, req.url ?? '/', { root });
      res.writeHead(statusCode, headers);
      stream.pipe(res);
    };
  },

  'res.sendFile in Express 5': async (root) => {
    const { default: express } = await import('express');
    return express().use((req, res) => res.sendFile(req.path, { root }));
  },

  xsendfile: (root) => createOurs(root, { sender: 'serve' }),
  'xsendfile, cache: false': (root) => createOurs(root, { sender: 'serve', cache: false }),
  'xsendfile, nginx': (root) => createOurs(root, { sender: 'nginx', handshake: false }),

  // Without the question whether there are subscribers.
  'xsendfile, no tracing': async (root) => {
    removeTracing();
    return createOurs(root, { sender: 'serve' });
  },
  'xsendfile, traced': async (root) => {
    const { start, asyncEnd } = tracingChannel('xsendfile:send');
    for (const channel of [start, asyncEnd]) channel.subscribe(() => {});
    return createOurs(root, { sender: 'serve' });
  },

  'xsendfile, onFinish': (root) => createOurs(root, { sender: 'serve', onFinish() {} }),

  'xsendfile, send()': async (root) => {
    const { xsendfile } = await import('xsendfile');
    const handler = xsendfile(root, { sender: 'serve' });
    return (req, res) => void handler.send(req, res, req.url ?? '/').catch(() => res.destroy());
  },

  'xsendfile, signed link': async (root) => {
    const { authToken } = await import('xsendfile');
    const handler = authToken('0123456789abcdef0123456789abcdef', root, { sender: 'serve' });
    /** @type {Map<string, string>} */
    const links = new Map();
    return (req, res) => {
      const { url = '/' } = req;
      const link = links.get(url) ?? handler.signer.sign(url, { expiresIn: 86_400 });
      links.set(url, link);
      handler(Object.assign(req, { url: link }), res);
    };
  },

  'xsendfile, res.locals': async (root) => {
    const { default: express } = await import('express');
    const handler = await createOurs(root, { sender: 'serve' });
    const app = express();
    app.use((_req, res, next) => {
      res.locals.contentDisposition = 'attachment';
      next();
    });
    return app.use(/** @type {import('express').RequestHandler} */ (handler));
  },

  'xsendfile, offload()': async (root) => {
    const { default: express } = await import('express');
    const { offload, xsendfile } = await import('xsendfile');
    const app = express().use(offload(xsendfile(root, { sender: 'serve' })));
    return app.use((req, res) => res.sendFile(req.path, { root }));
  },

  'xsendfile in Express 5': async (root) => {
    const { default: express } = await import('express');
    const handler = await createOurs(root, { sender: 'serve' });
    return express().use(/** @type {import('express').RequestHandler} */ (handler));
  },

  'xsendfile, nginx, in Express 5': async (root) => {
    const { default: express } = await import('express');
    const handler = await createOurs(root, { sender: 'nginx', handshake: false });
    return express().use(/** @type {import('express').RequestHandler} */ (handler));
  },

  ...ARCHIVES,

  // Instead of a directory, this one gets the origin of a store.
  'xsendfile, remote': async (origin) => {
    const { xsendfile } = await import('xsendfile');
    const { remoteRoot } = await import('xsendfile/remote');
    const remote = remoteRoot({
      origins: [origin],
      locate: (path) => ({ url: `${origin}/${path}` }),
    });
    const handler = xsendfile(remote, { sender: 'nginx', handshake: HANDSHAKE });
    return (req, res) => handler(req, res);
  },
};

/**
 * @param {string} root
 * @param {Record<string, unknown>} options
 * @returns {Promise<Listener>}
 */
async function createOurs(root, options) {
  const { xsendfile } = await import('xsendfile');
  const handler = xsendfile(root, options);
  return (req, res) => handler(req, res);
}

/** Removes the check from the code that will be loaded. */
function removeTracing() {
  const hooks = `
    import { readFile } from 'node:fs/promises';
    export async function load(url, context, next) {
      if (!url.endsWith('/dist/esm/internal/pipeline.js')) return next(url, context);
      const source = await readFile(new URL(url), 'utf8');
      const changed = source.replace('if (!each.some(hasSubscribers))', 'if (true)');
      if (changed === source) throw new Error('The check for subscribers was not found.');
      return { format: 'module', shortCircuit: true, source: changed };
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

/**
 * Files by URL, read once.
 *
 * @param {string} root
 * @returns {(url: string | undefined) => Buffer}
 */
function createMemory(root) {
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  return (url = '/') => {
    const known = files.get(url);
    if (known !== undefined) return known;
    const content = readFileSync(join(root, url));
    files.set(url, content);
    return content;
  };
}
