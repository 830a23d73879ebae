import type { RefusalCode } from '../../lib/index.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import type { RawRequest } from '../helpers/raw-request.js';
import { LARGE, ROOT_NAME, TEN } from './files.js';

/** The value of what a client claims. */
export const CLAIM = '203.0.113.66';

/** What is expected of each front end. */
export type Each<T> = { readonly [server in FrontEndName]: T };

export function everywhere<T>(expected: T): Each<T> {
  return {
    nginx: expected,
    apache: expected,
    lighttpd: expected,
    caddy: expected,
    h2o: expected,
  };
}

/** The answer to a Range header. */
export type RangeAnswer =
  | { readonly status: 200 }
  | { readonly status: 206; readonly contentRange: string; readonly body: Buffer }
  | { readonly status: 206; readonly parts: readonly (readonly [first: number, last: number])[] }
  | { readonly status: 416; readonly contentRange: string | undefined };

export interface RangeCase {
  readonly what: string;
  readonly range: string;
  readonly file: 'ten.txt' | 'large.bin' | 'empty.txt';
  readonly expected: Each<RangeAnswer>;
  /** Whether the application answers, because some front ends would answer with 416 of their own. */
  readonly isSentHere?: true;
}

const WHOLE: RangeAnswer = { status: 200 };
const UNSATISFIABLE = everywhere<RangeAnswer>({ status: 416, contentRange: 'bytes */10' });
const IGNORED = everywhere(WHOLE);
/** lighttpd also cuts ranges from what the application sends. */
const MALFORMED = { ...IGNORED, lighttpd: { status: 416, contentRange: undefined } as const };

function part(file: Buffer, first: number, last: number): RangeAnswer {
  const contentRange = `bytes ${first}-${last}/${file.length}`;
  return { status: 206, contentRange, body: file.subarray(first, last + 1) };
}

const END = LARGE.length - 1;

export const rangeCases: readonly RangeCase[] = [
  {
    what: 'a part',
    range: 'bytes=2-4',
    file: 'ten.txt',
    expected: everywhere(part(TEN, 2, 4)),
  },
  {
    what: 'one byte',
    range: 'bytes=0-0',
    file: 'ten.txt',
    expected: everywhere(part(TEN, 0, 0)),
  },
  {
    what: 'an open end',
    range: 'bytes=7-',
    file: 'ten.txt',
    expected: everywhere(part(TEN, 7, 9)),
  },
  {
    what: 'a suffix',
    range: 'bytes=-3',
    file: 'ten.txt',
    expected: everywhere(part(TEN, 7, 9)),
  },
  {
    what: 'a suffix longer than the file',
    range: 'bytes=-99',
    file: 'ten.txt',
    expected: everywhere(part(TEN, 0, 9)),
  },
  {
    what: 'an end after the last byte',
    range: 'bytes=5-99',
    file: 'ten.txt',
    expected: everywhere(part(TEN, 5, 9)),
  },
  {
    what: 'the end of a large file',
    range: `bytes=${END - 99_999}-`,
    file: 'large.bin',
    expected: everywhere(part(LARGE, END - 99_999, END)),
  },
  {
    what: 'two parts that are far from each other',
    range: `bytes=0-99,1000000-1000099`,
    file: 'large.bin',
    expected: everywhere({
      status: 206,
      parts: [
        [0, 99],
        [1_000_000, 1_000_099],
      ],
    }),
  },
  {
    what: 'two parts that are near to each other',
    range: 'bytes=0-1,4-5',
    file: 'ten.txt',
    expected: {
      ...everywhere({
        status: 206,
        parts: [
          [0, 1],
          [4, 5],
        ],
      }),
      lighttpd: part(TEN, 0, 5),
    },
  },
  sentHere('a start after the last byte', 'bytes=10-', UNSATISFIABLE),
  sentHere('a suffix without a byte', 'bytes=-0', UNSATISFIABLE),
  sentHere('no number', 'bytes=abc', MALFORMED),
  sentHere('an end before the start', 'bytes=5-2', MALFORMED),
  sentHere('an unknown unit', 'items=0-1', IGNORED),
  sentHere('another spelling of the unit', 'BYTES=2-4', everywhere(part(TEN, 2, 4))),
  sentHere('empty elements', 'bytes=,2-4,', everywhere(part(TEN, 2, 4))),
  sentHere(
    'a number of more than 64 bits',
    'bytes=2-99999999999999999999',
    everywhere(part(TEN, 2, 9)),
  ),
  sentHere('a part of an empty file', 'bytes=5-9', IGNORED, 'empty.txt'),
  sentHere('an empty file from its start', 'bytes=0-', IGNORED, 'empty.txt'),
  sentHere('the end of an empty file', 'bytes=-5', IGNORED, 'empty.txt'),
];

