import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';

/** A middleware as all frameworks take it. */
export type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** What can have the middleware in it: a way to mount a chain of them at a path. */
export interface Framework {
  readonly name: string;
  /** `mountPath` is `''` for the top. */
  readonly create: (mountPath: string, ...middleware: Middleware[]) => RequestListener;
}

export const FRAMEWORKS: readonly Framework[] = [
  { name: 'Express 5', create: mountWith(() => quiet(express())) },
  { name: 'Express 4', create: mountWith(() => quiet(express4())) },
  { name: 'Connect', create: mountWith(() => connect() as unknown as Mountable) },
  {
    name: 'node:http',
    create:
      (mountPath, ...middleware) =>
      (req, res) => {
        const { url = '' } = req;
        if (!url.startsWith(mountPath)) return void res.writeHead(404).end();
        req.url = url.slice(mountPath.length) || '/';
        run(middleware, req, res);
      },
  },
];

interface Mountable extends RequestListener {
  use(path: string, handler: Middleware): unknown;
}

/** Frameworks print errors that reach the end of the chain, except in tests. */
function quiet(app: express.Express | ReturnType<typeof express4>): Mountable {
  app.set('env', 'test');
  return app as unknown as Mountable;
}

function mountWith(createApp: () => Mountable): Framework['create'] {
  return (mountPath, ...middleware) => {
    const app = createApp();
    for (const each of middleware) app.use(mountPath || '/', each);
    return app;
  };
}

function run(middleware: readonly Middleware[], req: IncomingMessage, res: ServerResponse): void {
  const [first, ...rest] = middleware;
  if (first === undefined) return void res.writeHead(404).end('nobody answered');
  if (rest.length === 0) {
    // The last one gets no `next`: that is what bare node:http looks like.
    return void (first as (req: IncomingMessage, res: ServerResponse) => void)(req, res);
  }
  first(req, res, (error) => {
    if (error === undefined) run(rest, req, res);
    else res.writeHead(500).end('error');
  });
}

const servers: Server[] = [];

/** Starts listening on a free port; closed after the tests of the file. */
export async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

afterAll(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
