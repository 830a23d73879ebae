import type { Option } from '../shared/option-reader.js';
import type { FileTarget } from '../types.js';

/** Option of the senders that name files by their absolute paths. */
export interface FrontEndRootOptions {
  /**
   * The root directory as the front end sees it, if that is another path than the application's:
   * in a container, for example. It replaces the handler's root, literally.
   *
   * @default the handler's root
   */
  readonly frontendRoot?: string | undefined;
}

/**
 * Reads the option `frontendRoot`, which determines the names of files in the header.
 *
 * @throws {@link BadOptionError}
 */
export function pathForFrontEnd(
  frontendRoot: unknown,
  option: Option,
): (file: FileTarget) => string | undefined {
  if (frontendRoot === undefined) return ({ path }) => path;
  const root = checkDirectory(frontendRoot, option);
  // A link that was followed out of the root is nowhere below the other one.
  return ({ relativePath }) =>
    relativePath.startsWith('../') ? undefined : `${root}/${relativePath}`;
}

/**
 * A directory on the front end's machine, without a slash at its end. It cannot be checked: that
 * machine may be another one.
 *
 * @throws {@link BadOptionError}
 */
export function checkDirectory(path: unknown, option: Option): string {
  if (typeof path === 'string') {
    const directory = path.replace(/\/+$/, '');
    if (/^(?:\/(?!\.{0,2}(?:\/|$))[^/\0-\x1f\x7f]+)+$/.test(directory)) return directory;
  }
  throw option.wrong(
    'an absolute path in its shortest form, without control characters and other than "/"',
    path,
    ' Give the directory as the front end sees it, such as "/srv/files".',
  );
}
