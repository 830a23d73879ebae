/**
 * The errors of this package: classes, codes, and the two tables that map a code or an errno to a
 * status.
 */

import { codeOf } from './thrown.js';

/** Status and reason phrase of refusals, by code. */
const REFUSALS = {
  ERR_XSENDFILE_METHOD_NOT_ALLOWED: [405, 'Method Not Allowed'],
  ERR_XSENDFILE_BAD_PATH: [400, 'Bad Request'],
  ERR_XSENDFILE_FORBIDDEN_PATH: [403, 'Forbidden'],
  ERR_XSENDFILE_DOTFILE_DENIED: [403, 'Forbidden'],
  ERR_XSENDFILE_CROSS_SITE: [403, 'Forbidden'],
  ERR_XSENDFILE_UNCONFIRMED: [403, 'Forbidden'],
  // Clients get identical responses for all of these; only the application sees the code.
  ERR_XSENDFILE_NOT_CANONICAL: [404, 'Not Found'],
  ERR_XSENDFILE_DOTFILE_IGNORED: [404, 'Not Found'],
  ERR_XSENDFILE_OUTSIDE_ROOT: [404, 'Not Found'],
  ERR_XSENDFILE_NOT_A_FILE: [404, 'Not Found'],
  ERR_XSENDFILE_NOT_FOUND: [404, 'Not Found'],
  ERR_XSENDFILE_NOT_ALLOWED: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_MALFORMED: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_FORGED: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_NOT_YET_VALID: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_LIFETIME: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_ADDRESS: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED: [404, 'Not Found'],
  ERR_XSENDFILE_REMOTE_DENIED: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_EXPIRED: [410, 'Gone'],
  ERR_XSENDFILE_TOKEN_USED_UP: [410, 'Gone'],
  ERR_XSENDFILE_TOKEN_REVOKED: [410, 'Gone'],
  ERR_XSENDFILE_PRECONDITION_FAILED: [412, 'Precondition Failed'],
  ERR_XSENDFILE_RANGE_NOT_SATISFIABLE: [416, 'Range Not Satisfiable'],
  ERR_XSENDFILE_INTERNAL: [500, 'Internal Server Error'],
  ERR_XSENDFILE_REMOTE_UNREACHABLE: [502, 'Bad Gateway'],
  ERR_XSENDFILE_REMOTE_ADDRESS: [502, 'Bad Gateway'],
  ERR_XSENDFILE_REMOTE_BAD_RESPONSE: [502, 'Bad Gateway'],
  ERR_XSENDFILE_UNAVAILABLE: [503, 'Service Unavailable'],
  ERR_XSENDFILE_PREFETCH: [503, 'Service Unavailable'],
  ERR_XSENDFILE_STORE_UNAVAILABLE: [503, 'Service Unavailable'],
  ERR_XSENDFILE_REMOTE_BUSY: [503, 'Service Unavailable'],
  ERR_XSENDFILE_REMOTE_UNAVAILABLE: [503, 'Service Unavailable'],
  ERR_XSENDFILE_REMOTE_TIMEOUT: [504, 'Gateway Timeout'],
} as const;

/** Code of a {@link RefusedError}. @useDeclaredType */
export type RefusalCode = keyof typeof REFUSALS;

