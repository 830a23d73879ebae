import { canOffload, chooseSender, dropsRequestedHeader } from '../../lib/pipeline/can-offload.js';
import { parseOptions } from '../../lib/pipeline/options.js';
import { DEFAULT_POLICY, type RequestState } from '../../lib/pipeline/request-state.js';
import type { Representation } from '../../lib/representation/describe.js';
import type { Found } from '../../lib/sources/source.js';
import type { Headers, Sender, XSendfileOptions } from '../../lib/types.js';
import { warningOptions } from '../helpers/warning-options.js';
import { fileNamed } from '../representation/described.js';

const SECRET = 'a-handshake-of-many-characters';
const SENDER: Sender = { name: 'custom', send: () => {} };

interface Given {
  readonly options?: XSendfileOptions;
  readonly headers?: Headers;
  readonly status?: number;
  /** Headers that the application has set. */
  readonly names?: readonly string[];
  readonly policy?: Partial<RequestState['policy']>;
}

function stateOf({ options, headers = {}, status = 200, names = [], policy }: Given = {}) {
  const config = parseOptions({ sender: SENDER, ...options }, 'xsendfile');
  const state = {
    responder: {
      request: { headers },
      response: { statusCode: status, getHeaderNames: () => names },
    },
    handler: { config },
    policy: { ...DEFAULT_POLICY, ...policy },
  };
  return state as unknown as RequestState;
}

describe('chooseSender(state)', () => {
  it.each<[string, Given, Sender | undefined]>([
    ['the sender', {}, SENDER],
    ['none if this process sends', { options: { sender: 'serve' } }, undefined],
    ['none without the handshake', { options: { handshake: SECRET } }, undefined],
    [
      'the sender with the handshake',
      { options: { handshake: SECRET }, headers: { 'x-sendfile-handshake': SECRET } },
      SENDER,
    ],
    [
      'the sender if none is needed',
      { options: { handshake: SECRET }, policy: { needsHandshake: false } },
      SENDER,
    ],
  ])('returns %s', (_title, given, expected) => {
    expect(chooseSender(stateOf(given))).toBe(expected);
  });

  it('returns none for a status of the application, and warns once', () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation();
    for (const status of [404, 201]) expect(chooseSender(stateOf({ status }))).toBeUndefined();
    expect(emitWarning.mock.calls).toEqual([
      [
        'xsendfile: the response status was not 200, so Node sent the file: front ends send files only with 200. ' +
          'For an error page that is correct; otherwise set res.statusCode to 200 first (Koa presets 404: use xsendfile/koa).',
        warningOptions('XSENDFILE_STATUS_SET'),
      ],
    ]);
  });
});

