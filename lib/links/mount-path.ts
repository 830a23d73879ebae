import { STRICT, sanitizeTarget } from '../request-path/sanitize.js';
import type { Option } from '../shared/option-reader.js';
import { encodePercent, formatPath } from '../shared/path-encoding.js';

/** Spelling of a mount path: as in URLs, or as `secure-link` signs it. */
export type MountForm = 'percent-encoded' | 'decoded';

/** Expected spellings, for messages. */
export function describeMountPath(form: MountForm): string {
  return `a ${form} URL path such as /downloads`;
}

/**
 * The path where files are mounted: in the form in which it was given, in its canonical spelling,
 * without a slash at its end.
 *
 * @returns `''` for the top, given as undefined, `''` or `/`; undefined for anything else that is not a path.
 */
export function parseMountPath(path: unknown, form: MountForm): string | undefined {
  if (path === undefined || path === '' || path === '/') return '';
  if (typeof path !== 'string') return undefined;
  try {
    const target = form === 'decoded' ? encodePercent(path) : path;
    if (target.includes('?')) return undefined;
    const segments = sanitizeTarget(target.replace(/\/$/, ''), STRICT);
    return form === 'decoded' ? `/${segments.join('/')}` : formatPath(segments);
  } catch {
    return undefined;
  }
}

/** @throws {@link BadOptionError} for anything but what {@link parseMountPath} takes. */
export function checkMountOption(path: unknown, form: MountForm, option: Option): string {
  const mount = parseMountPath(path, form);
  if (mount !== undefined) return mount;
  throw option.wrong(describeMountPath(form), path);
}
