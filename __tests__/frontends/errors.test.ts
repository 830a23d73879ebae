import { chmodSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { createFrontEndConfig, FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import {
  apacheSender,
  authToken,
  createUrlSigner,
  lighttpdSender,
  nginxSender,
  type Sender,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { nameForRestoring } from '../../lib/servers/headers.js';
import { nginx as traits } from '../../lib/servers/nginx/traits.js';
import {
  type FrontEnd,
  type FrontEndName,
  type Place,
  type RunningFrontEnd,
  startFrontEnd,
} from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { startStore } from '../remote/raw-store.js';
import { everywhere } from './cases.js';
import { expectNoLeak } from './expectations.js';
import { generated } from './generated.js';

const HANDSHAKE = 'the-handshake-of-the-fixture';
const TEN = '0123456789';
const EXPIRES = 'Fri, 01 Mar 2034 12:00:00 GMT';
/** On every response of h2o: it drops what the application says. */
const H2O_CACHING = 'private, no-cache';
const FILE_HEADERS = [
  ...['cache-control', 'cdn-cache-control', 'expires', 'etag', 'last-modified'],
  ...['content-disposition', 'content-encoding', 'content-digest', 'content-language'],
];

/** What the application has, and what the front end finds there. */
const FILES = ['fine.txt', 'missing.pdf', 'missing.txt.gz', 'closed.pdf', 'loop.pdf', 'socket.pdf'];
const seenByApplication = createTree(Object.fromEntries(FILES.map((name) => [name, TEN])));
const seenByFrontEnd = createTree({ 'fine.txt': TEN, 'closed.pdf': TEN });
for (const root of [seenByApplication, seenByFrontEnd]) chmodSync(root, 0o755);
chmodSync(join(seenByFrontEnd, 'closed.pdf'), 0o000);
symlinkSync('loop.pdf', join(seenByFrontEnd, 'loop.pdf'));
const socket = createSocket().listen(join(seenByFrontEnd, 'socket.pdf'));
afterAll(() => socket.close());

/** The status of each error, by server. */
const STATUS: Readonly<Record<string, Readonly<Record<FrontEndName, number>>>> = {
  'missing.pdf': everywhere(404),
  'missing.txt.gz': everywhere(404),
  'closed.pdf': { ...everywhere(403), apache: 404 },
  'loop.pdf': { nginx: 403, apache: 404, lighttpd: 403, caddy: 500, h2o: 403 },
  'socket.pdf': { nginx: 500, apache: 404, lighttpd: 403, caddy: 404, h2o: 403 },
};

function senderFor(name: FrontEndName): Sender | FrontEndName {
  const frontendRoot = seenByFrontEnd;
  if (name === 'apache') return apacheSender({ frontendRoot });
  return name === 'lighttpd' ? lighttpdSender({ frontendRoot }) : name;
}

const signer = createUrlSigner(HANDSHAKE);

interface Site {
  readonly storePort: number;
  ask(target: string, request?: Partial<RawRequest>): Promise<RawResponse>;
  stop(): Promise<void>;
}

/** An application with a file in each way, and the front end before it. */
async function startSite(frontEnd: FrontEnd, storePort: number): Promise<Site> {
  const { name } = frontEnd;
  const options: XSendfileOptions = {
    sender: senderFor(name),
    handshake: HANDSHAKE,
    // h2o would send no file with these.
    ...(name === 'h2o'
      ? {}
      : ({ disposition: 'attachment', maxAge: '1h', immutable: true } as const)),
  };
  const files = xsendfile(seenByApplication, options);
  const remote = xsendfile(remoteRoot({ origins: [`http://127.0.0.1:${storePort}`] }), {
    sender: 'nginx',
    handshake: HANDSHAKE,
    disposition: 'attachment',
    maxAge: '1h',
  });
  const dress = (_req: IncomingMessage, res: ServerResponse, next: () => void): void => {
    res.setHeader('Expires', EXPIRES);
    res.setHeader('CDN-Cache-Control', 'max-age=3600');
    res.setHeader('Content-Digest', 'sha-256=:x:');
    res.setHeader('Set-Cookie', 'a=b');
    next();
  };
  const app = express();
  app.use('/files', files);
  app.use('/dressed', dress, files);
  app.use('/hooked', xsendfile(seenByApplication, { ...options, setHeaders: setExpires }));
  app.use('/links', authToken(HANDSHAKE, seenByApplication, options));
  app.get('/sent/:name', (req, res) => void files.send(req, res, req.params.name));
  app.get('/remote/:name', async (req, res) => {
    const url = `http://127.0.0.1:${storePort}/${req.params.name}`;
    await remote.sendRemote(req, res, { url, name: req.params.name });
  });
  // The front end asks the application for it.
  const nowhere = { ...options, sender: nginxSender({ location: '/-nowhere-/' }) };
  app.use('/nowhere', dress, xsendfile(seenByApplication, nowhere));
  app.use('/-nowhere-', (req) => req.socket.destroy());
  const backendPort = await listen(app);
  const running = await startFrontEnd(frontEnd, {
    root: seenByFrontEnd,
    backendPort,
    handshake: HANDSHAKE,
  });
  return {
    storePort,
    stop: () => running.stop(),
    async ask(target, request) {
      const response = await rawRequest(running.port, { target, ...request });
      expectNoLeak(response, [HANDSHAKE, '-internal-']);
      return response;
    },
  };
}

function setExpires(res: ServerResponse): void {
  res.setHeader('Expires', EXPIRES);
}

function expectNothingOfTheFile(response: RawResponse): void {
  const { headers } = response;
  const present = FILE_HEADERS.filter((name) => name in headers && headers[name] !== H2O_CACHING);
  expect([response.status, present]).toEqual([response.status, []]);
}

const WAYS = ['/files/', '/dressed/', '/hooked/', '/sent/', '/links'];
const targetOf = (way: string, name: string): string =>
  way === '/links' ? way + signer.sign(name, { expiresIn: 600 }) : way + name;

let store: Awaited<ReturnType<typeof startStore>>;
/** The status of the store's next response. */
let storeStatus = 200;

beforeAll(async () => {
  store = await startStore((_req, res) => {
    const headers = { ETag: '"1"', 'Content-Length': 10, 'Cache-Control': 'public' };
    res.writeHead(storeStatus, headers).end(TEN);
  });
});
beforeEach(() => {
  letFilesSettle();
  storeStatus = 200;
});
afterEach(() => jest.restoreAllMocks());

const start = (frontEnd: FrontEnd): Promise<Site> => startSite(frontEnd, store.port);
const withStore = (name: FrontEndName): FrontEnd =>
  generated(
    name,
    undefined,
    name === 'nginx' ? [{ origin: `http://127.0.0.1:${store.port}` }] : [],
  );

/** The files that this user can make unreadable for the front end. */
const errors = Object.keys(STATUS).filter(
  (name) => name !== 'closed.pdf' || process.getuid?.() === 0,
);

describe.each(FRONT_END_SERVERS)('errors of %s', (name) => {
  describeWithPrograms(name, [name], () => {
    let site: Site;
    beforeAll(async () => {
      site = await start(withStore(name));
    }, 180_000);
    afterAll(() => site?.stop());

    it.each(errors)('have nothing of the file: %s', async (file) => {
      for (const way of WAYS) {
        for (const request of [
          {},
          { method: 'HEAD' },
          { headers: { 'Accept-Encoding': 'gzip' } },
        ]) {
          const response = await site.ask(targetOf(way, file), request);
          // For what h2o cannot do, the application sends the file.
          if (name === 'h2o' && response.status === 200) continue;
          expect([way, response.status]).toEqual([way, STATUS[file]?.[name]]);
          expectNothingOfTheFile(response);
        }
      }
    });

    it('have none of the headers of the file if a range is requested', async () => {
      for (const Range of ['bytes=2-4', 'bytes=99-', 'bytes=abc', 'items=1-2']) {
        const response = await site.ask('/files/missing.pdf', { headers: { Range } });
        // This process answers what the front end would answer with 416.
        if (response.status === 404) expectNothingOfTheFile(response);
        else expect([200, 416]).toContain(response.status);
      }
      const { status, headers } = await site.ask('/files/fine.txt', {
        headers: { Range: 'bytes=99-' },
      });
      expect([status, headers['cache-control']]).toEqual([416, 'no-store']);
      expect(headers).not.toHaveProperty('content-disposition');
    });
  });
});

/** Headers with which the file itself arrives. */
const DRESSED = {
  'cache-control': expect.stringMatching(/^private, max-age=3600, immutable/),
  'content-disposition': expect.stringMatching(/^attachment; filename="?fine.txt"?$/),
  expires: EXPIRES,
};

describe.each(['nginx', 'caddy'] as const)('the file itself, sent by %s', (name) => {
  describeWithPrograms(name, [name], () => {
    let site: Site;
    beforeAll(async () => {
      site = await start(withStore(name));
    }, 180_000);
    afterAll(() => site?.stop());

    it.each(['/dressed/', '/hooked/'])('keeps its headers: %s', async (way) => {
      const { headers } = await site.ask(`${way}fine.txt`);
      const { etag = '' } = headers;
      const cases: [number, Partial<RawRequest>][] = [
        [200, {}],
        [200, { method: 'HEAD' }],
        [206, { headers: { Range: 'bytes=2-4' } }],
        [304, { headers: { 'If-None-Match': etag } }],
      ];
      for (const [status, request] of cases) {
        const response = await site.ask(`${way}fine.txt`, request);
        expect(response.status).toBe(status);
        expect(response.headers).toMatchObject(DRESSED);
      }
    });

    it('is private and as short-lived as its link', async () => {
      const { headers } = await site.ask(targetOf('/links', 'fine.txt'));
      expect(headers['cache-control']).toMatch(/^private, max-age=(?:600|5\d\d), immutable$/);
      expect(headers['content-disposition']).toMatch(/^attachment/);
    });

    it('is not sent with 412, which has its headers only from Caddy', async () => {
      const headers = { 'If-Match': '"other"' };
      const response = await site.ask('/dressed/fine.txt', { headers });
      expect(response.status).toBe(412);
      if (name === 'nginx') expectNothingOfTheFile(response);
      else expect(response.headers).toMatchObject(DRESSED);
    });

    it('is not in a 502 of an application that disconnects', async () => {
      const response = await site.ask(name === 'nginx' ? '/nowhere/fine.txt' : '/-nowhere-/');
      expect(response.status).toBe(502);
      expectNothingOfTheFile(response);
    });
  });
});

describeWithPrograms('objects that nginx fetches', ['nginx'], () => {
  it.each([
    ['restores', () => withStore('nginx')],
    ['kept, before 1.0.0-rc.2,', () => before('nginx')],
  ])('have the headers that nginx %s', async (_what, frontEnd) => {
    const site = await start(frontEnd());
    try {
      const sent = await site.ask('/remote/a.pdf');
      expect([sent.status, String(sent.body)]).toEqual([200, TEN]);
      expect(sent.headers).toMatchObject({
        'cache-control': 'private, max-age=3600',
        'content-disposition': 'attachment; filename=a.pdf',
      });
    } finally {
      await site.stop();
    }
  });

  it('have none of them in an error', async () => {
    const site = await start(withStore('nginx'));
    try {
      for (storeStatus of [403, 404, 410, 412, 416, 429, 500, 502, 504]) {
        const { status, headers } = await site.ask('/remote/a.pdf');
        expect(status).toBeGreaterThanOrEqual(400);
        expect(headers['cache-control']).toBe('no-store');
        for (const header of ['content-disposition', 'etag', 'expires']) {
          expect(headers).not.toHaveProperty(header);
        }
      }
    } finally {
      await site.stop();
    }
  });
});

const FIXTURES = {
  nginx: 'nginx-1.0.0-rc.1.conf',
  caddy: 'caddy-1.0.0-rc.1.Caddyfile',
} as const;

/** A server with the configuration that 1.0.0-rc.1 generated. */
function before(name: 'nginx' | 'caddy'): FrontEnd {
  const file = join(__dirname, '../fixtures/configurations', FIXTURES[name]);
  const configure = ({ root, scratch, port, backendPort, user }: Place): string =>
    readFileSync(file, 'utf8')
      .replaceAll('/the-root', root)
      .replaceAll('/the-scratch', scratch)
      .replaceAll('127.0.0.1:11111', `127.0.0.1:${port}`)
      .replaceAll(':11111', `:${port}`)
      .replaceAll('127.0.0.1:22222', `127.0.0.1:${backendPort}`)
      .replaceAll('127.0.0.1:33333', `127.0.0.1:${store.port}`)
      .replaceAll('user www-data www-data;', user === undefined ? '' : `user ${user};`);
  return { ...generated(name), configure };
}

describe.each(['nginx', 'caddy'] as const)('a configuration of 1.0.0-rc.1 for %s', (name) => {
  describeWithPrograms(name, [name], () => {
    let site: Site;
    beforeAll(async () => {
      site = await start(before(name));
    }, 180_000);
    afterAll(() => site?.stop());

    it.each([...WAYS])('loses no header of a file: %s', async (way) => {
      for (const headers of [{}, { 'X-Sendfile-Config': 'made-up-by-a-client' }]) {
        const response = await site.ask(targetOf(way, 'fine.txt'), { headers });
        expect([response.status, String(response.body)]).toEqual([200, TEN]);
        expect(response.headers['cache-control']).toMatch(/^private, max-age=\d+, immutable$/);
        expect(response.headers['content-disposition']).toMatch(/^attachment/);
      }
    });

    it('keeps headers on errors, as before', async () => {
      const { status, headers } = await site.ask('/files/missing.pdf');
      expect(status).toBe(404);
      expect(headers['content-disposition']).toMatch(/^attachment/);
    });
  });
});

describeWithPrograms('the configuration of nginx', ['nginx'], () => {
  let nginx: RunningFrontEnd;
  let handshake: string | undefined;
  let seen: IncomingMessage['headers'];
  let sent: Record<string, string>;

  async function ask(headers: Record<string, string> = {}): Promise<RawResponse> {
    const application = createServer((req, res) => {
      seen = req.headers;
      res.writeHead(200, { ...sent, 'X-Accel-Redirect': '/-internal-/fine.txt' }).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => application.once('listening', resolve));
    const { port: backendPort } = application.address() as { port: number };
    const plain = generated('nginx');
    const configure = ({ scratch, port, user }: Place): string =>
      createFrontEndConfig('nginx', {
        ...{ root: seenByFrontEnd, scratch, user, handshake },
        listen: `127.0.0.1:${port}`,
        upstream: `http://127.0.0.1:${backendPort}`,
      });
    const place = { root: seenByFrontEnd, backendPort, handshake: HANDSHAKE };
    nginx = await startFrontEnd({ ...plain, configure }, place);
    try {
      return await rawRequest(nginx.port, { target: '/', headers });
    } finally {
      await nginx.stop();
      application.closeAllConnections();
      application.close();
    }
  }

  it.each([
    ['names', (name: string) => name],
    ['other names', nameForRestoring],
  ])('takes headers by their %s, once', async (_what, nameOf) => {
    handshake = HANDSHAKE;
    const values = ['private, max-age=60', EXPIRES, 'attachment; filename=a.txt'];
    sent = Object.fromEntries(
      traits.restored.map((name, index) => [nameOf(name), values[index] ?? '']),
    );
    const { headers, head } = await ask();
    expect(traits.restored.map((name) => headers[name.toLowerCase()])).toEqual(values);
    expect(head).not.toMatch(/x-sendfile/i);
    expect(seen['x-sendfile-config']).toBe(HANDSHAKE);
  });

  it('lets no client say what it restores, with or without a handshake', async () => {
    sent = {};
    handshake = HANDSHAKE;
    await ask({ 'X-Sendfile-Config': 'made-up-by-a-client' });
    expect(seen['x-sendfile-config']).toBe(HANDSHAKE);
    handshake = undefined;
    await ask({ 'X-Sendfile-Config': 'made-up-by-a-client' });
    expect(seen).not.toHaveProperty('x-sendfile-config');
  });
});
