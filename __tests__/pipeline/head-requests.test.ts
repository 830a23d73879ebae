import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify from 'fastify';
import Koa from 'koa';
import * as fastify from '../../lib/adapters/fastify.js';
import * as koa from '../../lib/adapters/koa.js';
import {
  type AllowFunction,
  authToken,
  type Outcome,
  offload,
  type RemoteOptions,
  type Sender,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { type RemoteRootOptions, remoteRoot } from '../../lib/remote/index.js';
import { createRevocations, limitUses, memoryUses } from '../../lib/uses/index.js';
import { listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { type Http2Site, listenHttp2 } from '../helpers/http2.js';
import { Connection } from '../helpers/raw-request.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { type RawStore, startStore } from '../remote/raw-store.js';
import { createCertificate } from './transfer/certificate.js';
import { expectAllClosed } from './transfer/descriptors.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const CONTENT = 'what only some may have';
const root = createTree({ 'a.txt': CONTENT, 'large.bin': Buffer.alloc(600_000, 'x') });

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown;
type Observed = Pick<XSendfileOptions, 'onFinish'>;

/** An application that sends one file; `path` is the target of requests to it, `/a.txt` by default. */
interface Application {
  readonly listener: Listener;
  readonly path?: string;
}

let store: RawStore;
beforeAll(async () => {
  store = await startStore((req, res) => {
    if (req.url === '/silent') return arrived();
    res.writeHead(200, { ETag: '"1"', 'Content-Length': CONTENT.length }).end(CONTENT);
  });
});

/** Any turn of the event loop is later than the moment in which Node has ended the stream of a HEAD request. */
const later = async <Value>(value: Value): Promise<Value> => delay(20, value);
const rejected = async (): Promise<never> => {
  await delay(20);
  throw Object.assign(new Error('no quota'), { status: 429 });
};

const files =
  (options: XSendfileOptions) =>
  (observed: Observed): Application => ({
    listener: xsendfile(root, { sender: 'serve', ...options, ...observed }),
  });

const links =
  (claims: object, allow: () => AllowFunction, path = 'a.txt') =>
  (observed: Observed): Application => {
    const handler = authToken(SECRET, root, {
      sender: 'serve',
      // The time that is left changes from one response to the next.
      cacheControl: false,
      allow: allow(),
      ...observed,
    });
    return { listener: handler, path: handler.signer.sign(path, { expiresIn: 3600, ...claims }) };
  };

/** For methods of a handler, whose errors the application handles. */
const calling =
  (options: XSendfileOptions, call: 'send' | 'stream' | 'bytes') =>
  (observed: Observed): Application => {
    const handler = xsendfile(root, { sender: 'serve', ...options, ...observed });
    async function* read() {
      yield Buffer.from(CONTENT);
    }
    const size = CONTENT.length;
    return {
      async listener(req, res) {
        try {
          if (call === 'send') await handler.send(req, res, 'a.txt');
          else if (call === 'bytes') await handler.sendContent(req, res, Buffer.from(CONTENT));
          else await handler.sendContent(req, res, { name: 'a.txt', size, read });
        } catch (error) {
          if (!res.headersSent) res.writeHead((error as { status: number }).status).end();
        }
      },
    };
  };

const objects =
  (locate: RemoteRootOptions['locate'], options: RemoteOptions = {}) =>
  (observed: Observed): Application => ({
    listener: xsendfile(remoteRoot({ origins: [store.origin], ...(locate && { locate }) }), {
      ...options,
      ...observed,
    }),
  });

const sendRemote =
  (options: RemoteOptions) =>
  (observed: Observed): Application => {
    const handler = xsendfile(remoteRoot({ origins: [store.origin] }), { ...options, ...observed });
    return {
      listener: (req, res) =>
        handler
          .sendRemote(req, res, { url: `${store.origin}/a`, name: 'a.txt' })
          .catch((error) => res.writeHead(error.status).end()),
    };
  };

const nginx = { sender: 'nginx', handshake: false } as const;

function customSender(send: Sender['send']): XSendfileOptions {
  return { handshake: false, sender: { name: 'custom', send } };
}

const usedUp = memoryUses();
const failing = { ...memoryUses(), peek: rejected, take: rejected, isRevoked: rejected };
const revoked = createRevocations();

/** What applications decide, in all places that wait for them: the status, and the outcome. */
const DECISIONS: readonly [string, (observed: Observed) => Application, number, string][] = [
  ['allow: true', files({ allow: () => true }), 200, 'sent'],
  ['allow: a promise of true', files({ allow: () => later(true) }), 200, 'sent'],
  ['allow: false', files({ allow: () => false }), 404, 'refused'],
  ['allow: a promise of false', files({ allow: () => later(false) }), 404, 'refused'],
  ['allow: a rejection', files({ allow: rejected }), 429, 'refused'],
  [
    'allow: an error',
    files({
      allow: () => {
        throw new Error('broken');
      },
    }),
    500,
    'failed',
  ],
  ['allow: no return', files({ allow: (() => {}) as never }), 500, 'failed'],
  [
    'allow: a promise of nothing',
    files({ allow: (() => later(undefined)) as never }),
    500,
    'failed',
  ],
  ['a rate and allow: true', files({ rate: 1e9, allow: () => later(true) }), 200, 'sent'],
  ['cache: false and allow: false', files({ cache: false, allow: () => false }), 404, 'refused'],
  ['nginx, allow: true', files({ ...nginx, allow: () => later(true) }), 200, 'offloaded'],
  ['nginx, allow: false', files({ ...nginx, allow: () => false }), 404, 'refused'],
  ['nginx, allow: a rejection', files({ ...nginx, allow: rejected }), 429, 'refused'],
  [
    'a slow sender of the application',
    files(
      customSender(async (file, { res }) => {
        res.setHeader('X-Custom', await later(file.name));
        res.end();
      }),
    ),
    200,
    'offloaded',
  ],
  [
    'a sender that declines later',
    files(customSender(async (_file, { decline }) => later(undefined).then(decline))),
    200,
    'sent',
  ],
  ['a sender that rejects later', files(customSender(rejected)), 429, 'refused'],
  [
    'a refusal handled later',
    files({
      allow: () => later(false),
      onRefused: async (_error, { res }) => void res.writeHead(await later(403)).end(),
    }),
    403,
    'refused',
  ],
  ['a link with uses', links({ uses: 1 }, () => limitUses()), 200, 'sent'],
  [
    'a used-up link',
    links({ uses: 1, id: 'used' }, () => limitUses({ store: usedUp })),
    410,
    'refused',
  ],
  [
    'a store of uses that fails',
    links({ uses: 1 }, () => limitUses({ store: failing })),
    503,
    'refused',
  ],
  ['a link that is not revoked', links({ id: 'good' }, () => revoked.allow), 200, 'sent'],
  ['a revoked link', links({ id: 'bad' }, () => revoked.allow), 410, 'refused'],
  [
    'a store of revocations that fails',
    links({ id: 'good' }, () => createRevocations({ store: failing }).allow),
    503,
    'refused',
  ],
  ['send(), allow: true', calling({ allow: () => later(true) }, 'send'), 200, 'sent'],
  ['send(), allow: false', calling({ allow: () => false }, 'send'), 404, 'refused'],
  ['sendContent() of a stream', calling({ allow: () => later(true) }, 'stream'), 200, 'sent'],
  [
    'sendContent() of a stream, allow: false',
    calling({ allow: () => false }, 'stream'),
    404,
    'refused',
  ],
  ['sendContent() of bytes', calling({ allow: () => later(true) }, 'bytes'), 200, 'sent'],
  [
    'sendContent() of bytes, allow: false',
    calling({ allow: () => false }, 'bytes'),
    404,
    'refused',
  ],
  ['offload(), allow: true', sendFile(() => later(true)), 200, 'sent'],
  ['offload(), allow: false', sendFile(() => later(false)), 404, 'refused'],
  ['a mounted object', objects(() => later({ url: `${store.origin}/a` })), 200, 'sent'],
  ['a mounted object that is not there', objects(() => later(undefined)), 404, 'refused'],
  ['locate: a rejection', objects(rejected), 429, 'refused'],
  [
    'a mounted object, allow: false',
    objects(() => ({ url: `${store.origin}/a` }), { allow: () => later(false) }),
    404,
    'refused',
  ],
  [
    'a mounted object, nginx, allow: false',
    objects(() => ({ url: `${store.origin}/a` }), { ...nginx, allow: () => later(false) }),
    404,
    'refused',
  ],
  [
    'a mounted object, nginx',
    objects(() => later({ url: `${store.origin}/a` }), nginx),
    200,
    'offloaded',
  ],
  ['sendRemote()', sendRemote({ allow: () => later(true) }), 200, 'sent'],
  ['sendRemote(), allow: false', sendRemote({ allow: () => false }), 404, 'refused'],
  ['Koa, allow: true', withKoa({ allow: () => later(true) }), 200, 'sent'],
  ['Koa, allow: false', withKoa({ allow: () => later(false) }), 404, 'refused'],
  ['Koa, nginx, allow: false', withKoa({ ...nginx, allow: () => later(false) }), 404, 'refused'],
  ['Fastify, allow: false', withFastify(() => later(false)), 404, 'refused'],
  ['Fastify, allow: true', withFastify(() => later(true)), 200, 'sent'],
];

/** An application that calls `res.sendFile()`, which offload() replaces. */
function sendFile(allow: AllowFunction): (observed: Observed) => Application {
  return (observed) => {
    const middleware = offload(xsendfile(root, { allow, ...observed }));
    const call = (res: ServerResponse): void => {
      const { sendFile } = res as unknown as {
        sendFile(path: string, callback: (error?: { status: number }) => void): void;
      };
      sendFile.call(res, `${root}/a.txt`, (error) => {
        if (error !== undefined) res.writeHead(error.status).end();
      });
    };
    return {
      listener(req, res) {
        Object.assign(res, { sendFile() {} });
        middleware(req, res, () => call(res));
      },
    };
  };
}

function withKoa(options: XSendfileOptions): (observed: Observed) => Application {
  return (observed) => {
    const middleware = koa.xsendfile(root, { ...options, ...observed });
    const app = new Koa().use(middleware);
    app.silent = true;
    return { listener: app.callback() };
  };
}

/** Fastify, with a server of the test's. */
function withFastify(allow: AllowFunction): (observed: Observed) => Application {
  return (observed) => {
    let handle: Listener = () => {};
    const app = Fastify({
      serverFactory: (handler) => {
        handle = handler as Listener;
        return createServer();
      },
    });
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('nothing'));
    void app.register(fastify.xsendfile(root, { allow, ...(observed as object) }));
    return {
      async listener(req, res) {
        await app.ready();
        handle(req, res);
      },
    };
  };
}

/** The listeners of all applications, by the first segment of the path. */
const applications = new Map<string, Listener>();
let outcomes: Outcome[] = [];
const onFinish = (outcome: Outcome): void => void outcomes.push(outcome);

function mount(create: (observed: Observed) => Application): string {
  const { listener, path = '/a.txt' } = create({ onFinish });
  const name = `/${applications.size}`;
  applications.set(name, listener);
  return `${name}${path}`;
}

function route(req: IncomingMessage, res: ServerResponse): void {
  const [, name = '', rest = ''] = /^(\/\d+)(\/.*)$/.exec(req.url ?? '') ?? [];
  req.url = rest;
  applications.get(name)?.(req, res);
}

/** Differences between the protocols, and between two moments. */
const UNLIKE = ['date', 'connection', 'keep-alive', ':status', 'transfer-encoding'];

function comparable(headers: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !UNLIKE.includes(name)));
}

