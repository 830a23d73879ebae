import type { RequestListener } from 'node:http';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import type { XSendfileHandler } from '../../lib/index.js';
import type { Middleware } from '../helpers/servers.js';

/** An application that keeps `/admin` of a handler from everybody. */
export interface GuardedApplication {
  readonly title: string;
  /** Where the handler is mounted; `''` for the top. */
  readonly mount: string;
  create(handler: XSendfileHandler): RequestListener;
}

const deny: Middleware = (_req, res) => void res.writeHead(401).end('who are you?');

const EXPRESS = [
  { name: 'Express 5', createApp: express, wildcard: '/admin/*rest' },
  { name: 'Express 4', createApp: express4, wildcard: '/admin/*' },
];

function forExpress({ name, createApp, wildcard }: (typeof EXPRESS)[number]): GuardedApplication[] {
  /** `guard` gets the application, then the handler is put in. */
  const build = (
    title: string,
    mount: string,
    guard: (app: express.Express) => void,
  ): GuardedApplication => ({
    title: `${name}, ${title}`,
    mount,
    create(handler) {
      const app = createApp().set('env', 'test');
      guard(app);
      app.use(mount || '/', handler);
      return app;
    },
  });
  return [
    build('guard at /admin', '', (app) => app.use('/admin', deny)),
    build('guard at /admin/', '', (app) => app.use('/admin/', deny)),
    build('guard in a list', '', (app) => app.use(['/private', '/admin'], deny)),
    build('guard by a regular expression', '', (app) => app.use(/^\/admin(?=\/|$)/i, deny)),
    build('guard on a route', '', (app) => app.all(wildcard, deny)),
    build('guard by a parameter', '', (app) =>
      app.use('/:directory', (req, res, next) => {
        if (String(req.params.directory).toLowerCase() === 'admin') deny(req, res, next);
        else next();
      }),
    ),
    build('guard by req.path', '', (app) =>
      app.use((req, res, next) => {
        if (req.path.toLowerCase().startsWith('/admin')) deny(req, res, next);
        else next();
      }),
    ),
    build('guard by req.url', '', (app) =>
      app.use((req, res, next) => {
        if (req.url.toLowerCase().startsWith('/admin')) deny(req, res, next);
        else next();
      }),
    ),
    build('guard at /files/admin, handler at /files', '/files', (app) =>
      app.use('/files/admin', deny),
    ),
    build('both below a parameter', '/:user', (app) => app.use('/:user/admin', deny)),
    {
      title: `${name}, both in a router at /files`,
      mount: '/files',
      create(handler) {
        const router = createApp.Router();
        router.use('/admin', deny);
        router.use(handler);
        return createApp().set('env', 'test').use('/files', router);
      },
    },
    {
      title: `${name}, guard outside of routers within routers`,
      mount: '/top/files',
      create(handler) {
        const inner = createApp.Router().use('/files', handler);
        const outer = createApp.Router().use('/top', inner);
        return createApp().set('env', 'test').use('/top/files/admin', deny).use(outer);
      },
    },
    {
      title: `${name}, handler in an application of its own`,
      mount: '/files',
      create(handler) {
        const inner = createApp().set('env', 'test').use(handler);
        return createApp().set('env', 'test').use('/files/admin', deny).use('/files', inner);
      },
    },
  ];
}

const ON_HTTP: readonly GuardedApplication[] = ['', '/files'].map((mount) => ({
  title: `node:http, handler at ${mount || '/'}`,
  mount,
  create: (handler) => (req, res) => {
    const { url = '' } = req;
    if (url.toLowerCase().startsWith(`${mount}/admin`)) return deny(req, res, () => {});
    if (!url.startsWith(mount)) return void res.writeHead(404).end();
    req.url = url.slice(mount.length);
    handler(req, res);
  },
}));

const ON_CONNECT: readonly GuardedApplication[] = [
  {
    title: 'Connect, guard at /admin',
    mount: '',
    create: (handler) => connect().use('/admin', deny).use(handler),
  },
  {
    title: 'Connect, guard at /files/admin, handler at /files',
    mount: '/files',
    create: (handler) => connect().use('/files/admin', deny).use('/files', handler),
  },
  {
    title: 'Connect, both in an application at /files',
    mount: '/files',
    create: (handler) => connect().use('/files', connect().use('/admin', deny).use(handler)),
  },
];

export const GUARDED_APPLICATIONS: readonly GuardedApplication[] = [
  ...EXPRESS.flatMap(forExpress),
  ...ON_CONNECT,
  ...ON_HTTP,
];
