import { RefusedError } from '../shared/errors.js';

/**
 * The only place where a request target or a given path is parsed into segments. Pure: no file system
 * access.
 *
 * A file has one URL. Spellings that other programs (a guard mounted on `/admin` before the handler, a
 * front end) might normalise differently are refused, not normalised.
 */

/** Rules for accepting paths. */
export interface SanitizerRules {
  /** Drop empty and `.` segments, as wsgi-xsendfile does, instead of refusing them. */
  readonly collapseSlashes: boolean;
  /** Refuse names that are special on Windows: `\`, `:`, device names, a trailing dot or space. */
  readonly windows: boolean;
  /** Accept `%7E` for `~`, where a signature protects the path and no guard compares it. @default false */
  readonly encodedUnreserved?: boolean;
}

/** The rules for paths that options, links and front ends name: one spelling, on every system. */
export const STRICT: SanitizerRules = { collapseSlashes: false, windows: false };

/** RFC 3986 §2.3: a percent-encoded unreserved character is another spelling of the same name. */
const ENCODED_UNRESERVED = /%(?:2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])/i;
/** A `..` in any spelling, between slashes in any spelling. */
const PARENT = /(?:\/|%2f)(?:\.|%2e){2}(?:\/|%2f|$)/i;
/** RFC 3986 §3.3: all other characters of a path must be percent-encoded. */
const PATH_CHARACTERS = /^[\x21-\x7e]*$/;
const CONTROL_CHARACTER = /\p{Cc}/u;
const LONE_SURROGATE = /\p{Cs}/u;

/** Reserved with any extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;
const WINDOWS_RESERVED = /[\\/:*?"<>|]|[. ]$/;
/** `GIT~1` opens `.git` if short names are enabled. */
const WINDOWS_SHORT_NAME = /^[^.]{1,6}~[0-9]+(?:\.[^.]{0,3})?$/;

/**
 * Splits the path of a request target into segments, and percent-decodes each exactly once.
 *
 * @param target - `req.url`: origin-form (RFC 9112 §3.2.1). Absolute-form is refused, because a
 * guard that compares the beginning of `req.url` does not recognise it.
 * @throws {@link RefusedError} 400 for paths that cannot be decoded or contain invalid characters, 403
 * for the root itself and for `..`, 404 for spellings that are not canonical.
 */
export function sanitizeTarget(target: string, rules: SanitizerRules): readonly string[] {
  const pathname = withoutQuery(target);
  if (!pathname.startsWith('/') || !PATH_CHARACTERS.test(pathname) || pathname.includes('#')) {
    throw new RefusedError('ERR_XSENDFILE_BAD_PATH');
  }
  const names = pathname.slice(1).split('/').map(decodeSegment);
  if (names.some((name) => CONTROL_CHARACTER.test(name))) {
    throw new RefusedError('ERR_XSENDFILE_BAD_PATH');
  }
  const segments = checkNames(names, rules);
  if (rules.encodedUnreserved !== true && ENCODED_UNRESERVED.test(pathname)) {
    throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
  }
  return segments;
}

/** The parts of a request target that a router has split. */
export interface CutTarget {
  /** `req.originalUrl`: the whole target; undefined without a router. */
  readonly original: unknown;
  /** `req.url`: the part after the mount path. */
  readonly rest: string;
  /** `req.baseUrl`: the mount path; undefined outside of Express. */
  readonly mountPath?: unknown;
}

/**
 * Refuses a mount path in a spelling that a guard may not recognise. Routers decode parameters, so
 * `/files/%61cme` matches `/files/:tenant` as `acme`, but does not match a guard at `/files/acme`.
 * Express 4 also treats `/files//x` as `/x` below `/files`, and Connect treats `/files.x` as `/.x`.
 *
 * @throws {@link RefusedError} 404, and 403 for `..`.
 */
