import { isAbsolute, normalize, resolve, sep } from 'node:path';

/** Arguments of a call of `res.sendFile()`, in whichever form they were given. */
export interface Call {
  /** Absolute path of the file, resolved as Express does; a trailing slash is kept. */
  readonly file: string;
  /** Inherited properties count: `res.download()` passes an object that inherits from the caller's. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly callback: Callback | undefined;
}

/** Callback of `res.sendFile()` and `res.download()`. */
export type Callback = (error?: unknown) => unknown;

/** Options that select the bytes to send, in ways that only Express implements. */
const LEFT_TO_EXPRESS = ['start', 'end', 'extensions', 'from'];

/**
 * Parses the arguments of `res.sendFile()`.
 *
 * @returns undefined for calls that the original method must handle: wrong arguments, for which it
 * has its own errors, paths that leave `root`, which it refuses, and options that only it supports.
 */
export function parseCall([path, second, third]: readonly unknown[]): Call | undefined {
  const isWithoutOptions = typeof second === 'function';
  const options = isWithoutOptions ? {} : second || {};
  const callback = isWithoutOptions ? second : third;
  if (typeof path !== 'string' || path === '' || typeof options !== 'object') return undefined;
  const known = options as Call['options'];
  if (LEFT_TO_EXPRESS.some((name) => known[name] !== undefined)) return undefined;
  const file = resolveFile(path, known.root);
  if (file === undefined) return undefined;
  return {
    file,
    options: known,
    callback: typeof callback === 'function' ? (callback as Callback) : undefined,
  };
}

/** As in Express, `..` is allowed only in a path with a `root`, and only if it does not leave that. */
function resolveFile(path: string, root: unknown): string | undefined {
  const slash = path.endsWith('/') ? sep : '';
  if (!root) {
    return isAbsolute(path) && !hasParent(path) ? resolve(path) + slash : undefined;
  }
  const below = normalize(`.${sep}${path}`);
  return typeof root === 'string' && !hasParent(below) ? resolve(root, below) + slash : undefined;
}

/** As in Express, `\` is a separator on every system. */
function hasParent(path: string): boolean {
  return path.split(/[\\/]/).includes('..');
}
