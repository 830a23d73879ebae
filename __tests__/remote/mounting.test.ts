import type { IncomingMessage } from 'node:http';
import express from 'express';
import request from 'supertest';
import { doctorProbe } from '../../lib/doctor/probe/index.js';
import {
  authToken,
  BadOptionError,
  type LocateContext,
  type Outcome,
  offload,
  xsendfile,
} from '../../lib/index.js';
import { type RemoteRootOptions, remoteRoot } from '../../lib/remote/index.js';
import { limitUses } from '../../lib/uses/index.js';
import { listenWith } from '../helpers/check.js';
import { type RawStore, startStore } from './raw-store.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const ORIGIN = 'https://bucket.s3.example';

let store: RawStore;
beforeAll(async () => {
  store = await startStore((req, res) => {
    if (req.url?.startsWith('/missing')) res.writeHead(404).end('<Error/>');
    else res.writeHead(200, { ETag: '"1"' }).end(`the bytes of ${req.url}`);
  });
});

type Locate = RemoteRootOptions['locate'];

const rootWith = (locate: Locate) => remoteRoot({ origins: [store.origin], locate });
const urlOf = (path: string): string => `${store.origin}/${encodeURIComponent(path)}?signature`;

/** An application with the handler at /files, and what it gets after it. */
async function mount(handler: express.RequestHandler) {
  const app = express().set('env', 'test');
  app.use('/files', handler);
  app.use((_req, res) => void res.status(404).send('next'));
  return listenWith(app);
}

/** An application that collects the errors of the handler. */
function collectErrors(handler: express.RequestHandler, errors: unknown[]): express.Express {
  const collect: express.ErrorRequestHandler = (error, _req, res, _next) => {
    errors.push(error);
    res.status(500).end();
  };
  return express().use(handler, collect);
}

describe('a mounted handler', () => {
  it('sends the object that locate names for the path', async () => {
    const seen: LocateContext[] = [];
    const outcomes: Outcome[] = [];
    const remote = rootWith(async (path, context) => {
      seen.push(context);
      return { url: urlOf(path) };
    });
    const site = await mount(xsendfile(remote, { onFinish: (each) => outcomes.push(each) }));
    await site.check(
      { target: '/files/a%20b/c.pdf' },
      {
        status: 200,
        headers: { 'Content-Type': 'application/pdf', ETag: '"1"' },
        body: 'the bytes of /a%20b%2Fc.pdf?signature',
      },
    );
    expect(seen).toMatchObject([{ segments: ['a b', 'c.pdf'], claims: undefined }]);
    expect(seen[0]?.req.url).toBe('/a%20b/c.pdf');
    expect(outcomes).toMatchObject([{ kind: 'sent', path: 'a b/c.pdf', sender: 'serve' }]);
  });

  it('uses the name that locate gives', async () => {
    const remote = rootWith((path) => ({ url: urlOf(path), name: 'Invoice.pdf' }));
    const site = await mount(xsendfile(remote, { disposition: 'attachment' }));
    await site.check(
      { target: '/files/42' },
      {
        status: 200,
        headers: {
          'Content-Type': 'application/pdf',
          'Content-Disposition': 'attachment; filename=Invoice.pdf',
        },
      },
    );
  });

  it('refuses paths as for files, without the application', async () => {
    const locate = jest.fn();
    const site = await mount(xsendfile(rootWith(locate)));
    for (const target of ['/files/%2e%2e/a', '/files//a', '/files/%61', '/files/a%00', '/files/']) {
      const { status } = await site.request({ target });
      expect([target, status]).toEqual([target, expect.any(Number)]);
      expect(status).toBeGreaterThanOrEqual(400);
    }
    expect(locate).not.toHaveBeenCalled();
  });

  it('answers 404 for what locate does not name and the store does not have, or passes it on', async () => {
    const remote = rootWith((path) => (path === 'a' ? undefined : { url: urlOf(path) }));
    const site = await mount(xsendfile(remote));
    await site.check({ target: '/files/a' }, { status: 404, body: 'Not Found\n' });
    await site.check(
      { target: '/files/missing' },
      { status: 404, headers: { 'Cache-Control': 'no-store' }, body: 'Not Found\n' },
    );
    const open = await mount(xsendfile(remote, { fallthrough: true }));
    await open.check({ target: '/files/a' }, { status: 404, body: 'next' });
    await open.check({ target: '/files/missing' }, { status: 404, body: 'next' });
  });

  it('gives errors of locate and wrong objects to the error handler', async () => {
    const errors: unknown[] = [];
    for (const locate of [
      () => Promise.reject(new Error('no database')),
      () => ({ url: 'file:///etc/passwd' }),
      () => 'https://bucket.s3.example/a' as never,
      () => null as never,
    ]) {
      const handler = xsendfile(rootWith(locate));
      await request(collectErrors(handler, errors)).get('/a').expect(500);
    }
    expect(errors).toMatchObject([
      { message: 'no database' },
      { code: 'ERR_XSENDFILE_BAD_URL' },
      { code: 'ERR_XSENDFILE_BAD_OPTION' },
      { code: 'ERR_XSENDFILE_BAD_OPTION' },
    ]);
  });

  it('without locate is an error that says what to do', async () => {
    const handler = xsendfile(remoteRoot({ origins: [ORIGIN] }));
    const errors: unknown[] = [];
    await request(collectErrors(handler, errors)).get('/a').expect(500);
    expect(errors).toEqual([expect.any(BadOptionError)]);
    expect(String(errors[0])).toMatch(/sendRemote\(\).*locate/);
  });
});

