import { win32 } from 'node:path';
import fc from 'fast-check';
import { sanitizePath, sanitizeTarget } from '../../lib/request-path/sanitize.js';
import { attempt, BAD, FORBIDDEN, NOT_CANONICAL } from './refusal-of.js';

/** The rules for Windows, measured with the path functions of Windows. */

const RULES = { collapseSlashes: false, windows: true };
const ROOT = 'C:\\srv\\files';

describe('a path that means something else on Windows is refused', () => {
  it.each<[string, string, string]>([
    ['a drive', 'C:/Windows/win.ini', NOT_CANONICAL],
    ['a drive and backslashes', 'C:\\Windows\\win.ini', NOT_CANONICAL],
    ['the current directory of a drive', 'C:win.ini', NOT_CANONICAL],
    ['a drive below a directory', 'dir/C:/win.ini', NOT_CANONICAL],
    ['a share', '\\\\host\\share\\a.txt', NOT_CANONICAL],
    ['a share with slashes', '//host/share/a.txt', NOT_CANONICAL],
    ['the namespace of files', '\\\\?\\C:\\a.txt', NOT_CANONICAL],
    ['the namespace of devices', '\\\\.\\PhysicalDrive0', NOT_CANONICAL],
    ['the root of the current drive', '\\Windows\\win.ini', NOT_CANONICAL],
    ['the directory above', '..\\a.txt', FORBIDDEN],
    ['a directory above, later', 'dir\\..\\..\\a.txt', FORBIDDEN],
    ['an alternate stream', 'a.txt:s', NOT_CANONICAL],
    ['the main stream', 'a.txt::$DATA', NOT_CANONICAL],
    ['the stream of a directory', 'dir::$INDEX_ALLOCATION/a.txt', NOT_CANONICAL],
    ['a dot at the end', 'a.txt.', NOT_CANONICAL],
    ['dots at the end', 'a.txt...', NOT_CANONICAL],
    ['a space at the end', 'a.txt ', NOT_CANONICAL],
    ['a space and a dot at the end', 'a.txt .', NOT_CANONICAL],
    ['a directory with a dot at the end', 'dir./a.txt', NOT_CANONICAL],
    ['more dots than two', '.../a.txt', NOT_CANONICAL],
    ['a short name', 'PROGRA~1/a.txt', NOT_CANONICAL],
    ['a short name with an extension', 'REPORT~2.PDF', NOT_CANONICAL],
    ['a wildcard', 'a*.txt', NOT_CANONICAL],
    ['a wildcard of DOS', 'a<.txt', NOT_CANONICAL],
    ['NUL', 'a\0.txt', BAD],
    ...['CON', 'prn', 'Aux', 'NUL', 'COM1', 'com9', 'LPT1', 'COM¹', 'lpt³', 'CONIN$', 'CONOUT$']
      .flatMap((device) => [device, `${device}.txt`, `${device}.tar.gz`, `${device} .txt`])
      .map((name): [string, string, string] => ['a device', name, NOT_CANONICAL]),
  ])('%s: %j', (_title, path, refusal) => {
    // As the URL of a client, and from the application.
    const url = `/${encodeURIComponent(path).replaceAll('%2F', '/')}`;
    expect(attempt(() => sanitizeTarget(url, RULES))).toBe(refusal);
    expect(attempt(() => sanitizePath(path, RULES))).toBe(refusal);
    expect(attempt(() => sanitizePath(['dir', ...path.split('/')], RULES))).toBe(refusal);
  });

  it.each([
    'a.txt',
    'con-text.txt',
    'aux_.txt',
    'a..b',
    'a b.txt',
    '.env',
    'COM10',

    'ä.txt',
  ])('but %j is a name', (name) => expect(sanitizePath(name, RULES)).toEqual([name]));
});

it('whatever is not refused is one file below the root, by one name', () => {
  const letters = fc.constantFrom(...'aC:\\/. ~1*?"<>|$%\u00b9', 'con', 'nul', '..', '\\\\');
  const names = fc.array(fc.string({ unit: letters, maxLength: 8 }), {
    minLength: 1,
    maxLength: 4,
  });
  let accepted = 0;
  fc.assert(
    fc.property(names, (path) => {
      const segments = acceptedSegments(path);
      if (segments === undefined) return;
      accepted += 1;
      const file = win32.join(ROOT, ...segments);
      expect(file).toBe(`${ROOT}\\${segments.join('\\')}`);
      expect(win32.resolve('D:\\', file)).toBe(file);
      expect(win32.relative(ROOT, file)).toBe(segments.join('\\'));
      for (const name of segments) {
        expect(win32.isAbsolute(name)).toBe(false);
        expect(win32.parse(name)).toMatchObject({ root: '', dir: '', base: name });
        // What Win32 strips or takes for a stream.
        expect(name).toBe(name.replace(/[. ]+$/, '').replace(/:.*/, ''));
      }
    }),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

function acceptedSegments(path: readonly string[]): readonly string[] | undefined {
  try {
    return sanitizePath(path, RULES);
  } catch {
    return undefined;
  }
}
