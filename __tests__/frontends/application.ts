import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import helmet from 'helmet';
import {
  caddySender,
  h2oSender,
  nginxSender,
  type Outcome,
  type Sender,
  type XSendfileHandler,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { deepDirectories, names } from './names.js';

/** Names a request, so that its outcome can be found. */
export const ID_HEADER = 'x-request-id';

/** What the application tells about one request. */
export interface Account {
  /** What the package reported. */
  readonly outcomes: readonly Outcome[];
  /** The request as it arrived. */
  readonly req: IncomingMessage;
}

/** The application behind the front end. */
export interface Application {
  readonly port: number;
  /** Connections so far. */
  countConnections(): number;
  /** Requests so far. */
  countRequests(): number;
  /** Waits until the exchange is over; undefined for a request that never arrived. */
  accountOf(id: string): Promise<Account | undefined>;
  close(): Promise<void>;
}

interface Record {
  readonly outcomes: Outcome[];
  readonly req: IncomingMessage;
  readonly isOver: Promise<unknown>;
}

/** Starts an application of Express 5 whose files are left to the front end of that name. */
export async function startApplication(
  frontEnd: FrontEndName,
  root: string,
  handshake: string,
): Promise<Application> {
  const records = new Map<string, Record>();
  const app = createApp(frontEnd, root, handshake, (outcome, { req }) => {
    records.get(String(req.headers[ID_HEADER]))?.outcomes.push(outcome);
  });
  // Front ends keep connections: one that is closed at the wrong moment would be a 502.
  const server = createServer({ keepAliveTimeout: 60_000 });
  let connections = 0;
  let requests = 0;
  server.on('connection', () => {
    connections++;
  });
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    requests++;
    const isOver = once(res, 'close');
    records.set(String(req.headers[ID_HEADER]), { outcomes: [], req, isOver });
    app(req, res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    countConnections: () => connections,
    countRequests: () => requests,
    async accountOf(id) {
      const record = records.get(id);
      await record?.isOver;
      // The outcome follows in microtasks and closed files.
      for (let turn = 0; turn < 3; turn++) await setImmediate();
      return record;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function createApp(
  frontEnd: FrontEndName,
  root: string,
  handshake: string,
  onFinish: NonNullable<XSendfileOptions['onFinish']>,
) {
  const options: XSendfileOptions = { sender: frontEnd, handshake, onFinish };
  const files = xsendfile(root, options);

  const app = express();
  app.disable('x-powered-by');
  app.use('/files', files);
  app.use('/names', xsendfile(join(root, 'names'), namesOptions(frontEnd, options)));
  const mounted = frontEnd === 'nginx' ? nginxSender({ prependMount: true }) : frontEnd;
  app.use('/docs', xsendfile(root, { ...options, sender: mounted }));
  app.use('/gone', gone, files);
  app.use('/reset', (req) => req.socket.destroy());
  app.use('/dressed', dressed, files);
  app.use('/helmeted', helmet(), files);
  app.use('/confused', confused, files);
  app.use('/tuned', tuned, files);
  app.use('/without-etag', xsendfile(root, { ...options, etag: false }));
  app.get('/named/:index', sendNamed(xsendfile(root, { ...options, dotfiles: 'allow' })));
  app.get('/deep', (req, res) => {
    void files.send(req, res, [...deepDirectories, 'deep.txt']);
  });
  app.use(nothingHere, anErrorHere);
  return app;
}

/** Those that name files by URIs, for a directory below the one of the configuration. */
const NAMES_SENDERS: { readonly [server in FrontEndName]?: Sender } = {
  nginx: nginxSender({ location: '/-internal-/names/' }),
  caddy: caddySender({ location: '/names/' }),
  h2o: h2oSender({ location: 'http://files.internal:81/names/' }),
};

/** For URLs that are a name and nothing else; dots may lead it. */
function namesOptions(frontEnd: FrontEndName, options: XSendfileOptions): XSendfileOptions {
  return {
    ...options,
    dotfiles: 'allow',
    ...(frontEnd in NAMES_SENDERS && { sender: NAMES_SENDERS[frontEnd] }),
  };
}

/** For names that no URL can hold. */
function sendNamed(files: XSendfileHandler): RequestHandler<{ index: string }> {
  return async (req, res) => {
    await files.send(req, res, ['names', names[Number(req.params.index)]?.name ?? '']);
  };
}

const gone: RequestHandler = (_req, res, next) => {
  res.status(404);
  next();
};

const dressed: RequestHandler = (_req, res, next) => {
  res.setHeader('Content-Disposition', 'attachment; filename="report.txt"');
  res.setHeader('Cache-Control', 'private, max-age=60');
  res.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; HttpOnly']);
  res.setHeader('Content-Security-Policy', "default-src 'none'");
  res.setHeader('Vary', 'Cookie');
  next();
};

/** Values that a careless application might have taken from a client. */
const confused: RequestHandler = (_req, res, next) => {
  res.setHeader('X-Accel-Redirect', '/-internal-/page.html');
  res.setHeader('X-Sendfile', '/etc/passwd');
  res.setHeader('X-Sendfile2', '/etc/passwd 0-9');
  res.setHeader('X-LIGHTTPD-send-file', '/etc/passwd');
  res.setHeader('X-Sendfile-Temporary', '/etc/passwd');
  res.setHeader('X-LIGHTTPD-send-tempfile', '/etc/passwd');
  next();
};

/** Values that say how the front end is to send. */
const tuned: RequestHandler = (_req, res, next) => {
  res.setHeader('X-Accel-Limit-Rate', '2000000');
  res.setHeader('X-Accel-Buffering', 'yes');
  res.setHeader('X-Accel-Charset', 'utf-8');
  res.setHeader('X-Accel-Expires', '0');
  res.setHeader('X-LIGHTTPD-KBytes-per-second', '2000');
  next();
};

/** Unlike Express's own, these repeat nothing of the request. */
const nothingHere: RequestHandler = (_req, res) => {
  res.status(404).type('text').send('no such route\n');
};

const anErrorHere: ErrorRequestHandler = (error, _req, res, _next) => {
  const status = Number(error.status ?? 500);
  res.status(status).type('text').send(`error ${status}\n`);
};