const credentials = createCertificate();
let http1: Awaited<ReturnType<typeof listenWith>>;
let h2c: Http2Site;
let h2: Http2Site;
beforeAll(async () => {
  await revoked.revoke('bad', Date.now() + 3_600_000);
  http1 = await listenWith(route);
  h2c = await listenHttp2(route as never);
  h2 = await listenHttp2(route as never, credentials);
});
beforeEach(() => {
  letFilesSettle();
  outcomes = [];
});
afterEach(() => jest.restoreAllMocks());

describe('a decision of the application', () => {
  it.each(DECISIONS)(
    '%s: is the same for every method and protocol',
    async (title, create, status, kind) => {
      if (title === 'a used-up link') {
        const expires = Date.now() + 3_600_000;
        const use = { id: 'used', max: 1, expires, downloadExpires: expires };
        await usedUp.take({ ...use, download: 'of another client' });
      }
      const target = mount(create);
      const ask = async (method: 'GET' | 'HEAD') => {
        const one = await http1.request({ method, target });
        const others = [
          await h2c.request(target, { ':method': method }),
          await h2.request(target, { ':method': method }),
        ];
        for (const { errorCode } of others) expect(errorCode).toBe(0);
        return [one, ...others].map((each) => ({
          status: each.status,
          headers: comparable(each.headers),
          body: String(each.body),
        }));
      };
      const responses = await ask('GET');
      const [first] = responses;
      expect(first).toMatchObject({ status });
      for (const each of responses) expect(each).toEqual(first);
      for (const each of await ask('HEAD')) expect(each).toEqual({ ...first, body: '' });
      await eventually(() => outcomes.length === 6);
      expect(outcomes.map((each) => [each.kind, each.code, each.status])).toEqual(
        Array(6).fill([kind, outcomes[0]?.code, outcomes[0]?.status]),
      );
      await expectAllClosed(root);
    },
  );
});

