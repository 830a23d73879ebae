import express from 'express';
import { authToken, type Embedding, offload, xsendfile } from '../../lib/index.js';
import { type Fixture, listenWith } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const root = createTree({ 'a.txt': 'text' });
const VARY = 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest';
const POLICIES = { 'same-origin': 'same-origin', 'same-site': 'same-site', any: 'cross-origin' };

type Options = { readonly embedding?: Embedding };

/** Each way in, at `/a.txt` and `/missing.txt`, on a response that has the headers. */
const WAYS_IN: Readonly<Record<string, (options: Options, app: express.Express) => void>> = {
  'a mounted handler': (options, app) => void app.use(xsendfile(root, options)),
  'a route': (options, app) =>
    void app.get('/:name', xsendfile(root, { ...options, path: ({ params }) => params.name })),
  'send()': (options, app) => {
    const files = xsendfile(root, options);
    app.get('/:name', (req, res, next) => {
      files.send(req, res, req.params.name).catch(next);
    });
  },
  'offload()': (options, app) => {
    app.use(offload(xsendfile(root, options)));
    app.get('/:name', (req, res) => res.sendFile(`${root}/${req.params.name}`));
  },
  'authToken().files': (options, app) => void app.use(authToken(SECRET, root, options).files),
};

async function start(
  way: keyof typeof WAYS_IN,
  options: Options = {},
  set: Readonly<Record<string, string>> = {},
): Promise<Fixture> {
  const app = express();
  app.use((_req, res, next) => {
    res.set(set);
    next();
  });
  WAYS_IN[way]?.(options, app);
  return listenWith(app);
}

describe.each(Object.keys(WAYS_IN))('embedding of %s', (way) => {
  it.each<[Embedding | undefined, string]>([
    [undefined, 'same-site'],
    ...(Object.entries(POLICIES) as [Embedding, string][]),
  ])('%s is a header of files and refusals', async (embedding, value) => {
    const { check } = await start(way, { embedding } as Options);
    const headers = { 'Cross-Origin-Resource-Policy': value };
    const vary = value === 'cross-origin' ? null : VARY;
    await check({ target: '/a.txt' }, { status: 200, headers: { ...headers, Vary: vary } });
    await check({ target: '/missing.txt' }, { status: 404, headers });
    const unsatisfiable = { target: '/a.txt', headers: { Range: 'bytes=9-' } };
    await check(unsatisfiable, { status: 416, headers });
    const fresh = { target: '/a.txt', headers: { 'If-None-Match': '*' } };
    await check(fresh, { status: 304, headers: { ...headers, Vary: vary } });
  });

  it('leaves a policy of the application', async () => {
    const headers = { 'Cross-Origin-Resource-Policy': 'same-origin' };
    const { check } = await start(way, {}, headers);
    // The second time, headers are remembered.
    for (const _ of [1, 2]) await check({ target: '/a.txt' }, { status: 200, headers });
  });

  it.each(['/a.txt', '/missing.txt'])('refuses %s to pages of other sites', async (target) => {
    const { check } = await start(way);
    await check(
      { target, headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' } },
      { status: 403, headers: { 'Cross-Origin-Resource-Policy': 'same-site' } },
    );
  });
});

type Row = [
  site: string,
  mode: string,
  dest: string,
  ...statuses: [sameOrigin: number, sameSite: number, any: number],
];

describe('requests of browsers', () => {
  it.each<Row>([
    ['same-origin', 'no-cors', 'image', 200, 200, 200],
    ['none', 'navigate', 'document', 200, 200, 200],
    ['same-site', 'no-cors', 'image', 403, 200, 200],
    ['same-site', 'navigate', 'document', 200, 200, 200],
    ['cross-site', 'no-cors', 'image', 403, 403, 200],
    ['cross-site', 'cors', 'empty', 403, 403, 200],
    ['cross-site', 'navigate', 'document', 200, 200, 200],
    ['cross-site', 'navigate', 'iframe', 403, 403, 200],
    ['cross-site', 'navigate', 'object', 403, 403, 200],
    ['cross-site', 'no-cors', 'document', 403, 403, 200],
    ['cross-site, same-origin', 'no-cors', 'image', 403, 403, 200],
    ['', 'no-cors', 'image', 403, 403, 200],
  ])('of %j with %s for %s', async (site, mode, dest, ...statuses) => {
    const headers = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': dest };
    for (const [index, embedding] of (['same-origin', 'same-site', 'any'] as const).entries()) {
      const { check } = await start('a mounted handler', { embedding });
      await check({ target: '/a.txt', headers }, { status: statuses[index] ?? 0 });
    }
  });

  it('of another site pass with cors if the application allows its origin', async () => {
    const allowed = { 'Access-Control-Allow-Origin': 'https://other.example' };
    const { check } = await start('a mounted handler', {}, allowed);
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' };
    await check({ target: '/a.txt', headers }, { status: 200 });
    await check(
      { target: '/a.txt', headers: { ...headers, 'Sec-Fetch-Mode': 'no-cors' } },
      { status: 403 },
    );
  });
});

describe('embedding of authToken()', () => {
  const OTHER = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' };

  it('is any for links, and same-site for cookies', async () => {
    const handler = authToken(SECRET, root, { cookie: 'files' });
    const { check } = await listenWith((req, res) => handler(req, res));
    const target = handler.signer.sign('a.txt');
    const any = { 'Cross-Origin-Resource-Policy': 'cross-origin' };
    const sameSite = { 'Cross-Origin-Resource-Policy': 'same-site' };
    await check({ target, headers: OTHER }, { status: 200, headers: any });
    const [Cookie = ''] = handler.signer.cookie('', { mountPath: '/', expiresIn: 60 }).split(';');
    await check({ target: '/a.txt', headers: { Cookie } }, { status: 200, headers: sameSite });
    const refused = { target: '/a.txt', headers: { Cookie, ...OTHER } };
    await check(refused, { status: 403, headers: sameSite });
  });

  it('is the option for both, if it is given', async () => {
    const handler = authToken(SECRET, root, { cookie: 'files', embedding: 'same-origin' });
    const { check } = await listenWith((req, res) => handler(req, res));
    const forged = { target: '/forged/a.txt', headers: OTHER };
    await check(forged, { status: 403 });
    await check({ target: handler.signer.sign('a.txt'), headers: OTHER }, { status: 403 });
  });
});

describe('embedding of content', () => {
  it('is a header of sendContent()', async () => {
    const files = xsendfile(root, { embedding: 'same-origin' });
    const { check } = await listenWith((req, res) => {
      files
        .sendContent(req, res, Buffer.from('bytes'))
        .catch(({ status }) => res.writeHead(status).end());
    });
    const headers = { 'Cross-Origin-Resource-Policy': 'same-origin' };
    await check({ target: '/' }, { status: 200, headers, body: 'bytes' });
    await check({ target: '/', headers: { 'Sec-Fetch-Site': 'same-site' } }, { status: 403 });
  });

  it('is a header of an error on bare node:http', async () => {
    const files = xsendfile(root, {
      allow() {
        throw new Error('mine');
      },
    });
    const { check } = await listenWith((req, res) => files(req, res));
    const headers = { 'Cross-Origin-Resource-Policy': 'same-site' };
    await check({ target: '/a.txt' }, { status: 500, headers });
  });
});
