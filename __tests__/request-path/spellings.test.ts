import { canonicalizeTail } from '../../lib/request-path/canonicalize-tail.js';
import {
  type CutTarget,
  checkMountPath,
  checkSpelling,
  type SanitizerRules,
  sanitizePath,
  sanitizeTarget,
} from '../../lib/request-path/sanitize.js';
import { attempt, BAD, FORBIDDEN, NOT_CANONICAL } from './refusal-of.js';

const RULES: SanitizerRules = { collapseSlashes: false, windows: false };
const TOLERANT: SanitizerRules = { ...RULES, collapseSlashes: true };
const WINDOWS: SanitizerRules = { ...RULES, windows: true };

const cut = (original: unknown, rest: string, mountPath?: unknown): CutTarget => ({
  original,
  rest,
  mountPath,
});

describe('checkMountPath(target)', () => {
  it.each<[CutTarget, string | undefined]>([
    [cut(undefined, '/a'), undefined],
    [cut('/files/a', '/a', '/files'), undefined],
    [cut('/files/a?x=/..', '/a?x=/..', '/files'), undefined],
    [cut('/files/a?x', '/a', '/files'), undefined],
    [cut('/files/a', '/rewritten', '/files'), undefined],
    [cut('/fi%20les/a', '/a', '/fi%20les'), undefined],
    [cut('/f/..a/a', '/a', '/f/..a'), undefined],
    [cut('/f/a../a', '/a', '/f/a..'), undefined],
    [cut('/f/.../a', '/a', '/f/...'), undefined],
    [cut('/f/./a', '/a', '/f/.'), undefined],
    [cut('/a', '/a', 7), undefined],
    [cut('/files/../a', '/a', '/files/..'), FORBIDDEN],
    [cut('/files/%2E./a', '/a', undefined), FORBIDDEN],
    [cut('/files%2f..%2Fa', '', undefined), FORBIDDEN],
    [cut('/rewritten', '/a', '/files/..'), FORBIDDEN],
    [cut('/%66iles/a', '/a', '/%66iles'), NOT_CANONICAL],
    [cut('/rewritten', '/a', '/%66iles'), NOT_CANONICAL],
    [cut('/%66iles/a', '/a', undefined), NOT_CANONICAL],
    [cut('/files%2fx/a', '/a', '/files%2fx'), NOT_CANONICAL],
    [cut('/files//a', '/a', '/files'), NOT_CANONICAL],
    [cut('//files/a', '/a', '/files'), NOT_CANONICAL],
    [cut('/files/a', 'a', '/files'), NOT_CANONICAL],
    [cut('/files.a', '/.a', undefined), NOT_CANONICAL],
    [cut('/files.a?b', '/.a?b', undefined), NOT_CANONICAL],
    [cut('/files.b', '/.a', undefined), undefined],
    [cut('/files', '/s', undefined), undefined],
    [cut(7, '/.a', undefined), undefined],
  ])('%j: %j', (target, expected) => {
    expect(attempt(() => checkMountPath(target, RULES))).toBe(expected);
  });

  it.each<[CutTarget, string | undefined]>([
    [cut('/files//a', '/a', '/files'), undefined],
    [cut('/files.a', '/.a', undefined), undefined],
    [cut('/files/../a', '/a', '/files/..'), FORBIDDEN],
    [cut('/%66iles/a', '/a', '/%66iles'), NOT_CANONICAL],
  ])('%j with collapseSlashes: %j', (target, expected) => {
    expect(attempt(() => checkMountPath(target, TOLERANT))).toBe(expected);
  });
});

describe('checkSpelling(target, path)', () => {
  it.each<[string, unknown, string | undefined]>([
    ['/a/b', 'a/b', undefined],
    ['/a/b?/%61//', 'a/b', undefined],
    ['/a%2Fb', 'a/b', NOT_CANONICAL],
    ['/a%2fb', 'a/b', NOT_CANONICAL],
    ['/a%2Fb', 'x', undefined],
    ['/a%2Fb', ['a/b'], undefined],
    ['/%61', 'a', NOT_CANONICAL],
    ['/a//b', 'x', NOT_CANONICAL],
    ['/a/./b', 'x', NOT_CANONICAL],
    ['/a/../b', 'x', NOT_CANONICAL],
    ['/a/.../b', 'x', undefined],
    ['/a/..b/c', 'x', undefined],
    ['/a/b..', 'x', undefined],
  ])('%j, %j: %j', (target, path, expected) => {
    expect(attempt(() => checkSpelling(target, path, RULES))).toBe(expected);
  });

  it('accepts more slashes with collapseSlashes, and nothing else', () => {
    expect(attempt(() => checkSpelling('/a//b', 'x', TOLERANT))).toBeUndefined();
    expect(attempt(() => checkSpelling('/%61//b', 'x', TOLERANT))).toBe(NOT_CANONICAL);
  });
});

