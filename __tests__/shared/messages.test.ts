import { createSecretKey } from 'node:crypto';
import { refusalForFileSystemError } from '../../lib/shared/errors.js';
import { typeOfName, unpackedTypeOfName } from '../../lib/shared/media-type.js';
import { checkKnownKeys, show, showType } from '../../lib/shared/option-checks.js';
import { stackOf } from '../../lib/shared/thrown.js';

const circular: { self?: unknown } = {};
circular.self = circular;

describe('show(value)', () => {
  it.each<[unknown, string]>([
    ['a "b"', '"a \\"b\\""'],
    [undefined, 'undefined'],
    [7, '7'],
    [10n, '10'],
    [Symbol('s'), 'Symbol(s)'],
    [function named() {}, 'function named'],
    [() => {}, 'function (anonymous)'],
    [circular, '[object Object]'],
    [Buffer.from('secret'), 'a Buffer of 6 bytes'],
    [{ secret: Buffer.from('s') }, '{"secret":"(a Buffer of 1 byte)"}'],
    [{ key: createSecretKey(Buffer.from('secret')) }, '{"key":"(a KeyObject)"}'],
    [new Uint8Array(2), 'a Uint8Array'],
  ])('%p: %s', (value, expected) => {
    expect(show(value)).toBe(expected);
  });
});

describe('showType(value)', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    ['', 'an empty string'],
    ['x', 'a string of 1 character'],
    ['secret', 'a string of 6 characters'],
    [7, 'a number'],
    [10n, 'a bigint'],
    [[], 'an empty array'],
    [['secret'], 'an array'],
    [{}, 'an object'],
    [createSecretKey(Buffer.from('secret')), 'a KeyObject'],
  ])('%p: %s', (value, expected) => {
    expect(showType(value)).toBe(expected);
  });
});

describe('checkKnownKeys(caller, options, known)', () => {
  it.each<[unknown, readonly string[], string]>([
    [{ MaxAge: 1 }, ['maxAge'], 'f: unknown option "MaxAge". Did you mean "maxAge"?'],
    [{ other: 1 }, ['a', 'b'], 'f: unknown option "other". Known options: a, b.'],
    [{ maxage: 1 }, ['maxAge'], 'f: unknown option "maxage". Did you mean "maxAge"?'],
    [null, ['sender'], 'f: options must be an object, got null.'],
    [7, ['sender'], 'f: options must be an object, got a number.'],
    [
      'nginx',
      ['sender'],
      'f: options must be an object, got a string of 5 characters. Pass the sender as { sender: … }.',
    ],
    ['nginx', [], 'f: options must be an object, got a string of 5 characters.'],
    [
      'x',
      ['secret', 'sender'],
      'f: options must be an object, got a string of 1 character. Pass the secret as { secret: … }.',
    ],
  ])('%j with %j', (options, known, message) => {
    expect(() => checkKnownKeys('f', options, known)).toThrow(
      expect.objectContaining({ code: 'ERR_XSENDFILE_BAD_OPTION', message }),
    );
  });
});

describe('refusalForFileSystemError(cause)', () => {
  it.each<[unknown, number, string]>([
    [{ code: 'ENOENT' }, 404, 'ERR_XSENDFILE_NOT_FOUND'],
    [{ code: 'EMFILE' }, 503, 'ERR_XSENDFILE_UNAVAILABLE'],
    [{ code: 'EIO' }, 500, 'ERR_XSENDFILE_INTERNAL'],
    [{ code: 7 }, 500, 'ERR_XSENDFILE_INTERNAL'],
    [new Error('no code'), 500, 'ERR_XSENDFILE_INTERNAL'],
    [null, 500, 'ERR_XSENDFILE_INTERNAL'],
  ])('of %p is %i %s', (cause, status, code) => {
    expect(refusalForFileSystemError(cause)).toMatchObject({ status, code });
  });
});

describe('stackOf(thrown)', () => {
  it.each<[unknown, string]>([
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Object.create(null), 'a value that cannot be converted to a string'],
  ])('of %p', (thrown, expected) => {
    expect(stackOf(thrown)).toBe(expected);
  });

  it('of an error is its stack', () => {
    expect(stackOf(new RangeError('x'))).toMatch(/^RangeError: x\n {4}at /);
  });
});

describe('typeOfName(name)', () => {
  it.each<[string, string]>([
    ['a.txt', 'text/plain; charset=utf-8'],
    ['a.PNG', 'image/png'],
    ['json', 'application/octet-stream'],
    ['a.unknown', 'application/octet-stream'],
    ['a.gz', 'application/gzip'],
    ['', 'application/octet-stream'],
  ])('of %j is %s', (name, expected) => {
    expect(typeOfName(name)).toBe(expected);
  });
});

describe('unpackedTypeOfName(name)', () => {
  it.each<[string, string | undefined]>([
    ['a.txt.gz', 'text/plain; charset=utf-8'],
    ['a.txt.GZ', 'text/plain; charset=utf-8'],
    ['a.json.gz', 'application/json; charset=utf-8'],
    ['a.svg.gz', 'image/svg+xml'],
    ['a.tar.gz', undefined],
    ['a.gz', undefined],
    ['a.txt', undefined],
  ])('of %j is %s', (name, type) => {
    const expected = type === undefined ? undefined : { type, coding: 'gzip' };
    expect(unpackedTypeOfName(name)).toEqual(expected);
  });
});
