import fc from 'fast-check';
import {
  type SanitizerRules,
  STRICT,
  sanitizePath,
  sanitizeTarget,
} from '../../lib/request-path/sanitize.js';
import { attempt, BAD, FORBIDDEN, NOT_CANONICAL, NOT_FOUND } from './refusal-of.js';

const POSIX: SanitizerRules = { collapseSlashes: false, windows: false };
const WINDOWS: SanitizerRules = { collapseSlashes: false, windows: true };
const TOLERANT: SanitizerRules = { collapseSlashes: true, windows: false };

describe('sanitizeTarget(target)', () => {
  it.each<[string, readonly string[] | string]>([
    ['/a.txt', ['a.txt']],
    ['/a/b/c.txt?x=/../y', ['a', 'b', 'c.txt']],
    ['/a%20b.txt', ['a b.txt']],
    ['/a%2Bb+c', ['a+b+c']],
    ['/100%25', ['100%']],
    ['/a%2520b', ['a%20b']],
    ['/%252e%252e', ['%2e%2e']],
    ['/ma%C3%B1ana', ['mañana']],
    ['/ma%c3%b1ana', ['mañana']],
    ['/a..txt', ['a..txt']],
    ['/...', ['...']],
    ['/..;/x', ['..;', 'x']],
    ['/..%5cx', ['..\\x']],
    ["/!$&'()*+,;=:@", ["!$&'()*+,;=:@"]],
    ['/"<>[]^`{|}\\', ['"<>[]^`{|}\\']],
    // the root itself, and whatever would lead out of it
    ['/', FORBIDDEN],
    ['/..', FORBIDDEN],
    ['/../x', FORBIDDEN],
    ['/a/../b', FORBIDDEN],
    ['/a/..', FORBIDDEN],
    ['/a/../', FORBIDDEN],
    ['/%2e%2e/x', FORBIDDEN],
    ['/.%2E/x', FORBIDDEN],
    ['/..%2fx', FORBIDDEN],
    ['/a%2f..%2fb', FORBIDDEN],
    // other spellings of what has a name of its own
    ['//', NOT_CANONICAL],
    ['//a', NOT_CANONICAL],
    ['/a//b', NOT_CANONICAL],
    ['/a/', NOT_CANONICAL],
    ['/.', NOT_CANONICAL],
    ['/./a', NOT_CANONICAL],
    ['/%2e/a', NOT_CANONICAL],
    ['/a/.', NOT_CANONICAL],
    ['/a%2Fb', NOT_CANONICAL],
    ['/%61dmin', NOT_CANONICAL],
    ['/a%2Dz', NOT_CANONICAL],
    ['/%7Eme', NOT_CANONICAL],
    ['/a%2etxt', NOT_CANONICAL],
    // what is no path at all
    ['', BAD],
    ['a', BAD],
    ['*', BAD],
    ['localhost:80', BAD],
    ['http://localhost/a', BAD],
    ['/%', BAD],
    ['/%zz', BAD],
    ['/%2', BAD],
    ['/%c3', BAD],
    ['/%c0%ae%c0%ae', BAD],
    ['/%ed%a0%80', BAD],
    ['/%00', BAD],
    ['/a%00.txt', BAD],
    ['/%0d%0aX', BAD],
    ['/%09', BAD],
    ['/%7F', BAD],
    ['/%c2%85', BAD],
    ['/a b', BAD],
    ['/a#b', BAD],
    ['/ma\u00c3\u00b1ana', BAD],
    ['/../%zz', BAD],
  ])('turns %j into %j', (target, expected) => {
    expect(attempt(() => sanitizeTarget(target, POSIX))).toEqual(expected);
  });

  it.each<[string, readonly string[] | string]>([
    ['/a//b', ['a', 'b']],
    ['//a/./b/', ['a', 'b']],
    ['/', FORBIDDEN],
    ['/./', FORBIDDEN],
    ['/a/../b', FORBIDDEN],
    ['/a%2Fb', NOT_CANONICAL],
  ])('turns %j into %j with collapseSlashes', (target, expected) => {
    expect(attempt(() => sanitizeTarget(target, TOLERANT))).toEqual(expected);
  });

  it.each<[string, readonly string[] | string]>([
    ['/a.txt', ['a.txt']],
    ['/con-fidential.txt', ['con-fidential.txt']],
    ['/..%5cx', FORBIDDEN],
    ['/a%5c..%5cb', FORBIDDEN],
    ['/a%5Cb', NOT_CANONICAL],
    ['/C:', NOT_CANONICAL],
    ['/C:%5Cx', NOT_CANONICAL],
    ['/%5C%5Chost%5Cshare', NOT_CANONICAL],
    ['/file.txt::$DATA', NOT_CANONICAL],
    ['/file.txt.', NOT_CANONICAL],
    ['/file.txt%20', NOT_CANONICAL],
    ['/CON', NOT_CANONICAL],
    ['/aux.txt', NOT_CANONICAL],
    ['/nul .txt', BAD],
    ['/nul%20.txt', NOT_CANONICAL],
    ['/COM1', NOT_CANONICAL],
    ['/LPT%C2%B2.log', NOT_CANONICAL],
    ['/conin$', NOT_CANONICAL],
    ['/GIT~1', NOT_CANONICAL],
    ['/PROGRA~1.TXT', NOT_CANONICAL],
    ['/a%22b', NOT_CANONICAL],
    ['/a/CON', NOT_CANONICAL],
    ['/CON/a', NOT_CANONICAL],
  ])('turns %j into %j on Windows', (target, expected) => {
    expect(attempt(() => sanitizeTarget(target, WINDOWS))).toEqual(expected);
  });

  it('accepts encoded letters where a signature protects the path', () => {
    const rules = { ...POSIX, encodedUnreserved: true };
    expect(sanitizeTarget('/%61/%7Eb', rules)).toEqual(['a', '~b']);
    expect(attempt(() => sanitizeTarget('/%2e%2e/a', rules))).toBe(FORBIDDEN);
    expect(attempt(() => sanitizeTarget('/a%2Fb', rules))).toBe(NOT_CANONICAL);
  });

  it('has strict rules for paths of the application, the same on every system', () => {
    expect(sanitizePath('a:b/CON', STRICT)).toEqual(['a:b', 'CON']);
    expect(attempt(() => sanitizePath('a//b', STRICT))).toBe(NOT_CANONICAL);
    expect(attempt(() => sanitizeTarget('/%61', STRICT))).toBe(NOT_CANONICAL);
  });

  it('returns names within the directory, whatever the target', () => {
    const target = fc.oneof(
      fc.string().map((text) => `/${text}`),
      fc.webPath(),
      fc
        .array(fc.constantFrom('..', '.', '', '%2e', '%2f', '/', 'a', '%5c', '%00', ';', '\\'))
        .map((parts) => `/${parts.join('')}`),
    );
    fc.assert(
      fc.property(target, (text) => {
        const segments = attempt(() => sanitizeTarget(text, POSIX));
        if (typeof segments === 'string') return;
        expect(segments.length).toBeGreaterThan(0);
        for (const name of segments) {
          expect(name).not.toMatch(/^\.{0,2}$|[/\p{Cc}]/u);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('returns the names that a URL was made of', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/^\.{1,2}$|[/\p{Cc}\p{Cs}]/u.test(text));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        const target = `/${names.map(encodeURIComponent).join('/')}`;
        expect(sanitizeTarget(target, POSIX)).toEqual(names);
      }),
    );
  });
});

describe('sanitizePath(path)', () => {
  it.each<[unknown, readonly string[] | string]>([
    ['a.txt', ['a.txt']],
    ['/a.txt', ['a.txt']],
    ['a/b.txt', ['a', 'b.txt']],
    [
      ['a', 'b.txt'],
      ['a', 'b.txt'],
    ],
    ['a%20b', ['a%20b']],
    ['100%', ['100%']],
    ['%2e%2e', ['%2e%2e']],
    ['a\nb\tc', ['a\nb\tc']],
    ['a?b#c', ['a?b#c']],
    ['', FORBIDDEN],
    ['/', FORBIDDEN],
    [[], FORBIDDEN],
    ['..', FORBIDDEN],
    ['a/../b', FORBIDDEN],
    [['a', '..'], FORBIDDEN],
    [['a/../b'], FORBIDDEN],
    ['//a', NOT_CANONICAL],
    ['a//b', NOT_CANONICAL],
    ['a/', NOT_CANONICAL],
    ['./a', NOT_CANONICAL],
    [['a/b'], NOT_CANONICAL],
    [['a', ''], NOT_CANONICAL],
    ['a\0b', BAD],
    ['a\ud800b', BAD],
    [{ x: '1' }, BAD],
    [1, BAD],
    [['a', 1], BAD],
    [undefined, NOT_FOUND],
    [null, NOT_FOUND],
  ])('turns %j into %j', (path, expected) => {
    expect(attempt(() => sanitizePath(path, POSIX))).toEqual(expected);
  });
});
