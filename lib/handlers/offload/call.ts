import { isAbsolute, normalize, resolve, sep } from 'node:path';

/** What a call of `res.sendFile()` says, whichever of its forms was used. */
export interface Call {
  /** Absolute path of the file, resolved as Express does; with a slash at its end if there was one. */
  readonly file: string;
  /** Inherited properties count: `res.download()` hands over an object made from the caller's. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly callback: Callback | undefined;
}

/** What `res.sendFile()` and `res.download()` call when they have done. */
export type Callback = (error?: unknown) => unknown;

/** These decide which bytes are sent, and only Express knows how. */
const LEFT_TO_EXPRESS = ['start', 'end', 'extensions', 'from'];

/**
 * Reads the arguments of `res.sendFile()`.
 *
 * @returns undefined for what is best left to the original method: wrong arguments, for which it
 * has its own errors, a way out of `root`, which it refuses, and options that only it knows.
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

/** `..` may stand in a path with a root as long as it does not leave that, and nowhere else. */
function resolveFile(path: string, root: unknown): string | undefined {
  const slash = path.endsWith('/') ? sep : '';
  if (!root) {
    return isAbsolute(path) && !hasParent(path) ? resolve(path) + slash : undefined;
  }
  const below = normalize(`.${sep}${path}`);
  return typeof root === 'string' && !hasParent(below) ? resolve(root, below) + slash : undefined;
}

/** As Express does it: with `\` as separator on every system. */
function hasParent(path: string): boolean {
  return path.split(/[\\/]/).includes('..');
}