function sentHere(
  what: string,
  range: string,
  expected: Each<RangeAnswer>,
  file: RangeCase['file'] = 'ten.txt',
): RangeCase {
  return { what, range, file, expected, isSentHere: true };
}

/** HEAD with the Range header of a part. */
export const headRangeStatus: Each<number> = { ...everywhere(206), lighttpd: 200, h2o: 200 };

/** What the first answer for a file said of it. */
export interface Validators {
  readonly etag: string;
  readonly lastModified: string;
}

export interface ConditionCase {
  readonly what: string;
  readonly headers: (current: Validators) => Record<string, string>;
  readonly status: Each<number>;
}

const LONG_AGO = 'Thu, 01 Jan 2015 00:00:00 GMT';
const HALF = { Range: 'bytes=0-4' };

function secondAfter(date: string): string {
  return new Date(Date.parse(date) + 1000).toUTCString();
}

export const conditionCases: readonly ConditionCase[] = [
  {
    what: 'If-None-Match with the tag',
    headers: ({ etag }) => ({ 'If-None-Match': etag }),
    status: everywhere(304),
  },
  {
    what: 'If-None-Match with the weak form of the tag',
    headers: ({ etag }) => ({ 'If-None-Match': `W/${etag}` }),
    status: { ...everywhere(304), h2o: 200 },
  },
  {
    what: 'If-None-Match with the tag in a list',
    headers: ({ etag }) => ({ 'If-None-Match': `"x", ${etag}, "y"` }),
    // h2o knows single tags only.
    status: { ...everywhere(304), h2o: 200 },
  },
  {
    what: 'If-None-Match: *',
    headers: () => ({ 'If-None-Match': '*' }),
    status: { ...everywhere(304), h2o: 200 },
  },
  {
    what: 'If-None-Match with another tag',
    headers: () => ({ 'If-None-Match': '"x"' }),
    status: everywhere(200),
  },
  {
    what: 'If-None-Match with the tag that Apache gives to every file',
    headers: () => ({ 'If-None-Match': '"0"' }),
    status: everywhere(200),
  },
  {
    what: 'If-Modified-Since with the date',
    headers: ({ lastModified }) => ({ 'If-Modified-Since': lastModified }),
    status: everywhere(304),
  },
  {
    what: 'If-Modified-Since with a later date',
    headers: ({ lastModified }) => ({ 'If-Modified-Since': secondAfter(lastModified) }),
    // nginx compares for equality, unless it is configured otherwise.
    status: { ...everywhere(304), nginx: 200 },
  },
  {
    what: 'If-Modified-Since with an earlier date',
    headers: () => ({ 'If-Modified-Since': LONG_AGO }),
    status: everywhere(200),
  },
  {
    what: 'If-None-Match with another tag, and If-Modified-Since with the date',
    headers: ({ lastModified }) => ({
      'If-None-Match': '"x"',
      'If-Modified-Since': lastModified,
    }),
    status: everywhere(200),
  },
  {
    what: 'If-Match with the tag',
    headers: ({ etag }) => ({ 'If-Match': etag }),
    status: everywhere(200),
  },
  {
    what: 'If-Match with another tag',
    headers: () => ({ 'If-Match': '"x"' }),
    // These two do not know the header.
    status: { ...everywhere(412), lighttpd: 200, h2o: 200 },
  },
  {
    what: 'If-Unmodified-Since with an earlier date',
    headers: () => ({ 'If-Unmodified-Since': LONG_AGO }),
    status: { ...everywhere(412), lighttpd: 200, h2o: 200 },
  },
  {
    what: 'If-Range with the tag',
    headers: ({ etag }) => ({ ...HALF, 'If-Range': etag }),
    status: everywhere(206),
  },
  {
    what: 'If-Range with another tag',
    headers: () => ({ ...HALF, 'If-Range': '"x"' }),
    status: everywhere(200),
  },
  {
    what: 'If-Range with the weak form of the tag',
    headers: ({ etag }) => ({ ...HALF, 'If-Range': `W/${etag}` }),
    status: everywhere(200),
  },
  {
    what: 'If-Range with the date',
    headers: ({ lastModified }) => ({ ...HALF, 'If-Range': lastModified }),
    status: everywhere(206),
  },
  {
    what: 'If-Range with an earlier date',
    headers: () => ({ ...HALF, 'If-Range': LONG_AGO }),
    status: everywhere(200),
  },
];

