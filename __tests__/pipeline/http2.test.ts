import { once } from 'node:events';
import { constants, type Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { authToken, type Outcome, offload, xsendfile } from '../../lib/index.js';
import { eventually } from '../helpers/eventually.js';
import { type Http2Site, listenHttp2 } from '../helpers/http2.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { createCertificate } from './transfer/certificate.js';
import { expectAllClosed } from './transfer/descriptors.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const LARGE = Buffer.alloc(8_000_000, 'large ');
const MEDIUM = Buffer.alloc(300_000, 'medium ');
const root = createTree({
  'a.txt': 'text',
  'medium.bin': MEDIUM,
  'large.bin': LARGE,
  'a.html': '<b>',
});
const credentials = createCertificate();

const outcomes: Outcome[] = [];
const files = xsendfile(root, { onFinish: (outcome) => outcomes.push(outcome) });
const links = authToken(SECRET, root);
const offloading = xsendfile(root, { sender: 'nginx', handshake: SECRET });
const documents = offload(files);

function route(req: Http2ServerRequest, res: Http2ServerResponse): void {
  const [, mount = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(req.url) ?? [];
  req.url = rest;
  const fail = (error: unknown) => res.writeHead(500).end(String(error));
  if (mount === 'files') files(req, res);
  else if (mount === 'links') links(req, res);
  else if (mount === 'nginx') offloading(req, res);
  else if (mount === 'trailers') {
    res.addTrailers({ 'x-checksum': 'none' });
    files(req, res);
  } else if (mount === 'send') {
    files.send(req, res, 'a.txt', { contentDisposition: 'attachment' }).catch(fail);
  } else if (mount === 'content') {
    files
      .sendContent(req, res, {
        name: 'a.txt',
        read: async function* () {
          yield MEDIUM;
        },
      })
      .catch(fail);
  } else if (mount === 'reset') {
    const read = async function* () {
      await once(req, 'close');
      yield MEDIUM;
    };
    files.sendContent(req, res, { name: 'a.bin', size: MEDIUM.length, read }).catch(fail);
  } else {
    documents(req, res, (error) => files(req, res, () => fail(error)));
  }
}

beforeEach(() => {
  letFilesSettle();
  outcomes.length = 0;
});
afterEach(() => jest.restoreAllMocks());

describe.each([
  ['with TLS', credentials],
  ['over plain TCP', undefined],
])('a handler on an HTTP/2 server %s', (_title, given) => {
  let site: Http2Site;
  beforeAll(async () => {
    site = await listenHttp2(route, given);
  });

  it('sends a file, with validators, and only its head for HEAD', async () => {
    const response = await site.request('/files/a.txt');
    expect(response).toMatchObject({ status: 200, errorCode: 0, body: Buffer.from('text') });
    expect(response.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '4',
      'cache-control': 'private, no-cache',
      etag: expect.stringMatching(/^"/),
    });
    const head = await site.request('/files/large.bin', { ':method': 'HEAD' });
    expect(head).toMatchObject({ status: 200, errorCode: 0, body: Buffer.alloc(0) });
    expect(head.headers['content-length']).toBe(String(LARGE.length));
    await eventually(() => outcomes.length === 2);
    expect(outcomes).toMatchObject([
      { kind: 'sent', bytes: 4 },
      { kind: 'sent', bytes: 0 },
    ]);
  });

  it('honours conditions and ranges', async () => {
    const { headers } = await site.request('/files/medium.bin');
    const unchanged = await site.request('/files/medium.bin', { 'if-none-match': headers.etag });
    expect(unchanged).toMatchObject({ status: 304, body: Buffer.alloc(0), errorCode: 0 });
    const failed = await site.request('/files/medium.bin', { 'if-match': '"other"' });
    expect(failed.status).toBe(412);
    const part = await site.request('/files/medium.bin', { range: 'bytes=7-13' });
    expect([part.status, String(part.body)]).toEqual([206, 'medium ']);
    const parts = await site.request('/files/medium.bin', { range: 'bytes=0-1,4-5' });
    expect(parts.headers['content-type']).toMatch(/^multipart\/byteranges/);
    expect((await site.request('/files/medium.bin', { range: 'bytes=900000-' })).status).toBe(416);
    await eventually(() => outcomes.length === 6);
  });

  it('refuses without a reason phrase, of which Node warns, and without a header of HTTP/1', async () => {
    const setReason = jest.spyOn(Http2ServerResponse.prototype, 'statusMessage', 'set');
    const missing = await site.request('/files/missing.txt');
    expect(missing).toMatchObject({ status: 404, body: Buffer.from('Not Found\n'), errorCode: 0 });
    const { status, headers } = await site.request('/files/a.txt', { ':method': 'POST' });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    expect((await site.request('/files/../a.txt')).status).toBe(403);
    for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'upgrade']) {
      expect([missing.headers[name], headers[name]]).toEqual([undefined, undefined]);
    }
    expect(setReason).not.toHaveBeenCalled();
  });

  it('verifies links', async () => {
    const link = links.signer.sign('a.txt');
    expect(await site.request(`/links${link}`)).toMatchObject({
      status: 200,
      body: Buffer.from('text'),
    });
    const expired = links.signer.sign('a.txt', { expires: new Date('2024-01-01') });
    expect((await site.request(`/links${expired}`)).status).toBe(410);
    expect((await site.request(`/links${link.replace('a.txt', 'b.txt')}`)).status).toBe(404);
  });

  it('sends for send(), sendContent() and behind offload()', async () => {
    const sent = await site.request('/send/');
    expect(sent).toMatchObject({ status: 200, body: Buffer.from('text') });
    expect(sent.headers['content-disposition']).toMatch(/^attachment/);
    const content = await site.request('/content/');
    expect([content.status, content.body.equals(MEDIUM)]).toEqual([200, true]);
    expect(content.headers['transfer-encoding']).toBeUndefined();
    expect((await site.request('/other/a.txt')).status).toBe(200);
  });

  it('sends trailers of the application after the file', async () => {
    const { body, trailers } = await site.request('/trailers/medium.bin');
    expect(body.equals(MEDIUM)).toBe(true);
    expect(trailers['x-checksum']).toBe('none');
  });

  it('names the file to a front end that authenticates', async () => {
    const named = await site.request('/nginx/a.txt', { 'x-sendfile-handshake': SECRET });
    expect(named).toMatchObject({ status: 200, body: Buffer.alloc(0), errorCode: 0 });
    expect(named.headers['x-accel-redirect']).toMatch(/\/a\.txt$/);
    const embedded = await site.request('/nginx/a.txt');
    expect([embedded.headers['x-accel-redirect'], String(embedded.body)]).toEqual([
      undefined,
      'text',
    ]);
  });

  it('sends on thirty streams at once', async () => {
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        site.request(`/files/${index % 2 === 0 ? 'medium' : 'large'}.bin`),
      ),
    );
    for (const [index, { status, body, errorCode }] of responses.entries()) {
      expect([status, errorCode]).toEqual([200, 0]);
      expect(body.equals(index % 2 === 0 ? MEDIUM : LARGE)).toBe(true);
    }
    await eventually(() => outcomes.length === 30);
    expect(outcomes.every(({ kind }) => kind === 'sent')).toBe(true);
    await expectAllClosed(root);
  });

  it('ends the transfer of a stream that the client resets, and no other', async () => {
    const session = site.open();
    const stream = session.request({ ':path': '/files/large.bin' });
    stream.on('error', () => {});
    // What it does not read stays on the server.
    stream.once('response', () => stream.close(constants.NGHTTP2_CANCEL));
    const others = await Promise.all(
      Array.from({ length: 3 }, () => site.request('/files/large.bin', {}, session)),
    );
    expect(others.every(({ body }) => body.equals(LARGE))).toBe(true);
    await eventually(() => outcomes.length === 4);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['aborted', 'sent', 'sent', 'sent']);
    await expectAllClosed(root);
  });

  it('reports a stream that is reset between head and body as aborted', async () => {
    const stream = site.open().request({ ':path': '/reset/' });
    stream.on('error', () => {});
    stream.once('response', () => stream.close(constants.NGHTTP2_CANCEL));
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted', bytes: 0 }]);
  });

  it('ends all transfers of a session that is destroyed', async () => {
    const session = site.open();
    const begun = Array.from({ length: 5 }, () => {
      const stream = session.request({ ':path': '/files/large.bin' });
      stream.on('error', () => {});
      return new Promise((resolve) => stream.once('response', resolve));
    });
    await Promise.all(begun);
    session.destroy();
    await eventually(() => outcomes.length === 5);
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('aborted'));
    await expectAllClosed(root);
    expect((await site.request('/files/a.txt')).status).toBe(200);
  });
});

describe('a handler on an HTTP/2 server that accepts HTTP/1.1', () => {
  it('serves both', async () => {
    const { port } = await listenHttp2(route, credentials);
    const text = await new Promise<string>((resolve, reject) => {
      const { cert: ca } = credentials;
      const options = { port, path: '/files/a.txt', ca, servername: 'localhost', agent: false };
      requestHttps({ ...options, host: '127.0.0.1' }, (response) => {
        let body = `${response.httpVersion} ${response.statusMessage} `;
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve(body));
      })
        .on('error', reject)
        .end();
    });
    expect(text).toBe('1.1 OK text');
  });
});