describe('every percent-encoded unreserved character (RFC 3986 §2.3)', () => {
  const codes = Array.from({ length: 0x5f }, (_, index) => 0x20 + index);

  it.each(codes.map((code) => String.fromCharCode(code)))('%j', (character) => {
    const upper = `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
    for (const encoded of [upper, upper.toLowerCase()]) {
      const expected = /[\w.~-]/.test(character)
        ? NOT_CANONICAL
        : character === '/'
          ? NOT_CANONICAL
          : [`x${character}x`];
      expect(attempt(() => sanitizeTarget(`/x${encoded}x`, RULES))).toEqual(expected);
    }
  });
});

describe('names on Windows', () => {
  it.each([
    ...['con', 'PRN', 'aux', 'nul', 'conin$', 'CONOUT$', 'com0', 'com9', 'com¹', 'lpt³', 'lpt0'],
    ...['con.', 'con.txt', 'nul .txt', 'com1.a.b', 'a.', 'a ', 'a..', 'a:b', 'a*', 'a?', 'a"'],
    ...['a<b', 'a>b', 'a|b', 'a\\b', 'A~1', 'ABCDEF~12', 'ABC~1.T', 'ABC~1.', 'ABC~1.TXT'],
  ])('refuses %j', (name) => {
    expect(attempt(() => sanitizePath([name], WINDOWS))).toBe(NOT_CANONICAL);
    expect(sanitizePath([name], RULES)).toEqual([name]);
  });

  it.each([
    ...['icon', 'con1', 'xcon.txt', 'com', 'com10', 'comx', 'nul-x', 'nul x', 'conin', 'lpt'],
    ...['.a', 'a.b', ' a', 'a b', '~1', 'ABCDEFG~1', 'A~x', 'A~1.TEXT', 'A~1x', 'A.B~1', 'A~1.a.b'],
  ])('accepts %j', (name) => {
    expect(sanitizePath([name], WINDOWS)).toEqual([name]);
  });

  it('refuses .. between backslashes, and only there', () => {
    expect(attempt(() => sanitizePath(['a\\..\\b'], WINDOWS))).toBe(FORBIDDEN);
    expect(sanitizePath(['a\\..\\b'], RULES)).toEqual(['a\\..\\b']);
  });
});

describe('what sanitizers return and throw', () => {
  it('is a frozen list of its own', () => {
    const names = ['a', 'b'];
    const segments = sanitizePath(names, RULES);
    expect(Object.isFrozen(segments)).toBe(true);
    expect(segments).not.toBe(names);
  });

  it('has the reason why a segment cannot be decoded as its cause', () => {
    expect(() => sanitizeTarget('/%zz', RULES)).toThrow(
      expect.objectContaining({ cause: expect.any(URIError) }),
    );
  });

  it.each<[unknown, string]>([
    [['a\0b', 'c'], BAD],
    [['c', 'a\ud800'], BAD],
    ['//', NOT_CANONICAL],
    [['', ''], NOT_CANONICAL],
    [['.'], NOT_CANONICAL],
    [[''], FORBIDDEN],
    [['a', 'b/..'], FORBIDDEN],
  ])('%j: %s', (path, expected) => {
    expect(attempt(() => sanitizePath(path, RULES))).toBe(expected);
  });
});

describe('canonicalizeTail(target, segments)', () => {
  it.each<[string, readonly string[], string]>([
    ['/%61/%62.txt', ['b.txt'], '/%61/b.txt'],
    ['/%61/%62.txt?%63', ['b.txt'], '/%61/b.txt'],
    ['/%61.txt?\nx', ['a.txt'], '/a.txt'],
    ['/x/%61/%62', ['a', 'b'], '/x/a/b'],
    ['/x/a%20b', ['a b'], '/x/a%20b'],
    ['/%61/%62', ['x', 'b'], '/%61/%62'],
    ['/%61/%62', ['a', 'x'], '/%61/%62'],
    ['%61/%62', ['a', 'b'], '%61/%62'],
    ['/x/%zz', ['%zz'], '/x/%zz'],
    ['/%61', ['x', '', 'a'], '/%61'],
  ])('%j, %j: %j', (target, segments, expected) => {
    expect(canonicalizeTail(target, segments)).toBe(expected);
  });
});
