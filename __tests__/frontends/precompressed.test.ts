import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import { type Outcome, xsendfile } from '../../lib/index.js';
import {
  type FrontEnd,
  type FrontEndName,
  type RunningFrontEnd,
  startFrontEnd,
} from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { everywhere, passesContentEncoding, passesHeaders } from './cases.js';
import { generated } from './generated.js';

const HANDSHAKE = 'handshake-of-the-precompressed-tests';
/** Larger than the buffers of the servers, also when compressed. */
const SCRIPT = Buffer.from(
  Array.from(
    { length: 4000 },
    (_, line) => `// ${createHash('md5').update(`${line}`).digest('hex')}\n`,
  ).join(''),
);
const BR = brotliCompressSync(SCRIPT);
const GZ = gzipSync(SCRIPT);
const DECODE = { br: brotliDecompressSync, gzip: gunzipSync };
/** Needs encoding itself. */
const NAME = 'ap p (50% mañana).js';
const TARGET = `/${encodeURIComponent(NAME)}`;

const root = createTree({
  [NAME]: SCRIPT,
  [`${NAME}.br`]: BR,
  [`${NAME}.gz`]: GZ,
  'plain.js': SCRIPT,
  'page.html': SCRIPT,
  'page.html.br': BR,
});
// A stale one, which must not be sent.
writeFileSync(join(root, 'plain.js.br'), 'stale');
utimesSync(join(root, 'plain.js.br'), 1, 1);
chmodSync(root, 0o755);

/** Caddy sends what has a Content-Encoding in chunks. */
const announcesLength = { ...everywhere(true), caddy: false };
/** lighttpd ignores Range for what has a Content-Encoding. */
const honoursRanges = { ...everywhere(true), lighttpd: false };

/** Apache writes lists without spaces. */
const VARY = expect.stringMatching(
  /^Accept-Encoding, ?Sec-Fetch-Site, ?Sec-Fetch-Mode, ?Sec-Fetch-Dest$/,
);

interface Site extends Pick<RunningFrontEnd, 'stop'> {
  readonly application: Server;
  readonly outcomes: Outcome[];
  ask(acceptEncoding: string | undefined, request?: Partial<RawRequest>): Promise<RawResponse>;
}