/** Called when an application, or a store, has been asked something that it never answers. */
let arrived = (): void => {};
let arrival: Promise<void>;
beforeEach(() => {
  arrival = new Promise((resolve) => {
    arrived = resolve;
  });
});

function never(): Promise<never> {
  arrived();
  return new Promise(() => {});
}

/** Places that wait for the application or a store, which never decides. */
const ENDLESS: readonly [string, (observed: Observed) => Application][] = [
  ['allow', files({ allow: never })],
  ['allow, with nginx', files({ ...nginx, allow: never })],
  ['a sender', files(customSender(never))],
  ['locate', objects(never)],
  ['the store of an object', objects(() => ({ url: `${store.origin}/silent` }))],
  ['allow for an object', objects(() => ({ url: `${store.origin}/a` }), { allow: never })],
  ['send()', calling({ allow: never }, 'send')],
  ['sendContent()', calling({ allow: never }, 'stream')],
  ['Fastify', withFastify(never)],
  ['Koa', withKoa({ allow: never })],
];

describe.each(['GET', 'HEAD'])('a request with %s for which nothing is ever decided', (method) => {
  async function expectAborted(): Promise<void> {
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted', status: 0, bytes: 0 }]);
    await expectAllClosed(root);
  }

  it.each(ENDLESS)('ends with a connection of HTTP/1.1: %s', async (_title, create) => {
    const target = mount(create);
    const connection = await Connection.open(http1.port);
    connection.send({ method, target });
    await arrival;
    expect(outcomes).toEqual([]);
    connection.destroy();
    await expectAborted();
  });

  describe.each([
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ])('on a stream that is reset with %s', (_code, code) => {
    it.each(ENDLESS)('ends with it: %s', async (_title, create) => {
      const target = mount(create);
      const stream = h2c.open().request({ ':method': method, ':path': target });
      stream.on('error', () => {});
      await arrival;
      expect(outcomes).toEqual([]);
      stream.close(code);
      await expectAborted();
    });
  });

  it.each(ENDLESS)('ends with the session: %s', async (_title, create) => {
    const target = mount(create);
    const session = h2.open();
    session.request({ ':method': method, ':path': target }).on('error', () => {});
    await arrival;
    expect(outcomes).toEqual([]);
    session.destroy();
    await expectAborted();
  });
});

