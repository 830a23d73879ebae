import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BadRootError } from '../../shared/errors.js';
import { show, showType } from '../../shared/option-checks.js';

/**
 * Returns the root directory as an absolute real path without a trailing slash.
 *
 * Neither it nor a parent directory may be a symbolic link, as in wsgi-xsendfile: otherwise the path could lead
 * to another directory later.
 *
 * Messages do not show values that may be a secret, passed as the root by mistake.
 *
 * @throws {@link BadRootError}
 */
export function parseRoot(root: unknown, caller: string): string {
  const given = toPath(root, caller);
  if (given.includes('\0') || !isAbsolute(given)) {
    throw new BadRootError(
      `${caller}: root must be an absolute path, got ${showRelative(given)}. Use path.resolve().`,
    );
  }
  const path = withoutTrailingSlashes(given);
  if (path === parse(path).root) {
    throw new BadRootError(
      `${caller}: root must not be the root of the file system, got ${show(given)}. Name the directory that holds the files.`,
    );
  }
  const real = resolve(path, caller);
  if (!isSamePath(real, path)) {
    throw new BadRootError(
      `${caller}: root must be a real path, but ${show(given)} is or lies behind a symbolic link, or is not in its shortest form. Use ${show(real)}.`,
    );
  }
  return real;
}

function toPath(root: unknown, caller: string): string {
  if (typeof root === 'string') return root;
  if (isUrl(root)) {
    try {
      return fileURLToPath(root);
    } catch (cause) {
      throw new BadRootError(
        `${caller}: root must be a file: URL or an absolute path, got ${describeUrl(root)}.`,
        { cause },
      );
    }
  }
  const [shown, fix] = isRequest(root)
    ? ['a request', `Call ${caller}(root, options) to get a middleware.`]
    : [showType(root), 'Name the directory that holds the files; options come after it.'];
  throw new BadRootError(
    `${caller}: root must be an absolute path or a file: URL, got ${shown}. ${fix}`,
  );
}

/** Words, or parts of a path: no secret looks like that, or is as short. */
const HARMLESS = /^(?:\.{1,2}[/\\].*|[a-z][a-z._-]*(?:[/\\][a-z][a-z._-]*)+[/\\]?|[^\0]{1,15})$/;

function showRelative(path: string): string {
  return HARMLESS.test(path) || existsSync(path) ? show(path) : showType(path);
}

function resolve(path: string, caller: string): string {
  try {
    const real = realpathSync.native(path);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw new BadRootError(
      `${caller}: root must be an existing directory, but ${show(path)} cannot be found (${(cause as NodeJS.ErrnoException).code}). Create it first.`,
      { cause },
    );
  }
  throw new BadRootError(
    `${caller}: root must be a directory, but ${show(path)} is not one. Name the directory that holds the files.`,
  );
}

function withoutTrailingSlashes(path: string): string {
  const { root } = parse(path);
  /* v8 ignore next -- the tests run on Linux */
  const slashes = process.platform === 'win32' ? /[\\/]+$/ : /\/+$/;
  return path.slice(root.length).replace(slashes, '') === ''
    ? root
    : root + path.slice(root.length).replace(slashes, '');
}

function isSamePath(real: string, path: string): boolean {
  if (process.platform !== 'win32') return real === path;
  /* v8 ignore next -- the tests run on Linux */
  return real.toLowerCase() === path.replaceAll('/', '\\').toLowerCase();
}

/** Without `instanceof`, which fails for a URL of another realm. */
function isUrl(value: unknown): value is URL {
  return typeof value === 'object' && value !== null && 'href' in value && 'protocol' in value;
}

/** URLs other than `file:` may contain a password. */
function describeUrl({ protocol, href }: URL): string {
  return protocol === 'file:' ? show(href) : `a URL with ${protocol}`;
}

/** `app.use(xsendfile)`: the factory itself was used as a middleware. */
function isRequest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'method' in value && 'headers' in value;
}
