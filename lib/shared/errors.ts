/**
 * The errors of this package: their classes, their codes, and the two tables that turn a code or an
 * errno into a status.
 */

/** What a refused request is answered with: status and text by code. */
const REFUSALS = {
  ERR_XSENDFILE_METHOD_NOT_ALLOWED: [405, 'Method Not Allowed'],
  ERR_XSENDFILE_BAD_PATH: [400, 'Bad Request'],
  ERR_XSENDFILE_FORBIDDEN_PATH: [403, 'Forbidden'],
  ERR_XSENDFILE_DOTFILE_DENIED: [403, 'Forbidden'],
  // All of these are one and the same answer to the client; only the application sees which it was.
  ERR_XSENDFILE_NOT_CANONICAL: [404, 'Not Found'],
  ERR_XSENDFILE_DOTFILE_IGNORED: [404, 'Not Found'],
  ERR_XSENDFILE_OUTSIDE_ROOT: [404, 'Not Found'],
  ERR_XSENDFILE_NOT_A_FILE: [404, 'Not Found'],
  ERR_XSENDFILE_NOT_FOUND: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_MALFORMED: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_FORGED: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_NOT_YET_VALID: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_LIFETIME: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_ADDRESS: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED: [404, 'Not Found'],
  ERR_XSENDFILE_TOKEN_EXPIRED: [410, 'Gone'],
  ERR_XSENDFILE_PRECONDITION_FAILED: [412, 'Precondition Failed'],
  ERR_XSENDFILE_RANGE_NOT_SATISFIABLE: [416, 'Range Not Satisfiable'],
  ERR_XSENDFILE_INTERNAL: [500, 'Internal Server Error'],
  ERR_XSENDFILE_UNAVAILABLE: [503, 'Service Unavailable'],
} as const;

/** Code of a {@link RefusedError}. */
export type RefusalCode = keyof typeof REFUSALS;

/** What the operating system's "no" means to a client; any errno that is not listed is a 500. */
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

/** Seconds after which a client may try again when this machine is short of descriptors or memory. */
const RETRY_AFTER = '1';

const REFUSAL_HEADERS: { readonly [code in RefusalCode]?: Readonly<Record<string, string>> } = {
  ERR_XSENDFILE_METHOD_NOT_ALLOWED: { Allow: 'GET, HEAD' },
  ERR_XSENDFILE_UNAVAILABLE: { 'Retry-After': RETRY_AFTER },
};

/** Code of an error that this package throws, in a factory or for a request. */
export type ErrorCode =
  | RefusalCode
  | 'ERR_XSENDFILE_BAD_ROOT'
  | 'ERR_XSENDFILE_BAD_SENDER'
  | 'ERR_XSENDFILE_BAD_OPTION'
  | 'ERR_XSENDFILE_BAD_HEADER'
  | 'ERR_XSENDFILE_HEADERS_SENT';

/**
 * Base class of all errors of this package.
 *
 * Test `code` rather than the class: in a program that loads both the ESM and the CommonJS build,
 * `instanceof` is false across the two.
 */
export class XSendfileError extends Error {
  override readonly name: string = 'XSendfileError';
  /** Stable name of what went wrong, `ERR_XSENDFILE_*`. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Thrown by a factory whose `root` is not an existing, absolute directory outside of symbolic links.
 */
export class BadRootError extends XSendfileError {
  override readonly name = 'BadRootError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_XSENDFILE_BAD_ROOT', message, options);
  }
}

/** Thrown by a factory whose `sender` is neither a known name nor a sender of one's own. */
export class BadSenderError extends XSendfileError {
  override readonly name = 'BadSenderError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_XSENDFILE_BAD_SENDER', message, options);
  }
}

/** Thrown by a factory for an option that does not exist or whose value cannot be used. */
export class BadOptionError extends XSendfileError {
  override readonly name = 'BadOptionError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_XSENDFILE_BAD_OPTION', message, options);
  }
}

/**
 * A request that is answered without the file.
 *
 * Shaped like the errors of `http-errors`, so that error handlers of Express, Connect and others
 * know what to do with it. Message and headers may be shown to the client: they name nothing on disk.
 */
export class RefusedError extends XSendfileError {
  override readonly name = 'RefusedError';
  declare readonly code: RefusalCode;
  /** Status of the answer, such as 404. */
  readonly status: number;
  /** The same as `status`, under its other customary name. */
  readonly statusCode: number;
  /** Whether the message is meant for the client: true below 500. */
  readonly expose: boolean;
  /** Headers that belong to the answer, such as `Allow` with 405. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the operating system said, such as `ENOENT`; undefined if it was not asked. */
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

/** The refusal that an error of `node:fs` stands for. */
export function refusalForFileSystemError(cause: unknown): RefusedError {
  const errno = errnoOf(cause);
  const code = errno === undefined ? undefined : ERRNO_REFUSALS[errno];
  return new RefusedError(code ?? 'ERR_XSENDFILE_INTERNAL', { cause });
}

/** Not by `instanceof`: under a test runner's globals an error of Node's own is no `Error`. */
function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