/** A request for something that is no file for clients. */
export interface RefusalCase {
  readonly what: string;
  readonly target: string;
  readonly code: RefusalCode;
}

/** By plain paths, which every front end leaves as they are; all of them are 404. */
export const refusalCases: readonly RefusalCase[] = [
  { what: 'a missing file', target: '/files/no.txt', code: 'ERR_XSENDFILE_NOT_FOUND' },
  { what: 'a missing directory', target: '/files/no/ten.txt', code: 'ERR_XSENDFILE_NOT_FOUND' },
  { what: 'a file below a file', target: '/files/ten.txt/no', code: 'ERR_XSENDFILE_NOT_FOUND' },
  { what: 'a directory', target: '/files/directory', code: 'ERR_XSENDFILE_NOT_A_FILE' },
  { what: 'a directory/', target: '/files/directory/', code: 'ERR_XSENDFILE_NOT_CANONICAL' },
  { what: 'a file/', target: '/files/ten.txt/', code: 'ERR_XSENDFILE_NOT_CANONICAL' },
  {
    what: 'a link to a file outside',
    target: '/files/link-outside.txt',
    code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
  },
  {
    what: 'a link to a directory beside the root',
    target: '/files/link-sibling/secret.txt',
    code: 'ERR_XSENDFILE_OUTSIDE_ROOT',
  },
  {
    what: 'a link to nothing',
    target: '/files/link-dangling.txt',
    code: 'ERR_XSENDFILE_NOT_FOUND',
  },
  { what: 'a hidden file', target: '/files/.hidden', code: 'ERR_XSENDFILE_DOTFILE_IGNORED' },
];

/** Who answers a path that an attacker might write, and how. */
type Verdict = readonly [
  status: 200 | 400 | 403 | 404,
  by: 'the front end' | 'the handler' | 'the router',
];

export interface TargetCase {
  readonly target: string;
  readonly verdict: Each<Verdict>;
}

/** The one verdict with which the client gets a file, ten.txt. */
const FILE: Verdict = [200, 'the handler'];
const FORBIDDEN: Verdict = [403, 'the handler'];
const NOT_FOUND: Verdict = [404, 'the handler'];
const BAD: Verdict = [400, 'the handler'];
const NO_ROUTE: Verdict = [404, 'the router'];
const REJECTED: Verdict = [400, 'the front end'];
const INTERNAL: Verdict = [404, 'the front end'];

const TRAVERSAL: Each<Verdict> = everywhere(FORBIDDEN);
const ALIAS: Each<Verdict> = everywhere(NOT_FOUND);
/** Known to nginx alone; elsewhere it is a path like any other. */
const LOCATION: Each<Verdict> = { ...everywhere(NO_ROUTE), nginx: INTERNAL };
const TRAVERSAL_TO_LOCATION: Each<Verdict> = { ...TRAVERSAL, nginx: INTERNAL };