/** Refusals for errors of the operating system; any errno that is not listed is a 500. */
const ERRNO_REFUSALS: Readonly<Record<string, RefusalCode>> = {
  ENOENT: 'ERR_XSENDFILE_NOT_FOUND',
  ENOTDIR: 'ERR_XSENDFILE_NOT_FOUND',
  ELOOP: 'ERR_XSENDFILE_NOT_FOUND',
  ENAMETOOLONG: 'ERR_XSENDFILE_NOT_FOUND',
  EISDIR: 'ERR_XSENDFILE_NOT_A_FILE',
  ENXIO: 'ERR_XSENDFILE_NOT_A_FILE',
  ENODEV: 'ERR_XSENDFILE_NOT_A_FILE',
  EACCES: 'ERR_XSENDFILE_NOT_FOUND',
  EPERM: 'ERR_XSENDFILE_NOT_FOUND',
  EMFILE: 'ERR_XSENDFILE_UNAVAILABLE',
  ENFILE: 'ERR_XSENDFILE_UNAVAILABLE',
  ENOMEM: 'ERR_XSENDFILE_UNAVAILABLE',
  ESTALE: 'ERR_XSENDFILE_UNAVAILABLE',
  EAGAIN: 'ERR_XSENDFILE_UNAVAILABLE',
};

/** Seconds after which a client may retry when descriptors or memory are exhausted. */
const RETRY_AFTER = '1';
/** Seconds after which a client may try again when a store cannot be reached. */
const RETRY_AFTER_OUTAGE = '5';

const REFUSAL_HEADERS: { readonly [code in RefusalCode]?: Readonly<Record<string, string>> } = {
  ERR_XSENDFILE_METHOD_NOT_ALLOWED: { Allow: 'GET, HEAD' },
  ERR_XSENDFILE_UNAVAILABLE: { 'Retry-After': RETRY_AFTER },
  ERR_XSENDFILE_STORE_UNAVAILABLE: { 'Retry-After': RETRY_AFTER_OUTAGE },
  ERR_XSENDFILE_REMOTE_BUSY: { 'Retry-After': RETRY_AFTER_OUTAGE },
  ERR_XSENDFILE_REMOTE_UNAVAILABLE: { 'Retry-After': RETRY_AFTER_OUTAGE },
};

/** Code of an error that this package throws, from a factory or for a request, or of an outcome. */
export type ErrorCode =
  | RefusalCode
  | 'ERR_XSENDFILE_BAD_ROOT'
  | 'ERR_XSENDFILE_BAD_SENDER'
  | 'ERR_XSENDFILE_BAD_OPTION'
  | 'ERR_XSENDFILE_BAD_URL'
  | 'ERR_XSENDFILE_BAD_HEADER'
  | 'ERR_XSENDFILE_BAD_ALLOW'
  | 'ERR_XSENDFILE_CONTENT_FAILED'
  | 'ERR_XSENDFILE_CONTENT_LENGTH'
  | 'ERR_XSENDFILE_CONTENT_STALLED'
  | 'ERR_XSENDFILE_FILE_CHANGED'
  | 'ERR_XSENDFILE_IDLE_TIMEOUT'
  | 'ERR_XSENDFILE_REPORTS_UNAVAILABLE'
  | 'ERR_XSENDFILE_USES_NOT_COUNTED'
  | 'ERR_XSENDFILE_HEADERS_SENT';

/** The page with a heading for each code. */
const EXPLANATIONS = 'https://github.com/xsendfile/xsendfile/blob/main/docs/errors.md';

/** Returns the URL of the explanation with a heading. */
export function helpOf(heading: string): string {
  return `${EXPLANATIONS}#${heading.toLowerCase()}`;
}

/** Registered, because the ESM and the CommonJS build have separate classes. */
const KIND = Symbol.for('xsendfile.error');

/**
 * Base class of all errors of this package.
 *
 * Test `code` rather than the class: in a program that loads both the ESM and the CommonJS build,
 * `instanceof` is false across the two.
 */
export class XSendfileError extends Error {
  static {
    Object.defineProperty(XSendfileError.prototype, KIND, { value: 'error' });
  }

  override readonly name: string = 'XSendfileError';
  /** Stable error code, `ERR_XSENDFILE_*`. */
  readonly code: ErrorCode;
  /** URL of the explanation: when the error appears, why, and how to fix it. */
  readonly help: string;
  /** Name of the entry of an archive (`xsendfile/zip`), or of the folder, that the error is about. */
  declare readonly member?: string;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.help = helpOf(code);
  }
}