export function checkMountPath(target: CutTarget, { collapseSlashes }: SanitizerRules): void {
  const { mountPath } = target;
  const cut = cutOff(target);
  const parts = [mountPath, cut].filter((part) => typeof part === 'string');
  if (parts.some((part) => PARENT.test(part)))
    throw new RefusedError('ERR_XSENDFILE_FORBIDDEN_PATH');
  const isRespelt = parts.some((part) => ENCODED_UNRESERVED.test(part) || /%2f/i.test(part));
  const isCutInName = cut === undefined && isCutBeforeDot(target);
  const isDoubled = cut !== undefined && /\/(?:\/|$)/.test(cut);
  if (isRespelt || (!collapseSlashes && (isCutInName || isDoubled))) {
    throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
  }
}

/** Returns the part that a router removed; undefined if the application rewrote the target. */
function cutOff({ original, rest }: CutTarget): string | undefined {
  if (typeof original !== 'string') return undefined;
  const whole = withoutQuery(original);
  const end = withoutQuery(rest);
  return whole.endsWith(end) ? whole.slice(0, whole.length - end.length) : undefined;
}

function isCutBeforeDot({ original, rest }: CutTarget): boolean {
  const end = withoutQuery(rest);
  return (
    typeof original === 'string' &&
    end.startsWith('/.') &&
    withoutQuery(original).endsWith(end.slice(1))
  );
}

/**
 * Refuses a URL in another spelling than the canonical one, if a parameter names the file: routers and
 * guards match the encoded path, but parameters are decoded.
 *
 * @param target - the request target, including the mount path.
 * @param path - the path that the application derived from it.
 * @throws {@link RefusedError} 404.
 */
export function checkSpelling(
  target: string,
  path: unknown,
  { collapseSlashes }: SanitizerRules,
): void {
  const pathname = withoutQuery(target);
  const isSplit = typeof path === 'string' && path.includes('/') && /%2f/i.test(pathname);
  const isRespelt = isSplit || ENCODED_UNRESERVED.test(pathname);
  if (isRespelt || (!collapseSlashes && /\/(?:\.{0,2})\//.test(pathname))) {
    throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
  }
}

/**
 * Splits a path from the application into segments. It is already decoded: `req.params`, a database
 * field.
 *
 * @param path - `'a/b.txt'` (one leading `/` is allowed) or `['a', 'b.txt']`.
 * @throws {@link RefusedError} as {@link sanitizeTarget}; also 400 for a value of another type, as in
 * `req.query.file` if the client sends `?file[x]=1`, and 404 for undefined and null.
 */
export function sanitizePath(path: unknown, rules: SanitizerRules): readonly string[] {
  if (path === undefined || path === null) throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
  const names = typeof path === 'string' ? path.replace(/^\//, '').split('/') : path;
  if (!isListOfStrings(names)) throw new RefusedError('ERR_XSENDFILE_BAD_PATH');
  // UTF-8 cannot encode a lone surrogate: the file system would get another name than was checked.
  if (names.some((name) => name.includes('\0') || LONE_SURROGATE.test(name))) {
    throw new RefusedError('ERR_XSENDFILE_BAD_PATH');
  }
  return checkNames(names, rules);
}

/** The target up to its query. */
export function withoutQuery(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new RefusedError('ERR_XSENDFILE_BAD_PATH', { cause });
  }
}

function checkNames(names: readonly string[], rules: SanitizerRules): readonly string[] {
  const separator = rules.windows ? /[\\/]/ : /\//;
  if (names.some((name) => name.split(separator).includes('..'))) {
    throw new RefusedError('ERR_XSENDFILE_FORBIDDEN_PATH');
  }
  const segments = rules.collapseSlashes
    ? names.filter((name) => name !== '' && name !== '.')
    : names;
  if (segments.length === 0 || (segments.length === 1 && segments[0] === '')) {
    throw new RefusedError('ERR_XSENDFILE_FORBIDDEN_PATH');
  }
  if (segments.some((name) => name === '' || name === '.' || name.includes('/'))) {
    throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
  }
  if (rules.windows && segments.some(isWindowsTrap)) {
    throw new RefusedError('ERR_XSENDFILE_NOT_CANONICAL');
  }
  return Object.freeze([...segments]);
}

function isWindowsTrap(name: string): boolean {
  return WINDOWS_RESERVED.test(name) || WINDOWS_DEVICE.test(name) || WINDOWS_SHORT_NAME.test(name);
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