describe('a request with HEAD over HTTP/2', () => {
  it('is over when its response is, although the client goes on sending', async () => {
    const target = mount(files({ allow: () => later(true) }));
    const headers = { ':method': 'HEAD', ':path': target };
    h2c.open().request(headers, { endStream: false });
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', status: 200 }]);
  });

  it('tells middleware that observes the response of its end, with a rate as well', async () => {
    const ends: string[] = [];
    const target = mount((observed) => {
      const { listener } = files({ rate: 1000 })(observed);
      return {
        listener(req, res) {
          for (const event of ['finish', 'close']) res.on(event, () => ends.push(event));
          listener(req, res);
        },
      };
    });
    await h2c.request(target, { ':method': 'HEAD' });
    await eventually(() => ends.length === 2);
    expect(ends).toEqual(['finish', 'close']);
  });

  it.each([
    ['If-None-Match', { 'if-none-match': '*' }],
    ['If-Match', { 'if-match': '"other"' }],
    ['no condition', {}],
  ])('is refused with 404 whatever the status would be: %s', async (_title, headers) => {
    const target = mount(files({ allow: () => later(false) }));
    const response = await h2c.request(target, { ':method': 'HEAD', ...headers });
    expect(response).toMatchObject({ status: 404 });
    for (const name of ['etag', 'last-modified', 'content-disposition']) {
      expect(response.headers).not.toHaveProperty(name);
    }
  });

  it('lets middleware of Koa go on when the client resets it while a refusal is handled', async () => {
    const events: string[] = [];
    const app = new Koa();
    app.use(async (_ctx, next) => {
      await next();
      events.push('resumed');
    });
    app.use(
      koa.xsendfile(root, { allow: () => false, onRefused: () => void events.push('refused') }),
    );
    const target = mount(() => ({ listener: app.callback() }));
    const stream = h2c.open().request({ ':method': 'HEAD', ':path': target });
    stream.on('error', () => {});
    await eventually(() => events.length === 1);
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => events.length === 2);
    expect(events).toEqual(['refused', 'resumed']);
  });
});
