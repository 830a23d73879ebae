import { readdirSync } from 'node:fs';
import type { SenderName, XSendfileOptions } from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { eventually } from '../helpers/eventually.js';
import { itOnLinux } from '../helpers/needs.js';
import { Connection, type RawResponse } from '../helpers/raw-request.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { expectAllClosed } from '../pipeline/transfer/descriptors.js';
import { expectNoControlHeader, expectOffloaded, isOffloaded } from './front-end.js';
import {
  type ExpectedResponse,
  expectationFor,
  type Promised,
  promisesOf,
  refused,
  type Validators,
} from './promises.js';
import {
  BYTES,
  type Exchange,
  HEADER_SENDERS,
  NAMES,
  type Served,
  SIZE,
  SOURCES,
  type SourceCase,
  serveSource,
  startStore,
} from './served.js';

/** What every source of files promises, whoever sends them. */

const HANDSHAKE = '0123456789abcdef0123456789abcdef';
const FROM_FRONT_END = { 'X-Sendfile-Handshake': HANDSHAKE };

beforeAll(startStore, 60_000);
// Validators are strong then, and files cached.
beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

/** The Content-Range and the bytes of each part of a multipart body. */
function partsOf({ headers, body }: RawResponse): readonly string[] {
  const [, boundary = ''] = /^multipart\/byteranges; boundary=(.+)$/.exec(
    headers['content-type'] ?? '',
  ) ?? [''];
  const pieces = body.toString('latin1').split(`--${boundary}`);
  expect(pieces.at(-1)?.trim()).toBe('--');
  return pieces.slice(1, -1).map((piece) => {
    const headEnd = piece.indexOf('\r\n\r\n');
    const [, range = ''] = /\r\nContent-Range: (.+)/i.exec(piece.slice(0, headEnd)) ?? [];
    return `${range.trim()}: ${piece.slice(headEnd + 4, -2)}`;
  });
}

const formatPart = ([start, end]: readonly [number, number]): string =>
  `bytes ${start}-${end}/${SIZE}: ${BYTES.toString('latin1', start, end + 1)}`;

function expectLocal({ response, outcome }: Exchange, expected: ExpectedResponse): void {
  const { status, body, headers = {}, parts } = expected;
  expect(response.status).toBe(status);
  for (const [name, value] of Object.entries(headers)) {
    expect([name, response.headers[name] ?? null]).toEqual([name, value]);
  }
  if (body !== undefined) expect(response.body.equals(Buffer.from(body))).toBe(true);
  if (parts !== undefined) expect(partsOf(response)).toEqual(parts.map(formatPart));
  expect(outcome).toMatchObject(expected.outcome);
  if (expected.outcome.range === undefined) expect(outcome).not.toHaveProperty('range');
}

async function validatorsOf(served: Served): Promise<Validators> {
  const { response } = await served.ask(NAMES.file, { method: 'HEAD' });
  // Content without validators gets some that match nothing.
  const { etag = '"none"', 'last-modified': date = new Date().toUTCString() } = response.headers;
  return { etag, date };
}

/** Starts a server without the warning that several handlers have one location. */
function serve(source: SourceCase, options: XSendfileOptions): Promise<Served> {
  jest.spyOn(process, 'emitWarning').mockImplementation();
  return serveSource(source, options);
}

