import { RefusedError } from '../shared/errors.js';

/**
 * The one place where a request target or a given path becomes the list of names that everything
 * later works on. Pure: no file is touched here, and nobody parses a path a second time.
 *
 * A file has one URL. Spellings that another program might have normalised differently (a guard
 * mounted on `/admin` before us, a front end) are refused instead of being made equal.
 */

/** How strict to be. */
export interface SanitizerRules {
  /** Drop empty and `.` segments, as wsgi-xsendfile does, instead of refusing them. */
  readonly collapseSlashes: boolean;
  /** Refuse what means something else to Windows: `\`, `:`, device names, trailing dot or blank. */
  readonly windows: boolean;
  /** Take `%7E` for `~`, where a signature decides and no guard compares. @default false */
  readonly encodedUnreserved?: boolean;
}

/** The rules for paths that options, links and front ends name: one spelling, on every system. */
export const STRICT: SanitizerRules = { collapseSlashes: false, windows: false };

/** RFC 3986 §2.3: percent-encoding one of these makes a second spelling of the same name. */
const ENCODED_UNRESERVED = /%(?:2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])/i;
/** A `..` in any spelling, between slashes in any spelling. */
const PARENT = /(?:\/|%2f)(?:\.|%2e){2}(?:\/|%2f|$)/i;
/** RFC 3986 §3.3: what a path may consist of; anything else has to be percent-encoded. */
const PATH_CHARACTERS = /^[\x21-\x7e]*$/;
const CONTROL_CHARACTER = /\p{Cc}/u;
const LONE_SURROGATE = /\p{Cs}/u;

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file: with any extension, too. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;
const WINDOWS_RESERVED = /[\\/:*?"<>|]|[. ]$/;
/** `GIT~1` opens `.git` where short names are switched on. */
const WINDOWS_SHORT_NAME = /^[^.]{1,6}~[0-9]+(?:\.[^.]{0,3})?$/;

/**
 * The names in the path of a request target, each percent-decoded exactly once.
 *
 * @param target - `req.url`: origin-form (RFC 9112 §3.2.1). Absolute-form is refused, because a
 * guard that compares the beginning of `req.url` does not recognise it.
 * @throws {@link RefusedError} 400 for what cannot be decoded or may not be in a path, 403 for the
 * root itself and for `..`, 404 for a spelling that is not the canonical one.
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

/** The parts of a request target where a router cut it. */
export interface CutTarget {
  /** `req.originalUrl`, before the cut; undefined without a router. */
  readonly original: unknown;
  /** `req.url`, what is left. */
  readonly rest: string;
  /** `req.baseUrl`, what was cut off; undefined outside of Express. */
  readonly mountPath?: unknown;
}

/**
 * Refuses a request whose mount path was spelt in a way that a guard may not recognise: routers decode
 * what a parameter matches, so that `/files/%61cme` is `acme` to `/files/:tenant` and not to a guard at
 * `/files/acme`. Express 4 also takes `/files//x` for `/x` below `/files`, and Connect takes `/files.x`
 * for `/.x`.
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

/** What a router has cut off; undefined if the application has rewritten the target: it knows why. */
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
 * Refuses a request whose URL is another spelling of the one that a router and the guards in front
 * of it should have seen, where the file is named by a parameter: routers compare what is encoded,
 * and decode what they find.
 *
 * @param target - the request target before routers cut it.
 * @param path - what the application made of it.
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
 * The names in a path that the application gives, already decoded: `req.params`, a database field.
 *
 * @param path - `'a/b.txt'` (one leading `/` is allowed) or `['a', 'b.txt']`.
 * @throws {@link RefusedError} as {@link sanitizeTarget}; 400 too for a value of another type, which
 * is what a client makes of `req.query.file` by sending `?file[x]=1`, and 404 for no value at all.
 */
export function sanitizePath(path: unknown, rules: SanitizerRules): readonly string[] {
  if (path === undefined || path === null) throw new RefusedError('ERR_XSENDFILE_NOT_FOUND');
  const names = typeof path === 'string' ? path.replace(/^\//, '').split('/') : path;
  if (!isListOfStrings(names)) throw new RefusedError('ERR_XSENDFILE_BAD_PATH');
  // A lone surrogate has no bytes: the disk would be asked for another name than was checked.
  if (names.some((name) => name.includes('\0') || LONE_SURROGATE.test(name))) {
    throw new RefusedError('ERR_XSENDFILE_BAD_PATH');
  }
  return checkNames(names, rules);
}

function withoutQuery(target: string): string {
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