/** Thrown by a factory if `root` is not an absolute path of an existing directory without symbolic links. */
export class BadRootError extends XSendfileError {
  override readonly name = 'BadRootError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ERR_XSENDFILE_BAD_ROOT', message, options);
  }
}

/** Thrown by a factory if `sender` is neither a known name nor a custom sender, or has a wrong or misspelt property. */
export class BadSenderError extends XSendfileError {
  override readonly name = 'BadSenderError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ERR_XSENDFILE_BAD_SENDER', message, options);
  }
}

/** Thrown by a factory for an unknown option or an invalid value. */
export class BadOptionError extends XSendfileError {
  override readonly name = 'BadOptionError';
  /** Name of the option, such as `maxAge` or `cache.maxEntries`; undefined if it is not about one. */
  readonly option: string | undefined;

  constructor(
    message: string,
    options?: { readonly cause?: unknown; readonly option?: string | undefined },
  ) {
    super('ERR_XSENDFILE_BAD_OPTION', message, options);
    this.option = options?.option;
  }
}

/**
 * Error for a remote object whose URL is not canonical, or is not below a configured origin. The message does
 * not show the query, which usually is a signature.
 */
export class BadUrlError extends XSendfileError {
  override readonly name = 'BadUrlError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ERR_XSENDFILE_BAD_URL', message, options);
  }
}

/**
 * Error for a request whose file is not sent.
 *
 * It has the properties of `http-errors`, so that error handlers of Express, Connect and others
 * understand it. Message and headers may be shown to the client: they contain no path on disk.
 */
export class RefusedError extends XSendfileError {
  static {
    Object.defineProperty(RefusedError.prototype, KIND, { value: 'refusal' });
  }

  override readonly name = 'RefusedError';
  declare readonly code: RefusalCode;
  /** Status of the response, such as 404. */
  readonly status: number;
  /** Alias of `status`. */
  readonly statusCode: number;
  /** Whether the message is meant for the client: true below 500. */
  readonly expose: boolean;
  /** Headers for the response, such as `Allow` with 405. */
  readonly headers: Readonly<Record<string, string>>;
  /** Error code of the operating system, such as `ENOENT`; undefined if it was not the cause. */
  readonly errno: string | undefined;

  constructor(
    code: RefusalCode,
    details: { cause?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ) {
    const [status, message] = REFUSALS[code];
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = status;
    this.statusCode = status;
    this.expose = status < 500;
    this.headers = { ...REFUSAL_HEADERS[code], ...details.headers };
    this.errno = errnoOf(details.cause);
  }
}

/** Adds the name of the entry of an archive, or of the folder, that an error is about. */
export function aboutMember<Thrown extends XSendfileError>(error: Thrown, member: string): Thrown {
  return Object.assign(error, { member });
}

/** Whether a thrown value is an error of this package, of either build. */
export function isXSendfileError(thrown: unknown): thrown is XSendfileError {
  return kindOf(thrown) !== undefined;
}

/** Whether a thrown value is a refusal of this package, of either build. */
export function isRefusal(thrown: unknown): thrown is RefusedError {
  return kindOf(thrown) === 'refusal';
}

function kindOf(thrown: unknown): unknown {
  return (thrown as { [KIND]?: unknown } | null | undefined)?.[KIND];
}

/** Returns the refusal for an error of `node:fs`. */
export function refusalForFileSystemError(cause: unknown): RefusedError {
  const errno = errnoOf(cause);
  const code = errno === undefined ? undefined : ERRNO_REFUSALS[errno];
  return new RefusedError(code ?? 'ERR_XSENDFILE_INTERNAL', { cause });
}

/** Avoids `instanceof`: with a test runner's globals, errors of Node are not instances of `Error`. */
function errnoOf(error: unknown): string | undefined {
  const code = codeOf(error);
  return typeof code === 'string' ? code : undefined;
}
