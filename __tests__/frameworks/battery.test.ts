import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, readlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createUrlSigner } from '../../lib/index.js';
import { generated } from '../frontends/generated.js';
import { type Expected, expectResponse } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { type RunningFrontEnd, startFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import {
  Connection,
  parseResponse,
  type RawRequest,
  type RawResponse,
  rawRequest,
} from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { createSparse } from '../pipeline/transfer/sparse.js';
import { type Application, FRAMEWORKS, HANDSHAKE, LINK_SECRET, start } from './applications.js';

/**
 * What every framework must do with files: one battery, examined from outside, of one application for each.
 * `npm run test:frameworks` runs it with the packed package, in each kind of project.
 */

const LARGE = randomBytes(3 * 1024 * 1024);
const DIFFICULT = 'Ünï cödé 100% #1 & +;=?.txt';
const HUGE = 50 * 1024 * 1024;
/** The size of a file, and a position in it, for which 32 bits are not enough. */
const [VAST, FAR] = [5 * 2 ** 30, 4.5 * 2 ** 30];
const READERS = 300;
const MIB = 2 ** 20;

const scratch = createTree({
  'outside.txt': 'secret',
  'files/large.bin': LARGE,
  'files/report.txt': 'the report',
  [`files/sub/${DIFFICULT}`]: 'difficult',
});
const root = join(scratch, 'files');
createSparse(root, 'huge.bin', HUGE);
createSparse(root, 'vast.bin', VAST, { [FAR]: 'far away' });
// For the workers of nginx, who are somebody else.
chmodSync(scratch, 0o755);

const signer = createUrlSigner(LINK_SECRET);
const yesterday = Date.now() - 86_400_000;
const formerSigner = createUrlSigner(LINK_SECRET, { now: () => yesterday });
const strangeSigner = createUrlSigner('0000111122223333444455556666777788889999');

const chosen = process.env.FRAMEWORKS?.split(',') ?? ['koa', 'fastify'];
const frameworks = FRAMEWORKS.filter(({ program }) => chosen.includes(program));

describe.each(frameworks)(
  '$name',
  ({ program, handlesRefusals, notFoundPage, hasCors, redirects, dropsLength, banner }) => {
    let application: Application;
    beforeAll(async () => {
      application = await start(program, root);
      // Two seconds after a change, validators become strong, which no test may see in between.
      const { port } = application;
      const isStrong = async (): Promise<boolean> => {
        const { headers } = await rawRequest(port, { target: '/files/report.txt' });
        return headers.etag?.startsWith('"') ?? false;
      };
      await eventually(isStrong);
    });

    async function check(request: RawRequest, expected: Expected): Promise<RawResponse> {
      const response = await rawRequest(application.port, request);
      expectResponse(response, expected);
      expect(response.raw.includes('secret')).toBe(false);
      return response;
    }

    it('sends a file of 3 MB', async () => {
      const { body } = await check({ target: '/files/large.bin' }, { status: 200 });
      const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
      expect(digest(body)).toBe(digest(LARGE));
    });

    it('sends a file with a difficult name', async () => {
      const target = `/files/sub/${encodeURIComponent(DIFFICULT)}`;
      await check({ target }, { status: 200, body: 'difficult' });
    });

    it('sends a range', async () => {
      const headers = { Range: 'bytes=4-' };
      await check(
        { target: '/files/report.txt', headers },
        { status: 206, headers: { 'Content-Range': 'bytes 4-9/10' }, body: 'report' },
      );
      await check(
        { target: '/files/report.txt', headers: { Range: 'bytes=10-' } },
        { status: 416, headers: { 'Content-Range': 'bytes */10' } },
      );
    });

    it('answers HEAD with the headers of GET', async () => {
      const target = '/files/report.txt';
      const get = await check({ target }, { status: 200 });
      const head = await check({ target, method: 'HEAD' }, { status: 200, body: '' });
      const framing = dropsLength ? { 'transfer-encoding': 'chunked' } : {};
      const { date: _get, ...ofGet } = get.headers;
      const { date: _head, ...ofHead } = head.headers;
      expect({ ...framing, ...ofHead }).toEqual(ofGet);
    });

    it('answers 304 to a conditional request', async () => {
      const target = '/files/report.txt';
      const { headers } = await check({ target }, { status: 200, headers: { ETag: /"$/ } });
      const conditional = { target, headers: { 'If-None-Match': headers.etag ?? '' } };
      await check(conditional, { status: 304, body: '' });
    });

    it('answers 404 for a missing file, by the error handling that its users expect', async () => {
      const page = handlesRefusals
        ? (notFoundPage ?? 'handled ERR_XSENDFILE_NOT_FOUND')
        : undefined;
      const { body } = await check({ target: '/files/gone.txt' }, { status: 404 });
      if (page !== undefined) expect(String(body)).toBe(page);
      await check({ target: '/files/gone.txt', method: 'HEAD' }, { status: 404, body: '' });
    });

    it.each([
      '/files/../outside.txt',
      '/files/%2e%2e/outside.txt',
      '/files/..%2foutside.txt',
      '/files/sub/..%2f..%2f..%2foutside.txt',
      '/files/..%5coutside.txt',
      '/files//report.txt',
      '/files/report.txt.data',
      '/%66iles/report.txt',
      '/files',
      '/files/',
    ])('answers an error for %s', async (target) => {
      const { status, body } = await rawRequest(application.port, { target });
      expect([400, 403, 404, ...(redirects ? [308] : [])]).toContain(status);
      expect(String(body)).not.toMatch(/secret|the report/);
    });

    it('sends a file with a good link only', async () => {
      const target = `/links${signer.sign('report.txt')}`;
      await check({ target }, { status: 200, body: 'the report' });
      await check({ target: `/links${strangeSigner.sign('report.txt')}` }, { status: 404 });
      await check({ target: '/links/report.txt' }, { status: 404 });
      await check({ target: `/links${formerSigner.sign('report.txt')}` }, { status: 410 });
    });

    it('sends a file on a route, under another name', async () => {
      await check(
        { target: '/send/report' },
        {
          status: 200,
          headers: { 'Content-Disposition': 'attachment; filename="Your copy.txt"' },
          body: 'the report',
        },
      );
      await check(
        { target: '/send/report', headers: { Range: 'bytes=0-2' } },
        { status: 206, body: 'the' },
      );
    });

    it('gives the refusal on a route to the error handling of the application', async () => {
      const page = notFoundPage ?? 'handled ERR_XSENDFILE_NOT_FOUND';
      const headers = { 'Content-Disposition': null };
      await check({ target: '/send/gone' }, { status: 404, headers, body: page });
    });

    it('answers HEAD on a route', async () => {
      const target = '/send/report';
      const headers = dropsLength ? {} : { 'Content-Length': '10' };
      await check({ target, method: 'HEAD' }, { status: 200, headers, body: '' });
    });

    it('sends the headers that the application has set', async () => {
      const origin = { Origin: 'https://site.example' };
      const cors = hasCors ? { 'Access-Control-Allow-Origin': 'https://site.example' } : {};
      for (const target of ['/files/report.txt', '/send/report']) {
        const headers = { 'X-Application': 'ours', ...cors };
        await check({ target, headers: origin }, { status: 200, headers });
      }
    });

    it('offloads to a front end that authenticates, and to no other', async () => {
      const target = '/offloaded/report.txt';
      const name = 'X-Accel-Redirect';
      for (const method of ['GET', 'HEAD']) {
        const headers = { 'X-Sendfile-Handshake': HANDSHAKE };
        const offloaded = { [name]: '/-internal-/report.txt', 'X-Application': 'ours' };
        await check({ target, method, headers }, { status: 200, headers: offloaded, body: '' });
      }
      await check({ target }, { status: 200, headers: { [name]: null }, body: 'the report' });
    });

    it('sends a range of a file of 5 GB', async () => {
      const last = FAR + 'far away'.length - 1;
      const headers = { 'Content-Range': `bytes ${FAR}-${last}/${VAST}` };
      const request = { target: '/files/vast.bin', headers: { Range: `bytes=${FAR}-${last}` } };
      await check(request, { status: 206, headers, body: 'far away' });
      const end = { Range: `bytes=${VAST - 5}-` };
      await check(
        { target: '/files/vast.bin', headers: end },
        { status: 206, body: '\0'.repeat(5) },
      );
    });

    /** Starts a download, of which only the first bytes are read. */
    async function begin(): Promise<Connection> {
      const connection = await Connection.open(application.port);
      connection.send({ target: '/files/huge.bin' });
      await connection.receive(100_000);
      connection.pause();
      return connection;
    }

    // A thousand in all where a Response is sent, because its body ends in other ways than a response of Node.
    const rounds = program.startsWith('web-') ? [1, 2, 3, 4, 5] : [1];
    it.each(rounds)('closes the files when 200 clients disconnect: round %i', async () => {
      for (let batch = 0; batch < 4; batch += 1) {
        const connections = await Promise.all(Array.from({ length: 50 }, begin));
        for (const connection of connections) connection.destroy();
      }
      await eventually(() => countOpenFiles(application.pid) === 0);
      expect(countOpenFiles(application.pid)).toBe(0);
    });

    it(`needs little memory for ${READERS} clients that have stopped reading`, async () => {
      const first = await begin();
      const before = residentBytes(application.pid);
      const others = await Promise.all(Array.from({ length: READERS - 1 }, begin));
      await delay(500);
      // All of the files would be 15 GB.
      expect(residentBytes(application.pid) - before).toBeLessThan(300 * MIB);
      for (const connection of [first, ...others]) connection.destroy();
      await eventually(() => countOpenFiles(application.pid) === 0);
    });

    it('cuts the response off if the file is truncated', async () => {
      const path = createSparse(root, 'shrinking.bin', HUGE);
      const connection = await Connection.open(application.port);
      connection.send({ target: '/files/shrinking.bin', headers: { Connection: 'close' } });
      await connection.receive(100_000);
      truncateSync(path, 1_000_000);
      const received = await connection.readAll();
      expect(parseResponse(received).status).toBe(200);
      expect(received.length).toBeLessThan(HUGE);
      // The end of a chunked body (RFC 9112 §7.1).
      expect(String(received.subarray(-7))).not.toBe('\r\n0\r\n\r\n');
      await eventually(() => countOpenFiles(application.pid) === 0);
    });

    describeWithPrograms('nginx in front of it', ['nginx'], () => {
      let server: RunningFrontEnd;
      beforeAll(async () => {
        const place = { root, backendPort: application.port, handshake: HANDSHAKE };
        server = await startFrontEnd(generated('nginx'), place);
      });
      afterAll(() => server.stop());

      it.each(['GET', 'HEAD'])('sends the file: %s', async (method) => {
        const target = `/offloaded/sub/${encodeURIComponent(DIFFICULT)}`;
        const response = await rawRequest(server.port, { target, method });
        const headers = {
          'Content-Length': '9',
          'Content-Type': 'text/plain; charset=utf-8',
          'X-Accel-Redirect': null,
        };
        const body = method === 'HEAD' ? '' : 'difficult';
        expectResponse(response, { status: 200, headers, body });
      });

      it('sends ranges, and answers conditions', async () => {
        const target = '/offloaded/large.bin';
        const Range = `bytes=${LARGE.length - 1000}-`;
        const part = await rawRequest(server.port, { target, headers: { Range } });
        expectResponse(part, { status: 206, body: LARGE.subarray(-1000) });
        const condition = { 'If-None-Match': part.headers.etag ?? '' };
        const fresh = await rawRequest(server.port, { target, headers: condition });
        expectResponse(fresh, { status: 304, body: '' });
      });

      it('sends no refused file, and none by its internal name', async () => {
        for (const target of ['/offloaded/gone.txt', '/-internal-/report.txt']) {
          const { status, body } = await rawRequest(server.port, { target });
          expect([target, status]).toEqual([target, 404]);
          expect(String(body)).not.toContain('the report');
        }
      });
    });

    it('has printed nothing, and still works', async () => {
      await check({ target: '/files/report.txt' }, { status: 200, body: 'the report' });
      expect(application.output().replace(banner ?? '', '')).toBe('');
    });
  },
);

/** The memory of a process; 0 where it cannot be told. */
function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const [, kilobytes = 0] =
    /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** How many files below the root a process has open. */
function countOpenFiles(pid: number): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync(`/proc/${pid}/fd`).filter((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith(root);
    } catch {
      return false; // closed since
    }
  }).length;
}