/** nginx as in Debian's own configuration, which compresses responses. */
function compressing(frontEnd: FrontEnd): FrontEnd {
  const compression = 'gzip on; gzip_types *; gzip_proxied any;';
  return {
    ...frontEnd,
    configure: (place) =>
      frontEnd.configure(place).replace(/^http \{$/m, (line) => `${line} ${compression}`),
  };
}

async function startSite(name: FrontEndName): Promise<Site> {
  const outcomes: Outcome[] = [];
  const handler = xsendfile(root, {
    sender: name,
    handshake: HANDSHAKE,
    precompressed: ['br', 'gzip'],
    onFinish: (outcome) => outcomes.push(outcome),
  });
  const application = createServer((req, res) => handler(req, res)).listen(0, '127.0.0.1');
  await once(application, 'listening');
  const { port: backendPort } = application.address() as AddressInfo;
  const place = { root, backendPort, handshake: HANDSHAKE };
  const { port, stop } = await startFrontEnd(compressing(generated(name)), place);
  return {
    application,
    outcomes,
    stop,
    ask(acceptEncoding, request) {
      const accept = acceptEncoding === undefined ? {} : { 'Accept-Encoding': acceptEncoding };
      const headers = { ...accept, ...request?.headers };
      return rawRequest(port, { target: TARGET, ...request, headers });
    },
  };
}

describe.each(FRONT_END_SERVERS)('precompressed files behind %s', (name) => {
  describeWithPrograms(name, [name], () => {
    let site: Site;

    beforeAll(async () => {
      site = await startSite(name);
    }, 180_000);
    afterAll(async () => {
      await site.stop();
      site.application.closeAllConnections();
      site.application.close();
    });
    beforeEach(() => {
      letFilesSettle();
      site.outcomes.splice(0);
    });
    afterEach(() => jest.restoreAllMocks());

    /** Who sent the file; the others drop headers that it needs. */
    function expectSender(isEncoded: boolean): void {
      const isOffloaded = (isEncoded ? passesContentEncoding : passesHeaders)[name];
      const kind = isOffloaded ? 'offloaded' : 'sent';
      expect(site.outcomes).toMatchObject([{ kind, sender: isOffloaded ? name : 'serve' }]);
    }

    function lengthOf(encoded: Buffer): Record<string, string> {
      return announcesLength[name] ? { 'content-length': String(encoded.length) } : {};
    }

    it.each([
      ['br', 'br', BR],
      ['gzip, deflate, br', 'br', BR],
      ['br;q=0.5, gzip', 'gzip', GZ],
    ] as const)('are sent to a client that accepts %j', async (accept, coding, expected) => {
      const { status, headers, body } = await site.ask(accept);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-encoding': coding,
        ...lengthOf(expected),
        'content-type': 'text/javascript; charset=utf-8',
        vary: VARY,
      });
      expect(body.equals(expected)).toBe(true);
      expect(DECODE[coding](body).equals(SCRIPT)).toBe(true);
      expectSender(true);
    });

    it.each([
      ['does not say what it accepts', undefined, TARGET],
      ['accepts none of them', 'identity, deflate', TARGET],
      ['accepts one that is stale', 'br', '/plain.js'],
    ])('are not sent to a client that %s', async (_what, accept, target) => {
      const { status, headers, body } = await site.ask(accept, { target });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-length': String(SCRIPT.length),
        'content-type': 'text/javascript; charset=utf-8',
        vary: VARY,
      });
      expect(headers).not.toHaveProperty('content-encoding');
      expect(body.equals(SCRIPT)).toBe(true);
      expectSender(false);
    });

    it('are described to HEAD', async () => {
      const { status, headers, body } = await site.ask('br', { method: 'HEAD' });
      expect([status, body.length]).toEqual([200, 0]);
      expect(headers).toMatchObject({
        'content-encoding': 'br',
        ...lengthOf(BR),
        vary: VARY,
      });
      expectSender(true);
    });

    it('are what ranges count', async () => {
      const headers = { Range: 'bytes=5-14' };
      const reply = await site.ask('br', { headers });
      expect(reply.headers).toMatchObject({
        'content-encoding': 'br',
        vary: VARY,
      });
      const isRange = honoursRanges[name];
      expect(reply.status).toBe(isRange ? 206 : 200);
      expect(reply.headers['content-range']).toBe(isRange ? `bytes 5-14/${BR.length}` : undefined);
      expect(reply.body.equals(isRange ? BR.subarray(5, 15) : BR)).toBe(true);
    });

    it('have tags of their own, for which there is 304', async () => {
      const tags: Record<string, string> = {};
      for (const accept of ['br', 'gzip', 'identity']) {
        tags[accept] = (await site.ask(accept)).headers.etag ?? '';
      }
      expect(new Set(Object.values(tags)).size).toBe(3);
      for (const accept of Object.keys(tags)) {
        for (const [owner, tag] of Object.entries(tags)) {
          const headers = { 'If-None-Match': tag };
          const { status, body } = await site.ask(accept, { headers });
          expect([accept, owner, status]).toEqual([accept, owner, owner === accept ? 304 : 200]);
          if (status === 304) expect(body.length).toBe(0);
        }
      }
    });

    it('keep a page in its sandbox', async () => {
      const { headers, body } = await site.ask('br', { target: '/page.html' });
      expect(headers).toMatchObject({
        'content-encoding': 'br',
        'content-security-policy': 'sandbox',
        'content-type': 'text/html; charset=utf-8',
      });
      expect(body.equals(BR)).toBe(true);
    });

    it('are files like others by their own names', async () => {
      const { headers, body } = await site.ask('br', { target: `${TARGET}.br` });
      expect(headers).toMatchObject({ 'content-type': 'application/octet-stream' });
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers.vary).not.toMatch(/Accept-Encoding/i);
      expect(body.equals(BR)).toBe(true);
    });
  });
});
