import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { RemoteObject, RemoteOptions } from '../../lib/index.js';
import { MEANT_FOR_BROWSERS } from '../../lib/servers/nginx/store-headers.js';
import { eventually } from '../helpers/eventually.js';
import type { RunningFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { Connection, type RawRequest, rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { type Bucket, startBucket } from './bucket.js';
import { HANDSHAKE, startNginx } from './nginx.js';
import { type RawStore, startStore } from './raw-store.js';
import { type RemoteSite, startSite } from './site.js';

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

/** Some of what no store should be able to tell a browser. */
const INSTRUCTIONS = [
  'Clear-Site-Data',
  'Service-Worker-Allowed',
  'SourceMap',
  'X-SourceMap',
  'Speculation-Rules',
  'Set-Login',
  'Set-Cookie2',
  'Origin-Agent-Cluster',
  'Document-Policy',
  'Timing-Allow-Origin',
  'Accept-CH',
  'CDN-Cache-Control',
  'Retry-After',
];

describeWithPrograms('sendRemote() behind nginx', ['nginx', 'openssl'], () => {
  let bucket: Bucket;
  let store: RawStore;
  let secure: { origin: string; ca: string; close: () => void };
  let named: { origin: string; resolver: string };
  const unreachable = 'http://127.0.0.1:1';
  let site: RemoteSite;
  let nginx: RunningFrontEnd;
  /** What the next request is answered with. */
  let object: RemoteObject;
  let before: (req: IncomingMessage, res: ServerResponse) => void;
  let respond: (req: IncomingMessage, res: ServerResponse) => void;
  const options: { -readonly [name in keyof RemoteOptions]: RemoteOptions[name] } = {
    sender: 'nginx',
    handshake: HANDSHAKE,
    disposition: 'attachment',
    rate: () => rate,
    setHeaders: (res) => void res.setHeader('X-Robots-Tag', 'noindex'),
  };
  let rate: number | undefined;

  beforeAll(async () => {
    bucket = await startBucket();
    store = await startStore((req, res) => respond(req, res));
    secure = await startSecureStore();
    named = { origin: `http://store.example:${store.port}`, resolver: await startDns() };
    const origins = [bucket.origin, store.origin, secure.origin, named.origin, unreachable];
    site = await startSite(
      { origins, ca: readFileSync(secure.ca) },
      (req, res) => {
        before(req, res);
        return object;
      },
      options,
    );
    const remotes = origins.map((origin) => ({
      origin,
      trustedCertificates: secure.ca,
      hideHeaders: ['x-amz-meta-owner'],
      ...(origin === named.origin ? named : {}),
    }));
    nginx = await startNginx(remotes, site.port);
  }, 180_000);
  beforeEach(() => {
    before = () => {};
    rate = undefined;
    site.outcomes.length = 0;
  });
  afterAll(async () => {
    await nginx?.stop();
    secure?.close();
  });

  const ask = (request: Partial<RawRequest> = {}) =>
    rawRequest(nginx.port, { target: '/', ...request });
  const expectOffloaded = async (count = 1) => {
    await eventually(() => site.outcomes.length >= count);
    expect(site.outcomes.map(({ kind, sender }) => [kind, sender])).toEqual(
      Array(count).fill(['offloaded', 'nginx']),
    );
  };

  it('sends whole objects, ranges, HEAD, 304 and 412', async () => {
    await bucket.put('a.bin', BYTES, { 'Content-Type': 'text/html', 'x-amz-meta-mtime': '1' });
    object = { url: await bucket.presign('a.bin'), name: 'Résumé.pdf' };
    const whole = await ask();
    expect(whole.status).toBe(200);
    expect(whole.body.equals(BYTES)).toBe(true);
    expect(whole.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename=R_sum_.pdf; filename*=UTF-8''R%C3%A9sum%C3%A9.pdf`,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
      'content-length': String(BYTES.length),
    });
    expect(whole.headers['accept-ranges']).toBe(bucket.announcesRanges ? 'bytes' : undefined);
    expect(whole.head).not.toMatch(/x-amz|x-sendfile|x-accel|s3rver/i);
    const { etag = '' } = whole.headers;
    const range = await ask({ headers: { Range: 'bytes=10-19' } });
    expect([range.status, range.headers['content-range']]).toEqual([206, 'bytes 10-19/300000']);
    expect(range.body.equals(BYTES.subarray(10, 20))).toBe(true);
    const several = await ask({ headers: { Range: 'bytes=0-9,20-29' } });
    expect([several.status, several.body.length]).toEqual([200, BYTES.length]);
    const head = await ask({ method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      '300000',
      0,
    ]);
    const unchanged = await ask({ headers: { 'If-None-Match': etag } });
    expect([unchanged.status, unchanged.body.length]).toEqual([304, 0]);
    await expectOffloaded(5);
  });

  it('discloses nothing of the client to the store, and nothing of the store to the client', async () => {
    let seen: IncomingMessage | undefined;
    respond = (req, res) => {
      seen = req;
      res.writeHead(200, {
        ETag: '"1"',
        'Last-Modified': 'Fri, 01 Mar 2024 12:00:00 GMT',
        'Content-Type': 'text/html',
        'Content-Disposition': 'inline; filename=evil.html',
        'Cache-Control': 'public',
        Expires: 'Fri, 01 Mar 2034 12:00:00 GMT',
        'Set-Cookie': 'a=b',
        'X-Accel-Limit-Rate': '1',
        'X-Accel-Redirect': '/',
        'X-Sendfile-Remote': '/other',
        'X-Content-Type-Options': 'sniff',
        'Content-Security-Policy': 'none',
        Vary: 'Origin',
        Location: '/elsewhere',
        'x-amz-request-id': '1',
        'x-amz-version-id': '1',
        'x-amz-meta-owner': 'alice',
        Server: 'AmazonS3',
      });
      res.end('bytes');
    };
    object = { url: `${store.origin}/a?X-Amz-Signature=5ecret%2F%2B`, name: 'a.svg' };
    const { head, headers, body } = await ask({
      headers: {
        Cookie: 'session=1',
        Authorization: 'Bearer 1',
        'X-Forwarded-For': '1',
        'If-Range': '"1"',
        Range: 'bytes=0-',
      },
    });
    expect(String(body)).toBe('bytes');
    expect([seen?.method, seen?.url]).toEqual(['GET', '/a?X-Amz-Signature=5ecret%2F%2B']);
    expect(seen?.headers).toEqual({
      host: `127.0.0.1:${store.port}`,
      'accept-encoding': 'identity',
      range: 'bytes=0-',
      'if-range': '"1"',
    });
    expect(head).not.toMatch(
      /amz|amazon|set-cookie|location|public|evil|html|: sniff|x-sendfile|5ecret|^vary:.*\borigin\b/im,
    );
    expect(headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-disposition': 'attachment; filename=a.svg',
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      etag: '"1"',
      'last-modified': 'Fri, 01 Mar 2024 12:00:00 GMT',
    });
  });

  it('passes on nothing that a store says to browsers, caches and proxies', async () => {
    respond = (_req, res) => {
      for (const name of [...INSTRUCTIONS, ...MEANT_FOR_BROWSERS]) {
        if (name !== 'Trailer' && name !== 'Upgrade') res.setHeader(name, 'said-by-the-store');
      }
      res.end('bytes');
    };
    object = { url: `${store.origin}/a`, name: 'a.txt' };
    const { head, body } = await ask();
    expect(String(body)).toBe('bytes');
    expect(head).not.toContain('said-by-the-store');
  });

  it.each([
    ['aws-chunked', undefined],
    ['AWS-Chunked', undefined],
    ['aws-chunked,gzip', 'gzip'],
    ['aws-chunked, gzip', 'gzip'],
    ['gzip, aws-chunked', 'gzip'],
    ['gzip,aws-chunked,', 'gzip'],
    ['aws-chunked,aws-chunked', undefined],
    ['aws-chunked, deflate, gzip', 'deflate, gzip'],
    ['identity', undefined],
    ['', undefined],
    [' , ', undefined],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['aws-chunked-2', 'aws-chunked-2'],
    [undefined, undefined],
  ])('sends the same of Content-Encoding: %s as this process', async (encoding, expected) => {
    const bytes = Buffer.from('The bytes of the object, as they are. '.repeat(100));
    respond = (_req, res) => {
      if (encoding !== undefined) res.setHeader('Content-Encoding', encoding);
      res.setHeader('Content-Length', bytes.length);
      res.end(bytes);
    };
    object = { url: `${store.origin}/a`, name: 'a.txt' };
    const headers = { 'Accept-Encoding': 'gzip, br' };
    for (const port of [nginx.port, site.port]) {
      const response = await rawRequest(port, { target: '/', headers });
      expect(response.headers['content-encoding']).toBe(expected);
      expect(response.body.equals(bytes)).toBe(true);
    }
  });

  it.each([
    [401, 404],
    [403, 404],
    [404, 404],
    [400, 502],
    [302, 502],
    [307, 502],
    [306, 502],
    [418, 502],
    [451, 502],
    [502, 502],
    [504, 504],
    [520, 503],
    [599, 503],
    [412, 412],
    [416, 416],
    [429, 503],
    [500, 503],
    [503, 503],
  ])(
    'answers for %i of the store with %i, without its error document',
    async (status, expected) => {
      respond = (_req, res) => {
        res.writeHead(status, {
          Location: 'http://127.0.0.1/',
          'x-amz-request-id': '1',
          'WWW-Authenticate': 'Swift realm="secret-account"',
          Refresh: '0; url=http://127.0.0.1/',
        });
        res.end('<Error><BucketName>secret-bucket</BucketName></Error>');
      };
      object = { url: `${store.origin}/a?5ecret`, name: 'a.pdf' };
      const response = await ask();
      expect(response.status).toBe(expected);
      expect(response.raw.toString()).not.toMatch(/secret|amz|127\.0\.0\.1/);
      expect(response.headers['cache-control']).toMatch(/no-store/);
      expect(response.headers['content-type']).toBe('text/html');
    },
  );

  it('sends an empty object whatever range is requested', async () => {
    respond = (_req, res) =>
      void res.writeHead(416, { 'Content-Range': 'bytes */0', ETag: '"1"' }).end('<Error/>');
    object = { url: `${store.origin}/a`, name: 'a.pdf' };
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await ask({ method, headers: { Range: 'bytes=0-99' } });
      expect([status, body.length]).toEqual([200, 0]);
      expect(headers['content-length']).toBe('0');
      expect(headers).not.toHaveProperty('etag');
    }
    await expectOffloaded(2);
  });

  it('answers with 502 that must not be stored if the store cannot be reached', async () => {
    object = { url: `${unreachable}/a?5ecret`, name: 'a.pdf' };
    const { status, headers } = await ask();
    expect(status).toBe(502);
    expect(headers['cache-control']).toMatch(/no-store/);
  });

  it('sends objects of a store with TLS, whose certificate nginx verifies', async () => {
    object = { url: `${secure.origin}/a%2Fb?c=%20`, name: 'a.txt' };
    const { status, body } = await ask();
    expect([status, String(body)]).toEqual([200, '/a%2Fb?c=%20']);
    await expectOffloaded();
    // Without nginx, the same.
    const direct = await rawRequest(site.port, { target: '/' });
    expect([direct.status, String(direct.body)]).toEqual([200, '/a%2Fb?c=%20']);
  });

  it('asks a resolver for the address of a store again and again', async () => {
    respond = (req, res) => void res.end(`${req.headers.host}${req.url}`);
    object = { url: `${named.origin}/a%2Fb?c=%20`, name: 'a.txt' };
    const { status, body } = await ask();
    expect([status, String(body)]).toEqual([200, `store.example:${store.port}/a%2Fb?c=%20`]);
    await expectOffloaded();
  });

  it('is closed from outside', async () => {
    const path = `/-remote-/${bucket.origin.replace('://', '/')}`;
    const headers = { 'X-Sendfile-Remote': '/a', 'X-Accel-Redirect': path };
    before = (req) => {
      expect(req.headers).not.toHaveProperty('x-sendfile-remote');
    };
    expect((await ask({ target: path, headers })).status).toBe(404);
  });

  it('limits the rate', async () => {
    respond = (_req, res) => void res.end(Buffer.alloc(200_000));
    rate = 100_000;
    object = { url: `${store.origin}/a`, name: 'a.bin' };
    const startedAt = performance.now();
    expect((await ask()).body.length).toBe(200_000);
    // The issue of a rate is time: half of what it takes at that rate.
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    await expectOffloaded();
  });

  it('sends more than its buffers hold, and closes the connection to the store if the client disconnects', async () => {
    let socket: Socket | undefined;
    respond = (req, res) => {
      socket = req.socket;
      res.writeHead(200, { 'Content-Length': 1e9 });
      const fill = (): void => {
        while (res.writable && res.write(BYTES));
      };
      res.on('drain', fill);
      fill();
    };
    object = { url: `${store.origin}/a`, name: 'a.bin' };
    const client = await Connection.open(nginx.port);
    client.send({ target: '/' });
    await client.receive(5_000_000);
    expect(client.length).toBeGreaterThanOrEqual(5_000_000);
    client.destroy();
    // nginx keeps others open, for further requests.
    await eventually(() => socket?.destroyed === true);
  });

  it('leaves to this process what nginx cannot do', async () => {
    respond = (_req, res) => void res.writeHead(200, { ETag: '"1"' }).end('bytes');
    object = { url: `${store.origin}/a`, name: 'a.bin' };
    before = (_req, res) => void res.setHeader('ETag', '"mine"');
    const { headers, body } = await ask();
    expect([headers.etag, String(body)]).toEqual(['"mine"', 'bytes']);
    await eventually(() => site.outcomes.length > 0);
    expect(site.outcomes).toMatchObject([{ kind: 'sent', sender: 'serve' }]);
  });
});

/** A DNS server to which every name is this machine; returns its address. */
async function startDns(): Promise<string> {
  const server = createSocket('udp4');
  server.on('message', (query, client) => {
    const name = query.subarray(12, query.indexOf(0, 12) + 5);
    const isV4 = name.readUInt16BE(name.length - 4) === 1;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(isV4 ? 1 : 0, 6);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    server.send(Buffer.concat(isV4 ? [header, name, answer] : [header, name]), client.port);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  server.unref();
  return `127.0.0.1:${server.address().port}`;
}

/** A store with TLS that sends the URL of each request, and the certificate of its authority. */
async function startSecureStore() {
  const directory = createTree();
  const ca = join(directory, 'ca.pem');
  const key = join(directory, 'key.pem');
  execFileSync(
    'openssl',
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${ca}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );
  execFileSync('chmod', ['755', directory]);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(ca) }, (req, res) => {
    res.end(req.url);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