describe('authToken(secret, remote)', () => {
  it('sends objects to clients with a link, with its claims, and counts uses', async () => {
    const seen: unknown[] = [];
    const remote = rootWith((path, { claims }) => {
      seen.push([path, claims?.id]);
      return { url: urlOf(path), name: 'report.pdf' };
    });
    const links = authToken(SECRET, remote, { allow: limitUses() });
    const site = await mount(links);
    const link = `/files${links.signer.sign('2024/42', { id: 'a', uses: 1, disposition: 'attachment' })}`;
    await site.check({ target: '/files/2024/42' }, { status: 404 });
    expect(seen).toEqual([]);
    await site.check(
      { target: link },
      {
        status: 200,
        headers: { 'Content-Disposition': 'attachment; filename=report.pdf' },
        body: 'the bytes of /2024%2F42?signature',
      },
    );
    expect(seen).toEqual([['2024/42', 'a']]);
  });

  it('takes no use for an object that the store does not have', async () => {
    const links = authToken(
      SECRET,
      rootWith((path) => ({ url: urlOf(path) })),
      {
        allow: limitUses({ client: (req: IncomingMessage) => String(req.headers['x-client']) }),
      },
    );
    const site = await mount(links);
    const missing = `/files${links.signer.sign('missing', { uses: 1 })}`;
    await site.check({ target: missing, headers: { 'X-Client': '1' } }, { status: 404 });
    await site.check({ target: missing, headers: { 'X-Client': '2' } }, { status: 404 });
    const link = `/files${links.signer.sign('a', { uses: 1 })}`;
    await site.check({ target: link, headers: { 'X-Client': '1' } }, { status: 200 });
    await site.check({ target: link, headers: { 'X-Client': '2' } }, { status: 410 });
  });

  it('has a handler without links', async () => {
    const links = authToken(
      SECRET,
      rootWith((path) => ({ url: urlOf(path) })),
    );
    const { check } = await listenWith((req, res) => {
      void links.files.sendRemote(req, res, { url: urlOf('b'), name: 'b.txt' });
    });
    await check({ target: '/' }, { status: 200, body: 'the bytes of /b?signature' });
  });

  it('throws without locate', () => {
    expect(() => authToken(SECRET, remoteRoot({ origins: [ORIGIN] }))).toThrow(/locate/);
  });
});

describe('functions for files on a disk', () => {
  const handler = xsendfile(remoteRoot({ origins: [ORIGIN] })) as never;

  it('do not take a handler for remote objects', () => {
    expect(() => offload(handler)).toThrow(BadOptionError);
    expect(() => doctorProbe(handler, { secret: SECRET })).toThrow(BadOptionError);
  });
});