/** Request targets as bytes on the wire. The files that they aim at exist. */
export const targetCases: readonly TargetCase[] = [
  { target: '/files/../secret.txt', verdict: TRAVERSAL },
  { target: '/files/%2e%2e/secret.txt', verdict: TRAVERSAL },
  { target: '/files/..%2fsecret.txt', verdict: TRAVERSAL },
  { target: '/files/%2e%2e%2fsecret.txt', verdict: TRAVERSAL },
  { target: '/files/directory/../../secret.txt', verdict: TRAVERSAL },
  { target: `/files/../${encodeURIComponent(ROOT_NAME)}-private/secret.txt`, verdict: TRAVERSAL },
  {
    target: '/files/directory/../ten.txt',
    verdict: everywhere(FORBIDDEN),
  },
  { target: '/files/..%5csecret.txt', verdict: everywhere(NOT_FOUND) },
  { target: '/files/..;/secret.txt', verdict: everywhere(NOT_FOUND) },
  { target: '/files/....//secret.txt', verdict: everywhere(NOT_FOUND) },
  { target: '/files/%252e%252e/secret.txt', verdict: everywhere(NOT_FOUND) },
  { target: '/files//etc/passwd', verdict: everywhere(NOT_FOUND) },
  { target: '/files/%2fetc%2fpasswd', verdict: everywhere(NOT_FOUND) },
  { target: '/files/%2ehidden', verdict: everywhere(NOT_FOUND) },
  { target: '/files/.%68idden', verdict: everywhere(NOT_FOUND) },
  {
    target: '/../secret.txt',
    verdict: { ...everywhere(NO_ROUTE), nginx: REJECTED, apache: REJECTED },
  },
  {
    target: '/%2e%2e/secret.txt',
    verdict: { ...everywhere(NO_ROUTE), nginx: REJECTED, apache: REJECTED },
  },
  { target: '/files', verdict: everywhere(FORBIDDEN) },
  { target: '/files/', verdict: everywhere(FORBIDDEN) },

  { target: '/files/./ten.txt', verdict: ALIAS },
  { target: '/files//ten.txt', verdict: ALIAS },
  { target: '/files/%74en.txt', verdict: ALIAS },
  { target: '//files/ten.txt', verdict: { ...everywhere(NO_ROUTE), apache: FILE } },
  { target: 'http://localhost/files/ten.txt', verdict: { ...everywhere(FILE), h2o: NO_ROUTE } },
  { target: '/files/ten.txt?../../secret.txt', verdict: everywhere(FILE) },
  {
    target: '/files/ten.txt#x',
    verdict: {
      ...everywhere(BAD),
      apache: REJECTED,
      lighttpd: FILE,
      caddy: NOT_FOUND,
    },
  },

  {
    target: '/files/ten.txt%00.jpg',
    verdict: { ...everywhere(BAD), nginx: REJECTED, apache: INTERNAL },
  },
  { target: '/files/%ff', verdict: everywhere(BAD) },
  { target: '/files/%zz', verdict: { ...everywhere(REJECTED), lighttpd: BAD, h2o: BAD } },
  { target: '/files/ten.txt%0a', verdict: everywhere(BAD) },
  {
    target: '/files/ten.txt%0d%0aX-Accel-Redirect:%20/-internal-/page.html',
    verdict: everywhere(BAD),
  },

  { target: '/-internal-/ten.txt', verdict: LOCATION },
  { target: '/%2dinternal-/ten.txt', verdict: LOCATION },
  { target: '//-internal-/ten.txt', verdict: LOCATION },
  { target: '/-internal-/names/a', verdict: LOCATION },
  { target: '/-internal-../secret.txt', verdict: everywhere(NO_ROUTE) },
  { target: '/-internal-/../secret.txt', verdict: everywhere(NO_ROUTE) },
  { target: '/files/../-internal-/ten.txt', verdict: TRAVERSAL_TO_LOCATION },
  { target: '/files/%2e%2e/-internal-/ten.txt', verdict: TRAVERSAL_TO_LOCATION },
  { target: '/files/..%2f-internal-/ten.txt', verdict: TRAVERSAL_TO_LOCATION },
  {
    target: '/docs/-internal-/ten.txt',
    verdict: { ...everywhere(NOT_FOUND), nginx: INTERNAL },
  },
];

/** How the file of a handler with `etag: false` is marked; nginx makes a tag of its own. */
export const withoutEtag: Each<{ readonly etag: RegExp; readonly cacheControl: string }> = {
  nginx: { etag: /^"[0-9a-f]+-a"$/, cacheControl: 'private, no-cache' },
  caddy: { etag: /^"[0-9a-z]+"$/, cacheControl: 'private, no-cache' },
  h2o: { etag: /^"[0-9a-f]+-a"$/, cacheControl: 'private, no-cache' },
  // The same one for every file: without no-store, browsers would mix them up.
  apache: { etag: /^"0"$/, cacheControl: 'private, no-cache, no-store' },
  lighttpd: { etag: /^"[0-9]+"$/, cacheControl: 'private, no-cache, no-store' },
};

/** Whether the application's headers reach the client with the file; else it sends the file itself. */
export const passesHeaders: Each<boolean> = { ...everywhere(true), h2o: false };