describe('canOffload(sender, found, state)', () => {
  const file = fileNamed('a.txt');
  const FOUND: Found = { file, segments: ['a.txt'], coding: undefined, reference: 'path' };
  const DAY_NS = 86_400_000_000_000n;
  /** Says nothing: each version of the file has that time. */
  const UNTOLD: Found = {
    ...FOUND,
    file: { ...file, identity: { ...file.identity, mtimeNs: DAY_NS } },
  };
  /** Changed a second before it was looked at. */
  const YOUNG: Found = {
    ...FOUND,
    file: { ...file, checkedAtMs: Number(file.identity.mtimeNs / 1_000_000n) + 1000 },
  };
  const REMOTE: Partial<Found> = { reference: new URL('http://store/a.txt') };
  const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

  it.each<[string, Headers, Found, boolean]>([
    ['a request', {}, FOUND, true],
    ['a range', { range: 'bytes=0-5' }, FOUND, true],
    ['a range beyond the end', { range: 'bytes=10-' }, FOUND, false],
    ['a range in an unusual spelling', { range: 'Bytes=0-5' }, FOUND, false],
    [
      'a range beyond the end of a remote object',
      { range: 'bytes=10-' },
      { ...FOUND, ...REMOTE },
      false,
    ],
    ['If-Range', { range: 'bytes=0-5', 'if-range': '"a"' }, FOUND, true],
    ['If-Range, and a time that says nothing', { 'if-range': '"a"' }, UNTOLD, false],
    ['If-Range, and a young file', { 'if-range': '"a"' }, YOUNG, true],
    ['a time that says nothing', {}, UNTOLD, true],
    ['If-Range, for a remote object', { 'if-range': '"a"' }, { ...UNTOLD, ...REMOTE }, true],
    ['If-Modified-Since', { 'if-modified-since': DATE }, FOUND, true],
    ['If-Modified-Since, and a young file', { 'if-modified-since': DATE }, YOUNG, false],
    [
      'If-None-Match besides, and a young file',
      { 'if-modified-since': DATE, 'if-none-match': '"a"' },
      YOUNG,
      true,
    ],
    ['If-None-Match, and a young file', { 'if-none-match': '"a"' }, YOUNG, true],
    [
      'If-Modified-Since, for a remote object',
      { 'if-modified-since': DATE },
      { ...YOUNG, ...REMOTE },
      true,
    ],
    ['a young file', {}, YOUNG, true],
  ])('%s', (_title, headers, found, expected) => {
    expect(canOffload(SENDER, found, stateOf({ headers }))).toBe(expected);
  });

  it('needs a header for the id of a download that is reported', () => {
    const reports = { begin: () => 'id', end: () => {} };
    const state = stateOf({ options: { reports: reports as never } });
    expect(canOffload(SENDER, FOUND, state)).toBe(false);
    expect(canOffload({ ...SENDER, downloadIdHeader: 'X-Id' }, FOUND, state)).toBe(true);
  });

  it('needs a front end that passes the Content-Encoding of a precompressed file', () => {
    const found: Found = { ...FOUND, coding: 'gzip' };
    expect(canOffload(SENDER, found, stateOf())).toBe(false);
    expect(canOffload({ ...SENDER, passesContentEncoding: false }, found, stateOf())).toBe(false);
    expect(canOffload({ ...SENDER, passesContentEncoding: true }, found, stateOf())).toBe(true);
  });
});

describe('dropsRequestedHeader(sender, representation, state)', () => {
  it.each<[string, string, Headers, Given, boolean]>([
    ['none', 'Vary', {}, {}, false],
    ['one that the application has set', 'X-Own', {}, { names: ['x-own'] }, true],
    ['another one', 'X-Own', {}, { names: ['x-other'] }, false],
    ['one of the call', 'X-Own', {}, { policy: { presets: { 'x-OWN': '1' } } }, true],
    ['another one of the call', 'X-Own', {}, { policy: { presets: { 'x-other': '1' } } }, false],
    ['Content-Disposition', 'Content-Disposition', { 'Content-Disposition': 'inline' }, {}, true],
    ['Content-Disposition, without one', 'Content-Disposition', {}, {}, false],
    [
      'something else than Content-Disposition',
      'X-Own',
      { 'Content-Disposition': 'inline' },
      {},
      false,
    ],
    ['Vary', 'Vary', { Vary: 'Accept-Encoding' }, { options: { precompressed: ['gzip'] } }, true],
    ['Vary, without one', 'Vary', {}, { options: { precompressed: ['gzip'] } }, false],
    ['Vary, without precompressed files', 'Vary', { Vary: 'Accept-Encoding' }, {}, false],
    [
      'something else than Vary',
      'X-Own',
      { Vary: 'Accept-Encoding' },
      { options: { precompressed: ['gzip'] } },
      false,
    ],
    [
      'Cache-Control',
      'Cache-Control',
      { 'Cache-Control': 'public' },
      { options: { cacheControl: 'public' } },
      true,
    ],
    [
      'Cache-Control, without one',
      'Cache-Control',
      {},
      { options: { cacheControl: 'public' } },
      false,
    ],
    ['the default of Cache-Control', 'Cache-Control', { 'Cache-Control': 'private' }, {}, false],
    [
      'something else than Cache-Control',
      'X-Own',
      { 'Cache-Control': 'public' },
      { options: { cacheControl: 'public' } },
      false,
    ],
  ])('%s', (_title, dropped, headers, given, expected) => {
    const representation = { headers } as Representation;
    const sender = { ...SENDER, dropped: ['X-First', dropped] };
    expect(dropsRequestedHeader(sender, representation, stateOf(given))).toBe(expected);
  });

  it('is false for a front end that drops nothing', () => {
    const state = stateOf({ names: ['vary'] });
    expect(dropsRequestedHeader(SENDER, { headers: {} } as Representation, state)).toBe(false);
  });
});
