import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expectResponse } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { type RawStore, startRawStore, startStore } from './raw-store.js';
import { type RemoteSite, startSite } from './site.js';

const object = (store: Pick<RawStore, 'origin'>, properties = {}) => ({
  url: `${store.origin}/bucket/a.txt?X-Amz-Signature=5ecret`,
  name: 'a.txt',
  ...properties,
});

const siteFor = (store: RawStore, options = {}, properties = {}): Promise<RemoteSite> =>
  startSite({ origins: [store.origin], timeout: 2 }, object(store, properties), options);

beforeEach(() => jest.spyOn(process, 'emitWarning').mockImplementation());
afterEach(() => jest.restoreAllMocks());

const SECRET_XML = '<Error><BucketName>secret-bucket</BucketName></Error>';

describe('a store that answers with an error', () => {
  it.each([
    ['403 Forbidden', 404, 'ERR_XSENDFILE_REMOTE_DENIED'],
    ['401 Unauthorized', 404, 'ERR_XSENDFILE_REMOTE_DENIED'],
    ['404 Not Found', 404, 'ERR_XSENDFILE_NOT_FOUND'],
    ['410 Gone', 404, 'ERR_XSENDFILE_NOT_FOUND'],
    ['400 Bad Request', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['429 Too Many Requests', 503, 'ERR_XSENDFILE_REMOTE_UNAVAILABLE'],
    ['500 Internal Error', 503, 'ERR_XSENDFILE_REMOTE_UNAVAILABLE'],
    ['503 Slow Down', 503, 'ERR_XSENDFILE_REMOTE_UNAVAILABLE'],
    ['599 ', 503, 'ERR_XSENDFILE_REMOTE_UNAVAILABLE'],
    ['600 ', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['999 ', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['408 Request Timeout', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['302 Found\r\nLocation: http://127.0.0.1/', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['307 Temporary Redirect\r\nLocation: /b', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['204 No Content', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['206 Partial Content\r\nContent-Range: bytes 0-1/9', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['304 Not Modified', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['412 Precondition Failed', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['416 Range Not Satisfiable', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    [
      '101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade',
      502,
      'ERR_XSENDFILE_REMOTE_BAD_RESPONSE',
    ],
    ['200 OK\r\nContent-Length: -1', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
    ['200 OK\r\nContent-Length: 99999999999999999999', 502, 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE'],
  ])('%j becomes %i', async (status, expected, code) => {
    const store = await startRawStore(
      `HTTP/1.1 ${status}\r\nx-amz-request-id: 1\r\nSet-Cookie: a=b\r\n\r\n${SECRET_XML}`,
    );
    const { request, errors, outcomes } = await siteFor(store);
    const response = await request({ target: '/' });
    expect(response.status).toBe(expected);
    expect(response.raw.toString()).not.toMatch(/secret|amz|cookie|5ecret/i);
    expect(errors).toMatchObject([{ name: 'RefusedError', code, status: expected }]);
    expect(outcomes).toMatchObject([{ kind: 'refused', status: expected, code, bytes: 0 }]);
    expect(store.requests).toHaveLength(1);
    await eventually(() => store.sockets.size === 0);
    expect(store.sockets.size).toBe(0);
  });

  it.each([
    ['7', '7'],
    ['0', '0'],
    ['999999999', '5'],
    ['Fri, 31 Dec 1999 23:59:59 GMT', '5'],
    ['1\r\nX: y', '1'],
  ])('passes Retry-After: %j on as %j', async (given, expected) => {
    const store = await startRawStore(
      `HTTP/1.1 503 Slow Down\r\nRetry-After: ${given}\r\nContent-Length: 0\r\n\r\n`,
    );
    const { check } = await siteFor(store);
    await check({ target: '/' }, { status: 503, headers: { 'Retry-After': expected } });
  });

  it('is 502 if it speaks something other than HTTP', async () => {
    const store = await startRawStore('SSH-2.0-OpenSSH_9.2\r\n');
    const { check, errors } = await siteFor(store);
    await check({ target: '/' }, { status: 502 });
    expect(errors).toMatchObject([{ code: 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE' }]);
  });

  it('is 502 if nothing listens, or it closes the connection', async () => {
    const closed = await startRawStore();
    const site = await siteFor(closed);
    await site.check({ target: '/' }, { status: 502 });
    const refusing = await startSite(
      { origins: ['http://127.0.0.1:1'] },
      object({ origin: 'http://127.0.0.1:1' }),
    );
    await refusing.check({ target: '/' }, { status: 502 });
    expect(site.errors).toMatchObject([{ code: 'ERR_XSENDFILE_REMOTE_UNREACHABLE' }]);
    expect(refusing.errors).toMatchObject([
      { code: 'ERR_XSENDFILE_REMOTE_UNREACHABLE', errno: 'ECONNREFUSED' },
    ]);
  });

  it('is 504 if it does not answer', async () => {
    const store = await startStore(() => {});
    const { check, errors } = await startSite(
      { origins: [store.origin], timeout: 0.2 },
      object(store),
    );
    await check({ target: '/' }, { status: 504 });
    expect(errors).toMatchObject([{ code: 'ERR_XSENDFILE_REMOTE_TIMEOUT' }]);
    await eventually(() => store.sockets.size === 0);
    expect(store.sockets.size).toBe(0);
  });
});

describe('a store that refuses a range', () => {
  it.each([
    ['an empty object', '', { 'Content-Range': 'bytes */0' }, {}, 200],
    ['an empty object, without its size', '', {}, {}, 200],
    ['an empty object, whose size the application states', '', {}, { size: 0 }, 200],
    ['another object, without its size', 'abc', {}, {}, 416],
    ['another object', 'abc', { 'Content-Range': 'bytes */3' }, {}, 416],
  ])('of %s', async (_what, content, fields, properties, expected) => {
    const store = await startStore((req, res) => {
      const known = { ETag: '"1"', 'Content-Length': content.length };
      if (req.headers.range === undefined) res.writeHead(200, known).end(content);
      else res.writeHead(416, { ...fields }).end('<Error/>');
    });
    // With a single connection, one that is not released would be missing.
    const { check } = await startSite(
      { origins: [store.origin], connections: 1 },
      object(store, properties),
    );
    const headers =
      expected === 200
        ? { 'Content-Length': '0', ETag: '"1"' }
        : { 'Content-Range': 'bytes */3', ETag: null };
    for (const Range of ['bytes=5-9', 'bytes=5-']) {
      await check({ target: '/', headers: { Range } }, { status: expected, headers });
    }
  });

  it('gets a second request without it if If-Range may not match', async () => {
    const store = await startStore((req, res) => {
      if (req.headers.range === undefined)
        res.writeHead(200, { ETag: '"2"', 'Content-Length': 3 }).end('abc');
      else res.writeHead(416, { 'Content-Range': 'bytes */3' }).end();
    });
    const { check } = await siteFor(store);
    const Range = 'bytes=5-9';
    await check(
      { target: '/', headers: { Range, 'If-Range': '"1"' } },
      { status: 200, body: 'abc' },
    );
    await check({ target: '/', headers: { Range, 'If-Range': '"2"' } }, { status: 416 });
  });
});

describe('the length of the body', () => {
  it('is 502 if it is not the size that the application stated', async () => {
    const store = await startRawStore('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc');
    const { check, errors } = await siteFor(store, {}, { size: 4 });
    await check({ target: '/' }, { status: 502 });
    expect(errors).toMatchObject([{ code: 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE' }]);
  });

  it('is unknown for a chunked response, unless the application states it', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    const store = await startRawStore(bytes);
    const chunked = { status: 200, headers: { 'Content-Length': null }, body: 'abc' };
    const { check, outcomes } = await siteFor(store);
    await check({ target: '/' }, chunked);
    expect(outcomes).toMatchObject([{ kind: 'sent', size: undefined, bytes: 3 }]);
    const stated = await siteFor(store, {}, { size: 3 });
    await stated.check({ target: '/' }, { status: 200, headers: { 'Content-Length': '3' } });
  });

  it.each([
    ['Content-Length: 9\r\n\r\nabc', {}, 'ERR_XSENDFILE_CONTENT_FAILED'],
    ['Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', {}, 'ERR_XSENDFILE_CONTENT_FAILED'],
    [
      'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      { size: 9 },
      'ERR_XSENDFILE_CONTENT_LENGTH',
    ],
    [
      'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      { size: 2 },
      'ERR_XSENDFILE_CONTENT_LENGTH',
    ],
  ])('destroys the connection of the client after %j', async (rest, properties, code) => {
    const store = await startRawStore(`HTTP/1.1 200 OK\r\n${rest}`);
    const { port, outcomes } = await siteFor(store, {}, properties);
    const client = await Connection.open(port);
    client.send({ target: '/' });
    await client.closed;
    await eventually(() => outcomes.length > 0);
    expect(outcomes).toMatchObject([{ kind: 'failed', status: 200, code }]);
  });

  it('is not mistaken for complete by a client of HTTP/1.0, as nginx is by default', async () => {
    const store = await startRawStore(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    );
    const { port } = await siteFor(store);
    const client = connect(port, '127.0.0.1');
    client.write('GET / HTTP/1.0\r\n\r\n');
    const end = await new Promise((resolve) => {
      client.on('end', () => resolve('end'));
      client.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      client.resume();
    });
    expect(end).toBe('ECONNRESET');
  });

  it.each(['', 'Transfer-Encoding: gzip\r\n', 'Transfer-Encoding: gzip, chunked\r\n'])(
    'is 502 if a lost connection would look like the end: %j',
    async (framing) => {
      const store = await startRawStore(`HTTP/1.1 200 OK\r\n${framing}\r\nabc`);
      const { check, errors } = await siteFor(store);
      await check({ target: '/' }, { status: 502 });
      expect(errors).toMatchObject([{ code: 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE' }]);
    },
  );
});

describe('ranges', () => {
  const partial = (range: string, body: string) =>
    `HTTP/1.1 206 Partial Content\r\nETag: "1"\r\nContent-Range: bytes ${range}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  it('of a store that sends others than those requested give the whole object', async () => {
    const store = await startStore((req, { socket }) => {
      const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef';
      socket?.end(req.headers.range === undefined ? whole : partial('0-1/6', 'ab'));
    });
    const { check } = await siteFor(store);
    await check({ target: '/', headers: { Range: 'bytes=2-3' } }, { status: 200, body: 'abcdef' });
    await check({ target: '/', headers: { Range: 'bytes=0-1' } }, { status: 206, body: 'ab' });
    store.requests.length = 0;
    await check({ target: '/', headers: { Range: 'bytes=-2' } }, { status: 200, body: 'abcdef' });
    const ranges = store.requests.map(({ headers }) => headers.range);
    expect(ranges).toEqual(['bytes=-2', 'bytes=4-5', undefined]);
  });

  it('of a store that ignores If-Range are not sent', async () => {
    const store = await startStore((req, { socket }) => {
      const whole = 'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 6\r\n\r\nabcdef';
      socket?.end(req.headers.range === undefined ? whole : partial('0-1/6', 'ab'));
    });
    const { check } = await siteFor(store);
    const Range = 'bytes=0-1';
    await check(
      { target: '/', headers: { Range, 'If-Range': '"0"' } },
      { status: 200, body: 'abcdef' },
    );
    await check(
      { target: '/', headers: { Range, 'If-Range': '"1"' } },
      { status: 206, body: 'ab' },
    );
  });

  it('may be of an object whose size is not known', async () => {
    const store = await startRawStore(partial('0-1/*', 'ab'));
    const { check } = await siteFor(store);
    await check(
      { target: '/', headers: { Range: 'bytes=0-1' } },
      { status: 206, headers: { 'Content-Range': 'bytes 0-1/*' }, body: 'ab' },
    );
  });

  it.each(['0-1/1', '1-0/6', '0-1', '0-2/6', 'a-b/c'])(
    'is 502 for Content-Range: bytes %s',
    async (range) => {
      const store = await startRawStore(partial(range, 'ab'));
      const { check } = await siteFor(store);
      await check({ target: '/', headers: { Range: 'bytes=0-1' } }, { status: 502 });
    },
  );
});

describe('what is sent to the store and to the client', () => {
  it('is nothing of the client but its range and conditions', async () => {
    const store = await startRawStore('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const { request } = await siteFor(store);
    await request({
      target: '/',
      headers: {
        Cookie: 'session=1',
        Authorization: 'Bearer 1',
        'X-Forwarded-For': '192.0.2.1',
        'Accept-Encoding': 'gzip',
        Range: 'bytes=0-',
        'If-Range': '"a"',
        'If-None-Match': '"b"',
      },
    });
    const [{ method, url, headers } = {}] = store.requests;
    expect([method, url]).toEqual(['GET', '/bucket/a.txt?X-Amz-Signature=5ecret']);
    expect(headers).toEqual({
      host: `127.0.0.1:${store.port}`,
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'keep-alive',
      range: 'bytes=0-',
      'if-range': '"a"',
      'if-none-match': '"b"',
    });
  });

  it('is nothing of the store but its validators, lengths and Content-Encoding', async () => {
    const body = gzipSync('text');
    const store = await startStore((_req, res) => {
      res.writeHead(200, {
        'Content-Length': body.length,
        'Content-Type': 'text/html',
        'Content-Encoding': 'aws-chunked, gzip',
        'Content-Disposition': 'inline; filename=evil.html',
        'Cache-Control': 'public',
        'Set-Cookie': 'a=b',
        'X-Amz-Meta-Owner': 'x',
        Server: 'AmazonS3',
        Location: '/',
        ETag: 'unquoted',
        'Last-Modified': 'Fri, 01 Mar 2024 12:00:00 GMT',
      });
      res.end(body);
    });
    const { request } = await siteFor(store);
    const response = await request({ target: '/' });
    const { connection, date, 'keep-alive': keepAlive, ...headers } = response.headers;
    expect(headers).toEqual({
      'cache-control': 'private, no-cache',
      'content-encoding': 'gzip',
      'content-length': String(body.length),
      'content-type': 'text/plain; charset=utf-8',
      'cross-origin-resource-policy': 'same-site',
      etag: '"unquoted"',
      'last-modified': 'Fri, 01 Mar 2024 12:00:00 GMT',
      vary: 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest',
      'x-content-type-options': 'nosniff',
    });
    expectResponse(response, { status: 200, body });
  });
});

describe('connections to the store', () => {
  it('are used again', async () => {
    const store = await startStore((_req, res) => void res.end('abc'));
    const { check } = await siteFor(store);
    for (let count = 0; count < 5; count += 1) await check({ target: '/' }, { status: 200 });
    // The whole object has arrived with the head.
    await check({ target: '/', method: 'HEAD' }, { status: 200 });
    await check({ target: '/' }, { status: 200 });
    expect(store.requests).toHaveLength(7);
    expect(store.sockets.size).toBe(1);
  });

  it('that the store closed while they were idle are replaced', async () => {
    let count = 0;
    const store = await startStore((req, res) => {
      count += 1;
      // The second request on a connection finds it closed.
      if (count === 2) req.socket.resetAndDestroy();
      else res.end('abc');
    });
    const { check } = await siteFor(store);
    await check({ target: '/' }, { status: 200, body: 'abc' });
    await check({ target: '/' }, { status: 200, body: 'abc' });
    expect(count).toBe(3);
  });

  it('are limited: further requests wait, and get 503 after the timeout', async () => {
    const store = await startStore((_req, res) => void res.write('abc'));
    const { port, check, errors } = await startSite(
      { origins: [store.origin], connections: 1, timeout: 0.2 },
      object(store),
    );
    const first = await Connection.open(port);
    first.send({ target: '/' });
    await first.receive(1);
    const [occupied] = store.sockets;
    await check({ target: '/' }, { status: 503, headers: { 'Retry-After': '5' } });
    expect(errors).toMatchObject([{ code: 'ERR_XSENDFILE_REMOTE_BUSY' }]);
    expect([...store.sockets]).toEqual([occupied]);
    first.destroy();
    // From Node 24 on, the Agent may open a connection for the request that has given up; the next one uses it.
    await eventually(() => occupied?.destroyed === true);
    expect(occupied?.destroyed).toBe(true);
    const next = await Connection.open(port);
    next.send({ target: '/' });
    await next.receive(1);
    expect(next.length).toBeGreaterThan(0);
    expect(store.sockets.size).toBe(1);
    next.destroy();
  });

  it.each([
    ['before the store has answered', false],
    ['during the body', true],
  ])('are closed at once if the client disconnects %s', async (_when, isAnswering) => {
    const store = await startStore((_req, res) => {
      if (isAnswering) res.write('abc');
    });
    const { port, outcomes } = await siteFor(store);
    const client = await Connection.open(port);
    client.send({ target: '/' });
    await eventually(() => store.requests.length === 1);
    if (isAnswering) await client.receive(1);
    client.destroy();
    await eventually(() => store.sockets.size === 0 && outcomes.length > 0);
    expect(store.sockets.size).toBe(0);
    expect(outcomes).toMatchObject([{ kind: 'aborted', status: isAnswering ? 200 : 0 }]);
  });

  it('are closed by the idle timeout if the store stops in the middle', async () => {
    const store = await startStore((_req, res) => {
      res.writeHead(200, { 'Content-Length': 1000 });
      res.write('abc');
    });
    const { port, outcomes } = await siteFor(store, { idleTimeout: 0.2 });
    const client = await Connection.open(port);
    client.send({ target: '/' });
    await client.closed;
    await eventually(() => store.sockets.size === 0 && outcomes.length > 0);
    expect(store.sockets.size).toBe(0);
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_CONTENT_STALLED' }]);
  });

  it('are closed after HEAD and after a refusal of allow', async () => {
    const store = await startStore((_req, res) => void res.write('abc'));
    const { check } = await siteFor(store, {
      allow: (_file: unknown, context: { req: { method?: string } }) =>
        context.req.method === 'HEAD',
    });
    await check({ target: '/', method: 'HEAD' }, { status: 200, body: '' });
    await check({ target: '/' }, { status: 404 });
    await eventually(() => store.sockets.size === 0);
    expect(store.sockets.size).toBe(0);
  });

  it('survive a store that resets the connection while the application decides', async () => {
    const store = await startStore((req, res) => {
      res.writeHead(200, { 'Content-Length': 1000 });
      res.write('abc');
      setTimeout(() => req.socket.resetAndDestroy(), 20);
    });
    const allow = (): Promise<boolean> =>
      eventually(() => store.sockets.size === 0).then(() => true);
    const { port, outcomes } = await siteFor(store, { allow });
    const client = await Connection.open(port);
    client.send({ target: '/' });
    await client.closed;
    await eventually(() => outcomes.length > 0);
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_CONTENT_FAILED' }]);
  });
});