describe.each(SOURCES)('$title', (source) => {
  describe.each<SenderName>(['serve', ...HEADER_SENDERS])('with sender %s', (sender) => {
    const isFrontEnd = sender !== 'serve';
    const senderOptions = isFrontEnd ? { sender, handshake: HANDSHAKE } : { sender };
    let served: Served;
    let hooked: Served;
    let validators: Validators;
    let allow = jest.fn();
    let setHeaders = jest.fn();
    beforeAll(async () => {
      letFilesSettle();
      served = await serve(source, senderOptions);
      hooked = await serve(source, {
        ...senderOptions,
        allow: (...args) => allow(...args),
        setHeaders: (...args) => setHeaders(...args),
      });
      validators = await validatorsOf(served);
    });
    beforeEach(() => {
      allow = jest.fn(() => true);
      setHeaders = jest.fn((res) => res.setHeader('X-Hook', 'called'));
    });

    const ask = (
      at: Served,
      { name = NAMES.file, method = 'GET', headers }: Promised,
      more: Readonly<Record<string, string>> = {},
    ): Promise<Exchange> =>
      at.ask(name, { method, headers: { ...headers?.(validators), ...more } });
    const promises = promisesOf(source);
    const [offloaded, local] = [true, false].map((wanted) =>
      promises.filter((each) => isOffloaded(each, source, sender) === wanted),
    ) as [Promised[], Promised[]];

    const sendsItself = (title: string, promises: Promised[], headers = {}): void =>
      it.each(promises)(title, async (promised) => {
        const exchange = await ask(served, promised, headers);
        expectLocal(exchange, expectationFor(promised, source));
        expectNoControlHeader(exchange);
      });

    if (local.length > 0) sendsItself('sends $title', local, FROM_FRONT_END);
    if (offloaded.length > 0) {
      sendsItself('sends $title to clients without the handshake', offloaded);
      it.each(offloaded)('leaves $title to the front end', async (promised) => {
        const { name = NAMES.file } = promised;
        const exchange = await ask(served, promised, FROM_FRONT_END);
        expectOffloaded(exchange, { sender, source, name });
      });
    }

    it.each(promises.filter(({ isForHooks }) => isForHooks))(
      'calls each hook once for $title',
      async (promised) => {
        const { response } = await ask(hooked, promised, FROM_FRONT_END);
        const hasFile = [200, 206, 304].includes(response.status);
        expect(setHeaders).toHaveBeenCalledTimes(hasFile ? 1 : 0);
        expect(response.headers['x-hook']).toBe(hasFile ? 'called' : undefined);
        const isMissing = response.status === 404;
        expect(allow).toHaveBeenCalledTimes(isMissing ? 0 : 1);
      },
    );

    it('refuses what may not be had, and leaves nothing open', async () => {
      allow = jest.fn(async () => false);
      for (const headers of [{}, FROM_FRONT_END, { Range: 'bytes=0-9' }]) {
        const exchange = await hooked.ask(NAMES.file, { headers });
        const refusal = refused(404, 'ERR_XSENDFILE_NOT_ALLOWED');
        // sendContent() rejects, and the application answers.
        expectLocal(exchange, source.isFound ? refusal : { ...refusal, headers: {} });
        expectNoControlHeader(exchange);
      }
      expect(setHeaders).not.toHaveBeenCalled();
      if (source.directory !== undefined) await expectAllClosed(source.directory);
    });

    it('reports each request once', () => {
      for (const each of [served, hooked]) expect(each.outcomes).toHaveLength(each.requests());
    });
  });

  itOnLinux('leaves nothing open if the client disconnects in mid-transfer', async () => {
    const served = await serve(source, { sender: 'serve' });
    await served.ask(NAMES.file);
    const before = countDescriptors();
    const connection = await Connection.open(served.port);
    connection.send({ target: served.targetOf(NAMES.large) });
    await connection.receive(1);
    connection.pause();
    connection.destroy();
    await eventually(() => served.outcomes.length === 2);
    expect(served.outcomes[1]).toMatchObject({ kind: 'aborted', status: 200 });
    if (source.directory !== undefined) await expectAllClosed(source.directory);
    await eventually(() => countDescriptors() <= before);
    expect(served.outcomes).toHaveLength(served.requests());
  });

  const { createLinks } = source;
  if (createLinks !== undefined) {
    it('shares no header between handlers of the same files', async () => {
      jest.spyOn(process, 'emitWarning').mockImplementation();
      const links = createLinks({});
      const plain = source.create({ cacheControl: 'public, max-age=7', disposition: 'attachment' });
      const { request } = await listenWith((req, res) => {
        const [, way, rest] = /^\/(links|files|plain)(\/.*)$/.exec(String(req.url)) ?? [];
        req.url = String(rest);
        if (way === 'links') links(req, res);
        else if (way === 'files') links.files(req, res);
        else plain(req, res);
      });
      const path = source.pathOf(NAMES.file);
      const link = links.signer.sign(path, { expiresIn: 3000, disposition: 'attachment' });
      const ways = [
        [
          `/links${link}`,
          /^private, max-age=\d+(?:, no-transform)?$/,
          'attachment; filename=file.txt',
        ],
        [`/files/${path}`, /^private, no-cache(?:, no-transform)?$/, undefined],
        [
          `/plain/${path}`,
          /^public, max-age=7(?:, no-transform)?$/,
          'attachment; filename=file.txt',
        ],
      ] as const;
      for (const headers of [{}, {}, {}, { Range: 'bytes=0-9' }, {}]) {
        for (const [target, cacheControl, disposition] of ways) {
          const response = await request({ target, headers });
          expect(response.headers['cache-control']).toMatch(cacheControl);
          expect(response.headers['content-disposition']).toBe(disposition);
          const expected = 'Range' in headers ? BYTES.subarray(0, 10) : BYTES;
          expect(response.body.equals(expected)).toBe(true);
        }
      }
    });
  }
});

const countDescriptors = (): number => readdirSync('/proc/self/fd').length;
