import { Readable } from 'node:stream';
import { BadOptionError } from '../../../lib/index.js';
import { toDeclaredFile } from '../../../lib/sources/declared.js';
import { checkRemoteObject, openResponse } from '../../../lib/sources/store/remote-object.js';
import type { StoreResponse } from '../../../lib/sources/store/remote-store.js';
import type { RemoteObject } from '../../../lib/types.js';

const URL_GIVEN = 'https://store.example/bucket/a.txt';
const object: RemoteObject = { url: URL_GIVEN, name: 'a.txt' };
const store = { checkUrl: jest.fn((url: unknown) => new URL(String(url))) };

describe('checkRemoteObject(object, store, caller)', () => {
  it('returns the object, and the URL that the store has checked', () => {
    const whole = { ...object, type: 'a/b', size: 0, mtime: new Date(0), etag: '"x"' };
    const checked = checkRemoteObject(whole, store, 'f');
    expect(checked.object).toBe(whole);
    expect(checked.url.href).toBe(URL_GIVEN);
    expect(store.checkUrl.mock.calls).toEqual([[URL_GIVEN, 'f']]);
  });

  it.each<[unknown, string]>([
    [undefined, 'the object must be { url, name }, got undefined.'],
    [null, 'the object must be { url, name }, got null.'],
    [URL_GIVEN, 'the object must be { url, name }, got a string of 34 characters.'],
    [{ ...object, name: '' }, 'name must be a file name, got "".'],
    [
      { ...object, size: -1 },
      'size must be a number of bytes, or undefined if it is not known, got -1.',
    ],
    [{ ...object, x: 1 }, 'unknown option "x". Known options: url, name, type, size, mtime, etag.'],
  ])('rejects %j', (value, message) => {
    expect(() => checkRemoteObject(value, store, 'f')).toThrow(new BadOptionError(`f: ${message}`));
  });
});

it('toDeclaredFile(object) describes what the application knows', () => {
  expect(toDeclaredFile(object)).toMatchObject({
    relativePath: 'a.txt',
    size: Number.POSITIVE_INFINITY,
    facts: { type: undefined, etag: undefined, encoding: undefined },
    body: { kind: 'none' },
  });
  const mtime = new Date('2020-01-01T00:00:00Z');
  const known = { ...object, type: 'a/b', size: 7, mtime, etag: '"x"' };
  expect(toDeclaredFile(known)).toMatchObject({
    size: 7,
    identity: { mtimeNs: BigInt(mtime.getTime()) * 1_000_000n },
    facts: { type: 'a/b', etag: '"x"' },
  });
});

describe('openResponse(object, response)', () => {
  const body = Readable.from(['a']);
  const close = jest.fn();
  const response: StoreResponse = {
    ...{ status: 206, size: 9, range: { start: 1, end: 2 }, acceptsRanges: true, etag: '"theirs"' },
    ...{ lastModified: Date.UTC(2001, 0, 1), encoding: 'br', body, close },
  };
  const theirs = BigInt(Date.UTC(2001, 0, 1)) * 1_000_000n;

  it('describes the object as the store does, with its bytes', () => {
    const opened = openResponse(object, response);
    expect(opened).toMatchObject({
      ...{ relativePath: 'a.txt', size: 9, checkedAtMs: Number.POSITIVE_INFINITY },
      identity: { mtimeNs: theirs, ctimeNs: theirs },
      facts: { type: undefined, etag: '"theirs"', encoding: 'br' },
      decision: { status: 206, range: { start: 1, end: 2 }, acceptsRanges: true },
    });
    expect(opened.body.kind === 'stream' && opened.body.read(0, 8)).toBe(body);
    opened.close();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('prefers what the application knows', () => {
    const mtime = new Date('2020-01-01T00:00:00Z');
    const opened = openResponse(
      { ...object, size: 0, etag: '"ours"', mtime, type: 'a/b' },
      response,
    );
    expect(opened).toMatchObject({
      size: 0,
      identity: { mtimeNs: BigInt(mtime.getTime()) * 1_000_000n },
      facts: { type: 'a/b', etag: '"ours"', encoding: 'br' },
    });
    expect(Math.abs(opened.checkedAtMs - Date.now())).toBeLessThan(60_000);
  });

  it('knows neither size nor date if none is declared', () => {
    const silent = { ...response, size: undefined, lastModified: undefined, etag: undefined };
    expect(openResponse(object, silent)).toMatchObject({
      size: Number.POSITIVE_INFINITY,
      facts: { etag: undefined },
    });
  });
});