/** Whether ETag and Last-Modified are the application's. */
export const passesValidators: Each<boolean> = {
  ...everywhere(false),
  apache: true,
  lighttpd: true,
};

/** Whether a Content-Encoding reaches the client together with the file. */
export const passesContentEncoding: Each<boolean> = {
  ...everywhere(true),
  apache: false,
  h2o: false,
};

/** The answer for a file that the application can read and the front end cannot. */
export const unreadableStatus: Each<number> = { ...everywhere(403), apache: 404 };

/** Whether connections to the application are used again, as far as the answers allow it. */
export const reusesConnections: Each<boolean | { readonly impossible: string }> = {
  ...everywhere(true),
  lighttpd: { impossible: 'lighttpd 1.4.69 opens one for every request' },
};

/** What a client may send, and nobody believes. */
export const forgedHeaders: readonly (readonly [name: string, value: string])[] = [
  ['X-Accel-Redirect', '/-internal-/page.html'],
  ['X-Sendfile', '/etc/passwd'],
  ['X-LIGHTTPD-send-file', '/etc/passwd'],
  ['X-LIGHTTPD-send-tempfile', '/etc/passwd'],
  ['X-Sendfile2', '/etc/passwd 0-9'],
  ['X-Sendfile-Temporary', '/etc/passwd'],
  ['X-LiteSpeed-Location', '/page.html'],
  ['X-Reproxy-URL', 'http://127.0.0.1/page.html'],
  ['X-Sendfile-Type', 'X-Accel-Redirect'],
  ['X-Sendfile-Type', 'X-Sendfile'],
  ['X-Accel-Mapping', '/=/-internal-/'],
  ['X-Sendfile-Handshake', 'guessed-by-somebody'],
  ['X-Sendfile-Handshake', ''],
  ['X-Sendfile-Config', 'guessed-by-somebody'],
];

/** What a client may say of itself and of its request; the second of two lines differs in case. */
export const claims: readonly Readonly<Record<string, string>>[] = [
  'Forwarded',
  'X-Real-IP',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Proto',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
].flatMap((name): Record<string, string>[] => [
  { [name]: CLAIM },
  { [name]: CLAIM, [name.toUpperCase()]: CLAIM },
  { [name]: CLAIM, Connection: `close, ${name}` },
]);

/** Requests that servers answer themselves, or with an error page. */
export const unusualRequests: readonly RawRequest[] = [
  ...['TRACE', 'OPTIONS', 'PROPFIND', 'CONNECT', 'GET'].flatMap((method) =>
    ['/files/ten.txt', '/', '*', 'localhost:80'].flatMap((target) =>
      [{}, { 'Max-Forwards': '0' }, { 'Max-Forwards': '1' }].map(
        (headers): RawRequest => ({ method, target, headers }),
      ),
    ),
  ),
  { target: '/reset' },
  { target: '/files/%zz' },
  { target: `/${'a'.repeat(40_000)}` },
  { target: '/', headers: { 'X-Long': 'a'.repeat(40_000) } },
  { target: '/', headers: { Expect: 'something-else' } },
  { target: '/', headers: { Host: 'a b' } },
  { target: '/', headers: { 'Content-Length': 'x' } },
  { target: '/', headers: { 'Transfer-Encoding': 'x' } },
  { target: '/', headers: { Range: 'bytes=99999-' } },
];

/** Lines by which a client asks the front end to keep a header to itself (RFC 9110, 7.6.1). */
export const nominations: readonly Readonly<Record<string, string>>[] = [
  'X-Sendfile-Handshake',
  'x-sendfile-HANDSHAKE',
  'X-Sendfile-Handshake, X-Sendfile-Handshake',
  ',\t,X-Sendfile-Handshake ,TE',
  'TE;X-Sendfile-Handshake',
  'TE X-Sendfile-Handshake',
  'X-SendX-Sendfile-Handshakefile-Handshake',
  'X-Forwarded-Proto',
]
  .flatMap((value): Record<string, string>[] => [
    { Connection: `close, ${value}` },
    { Connection: `${value}, close` },
    { Connection: 'close', connection: value },
    { CONNECTION: value, Connection: 'close' },
  ])
  .concat([{ 'Proxy-Connection': 'close, X-Sendfile-Handshake' }]);
