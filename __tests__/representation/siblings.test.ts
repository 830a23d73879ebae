import type { IncomingMessage } from 'node:http';
import type { RepresentationOptions } from '../../lib/representation/options.js';
import { CONTENT_CODINGS, mayHaveSibling, siblingsOf } from '../../lib/representation/siblings.js';

const options = (precompressed: RepresentationOptions['precompressed']) =>
  ({ precompressed }) as RepresentationOptions;

it('there are siblings in three codings', () => {
  expect(CONTENT_CODINGS).toEqual(['br', 'zstd', 'gzip']);
});

describe('siblingsOf(segments, req, options)', () => {
  it.each<[string | undefined, object[]]>([
    [undefined, []],
    [
      'gzip, zstd, br',
      [
        { coding: 'br', segments: ['dir', 'sub', 'a.js.br'] },
        { coding: 'zstd', segments: ['dir', 'sub', 'a.js.zst'] },
        { coding: 'gzip', segments: ['dir', 'sub', 'a.js.gz'] },
      ],
    ],
  ])('for Accept-Encoding %j', (acceptEncoding, expected) => {
    const req = { headers: { 'accept-encoding': acceptEncoding } } as IncomingMessage;
    expect(siblingsOf(['dir', 'sub', 'a.js'], req, options(['br', 'zstd', 'gzip']))).toEqual(
      expected,
    );
  });
});

describe('mayHaveSibling(name, application, options)', () => {
  it.each<[string, Readonly<Record<string, unknown>>, boolean]>([
    ['a.js', {}, true],
    ['a.js.br', {}, false],
    ['a.js.ZST', {}, false],
    ['a.js.gz', {}, false],
    ['a.js', { vary: 'x' }, true],
    ['a.js', { 'content-encoding': 'x' }, false],
    ['a.js', { 'content-digest': 'x' }, false],
    ['a.js', { 'repr-digest': 'x' }, false],
    ['a.js', { etag: 'x' }, false],
  ])('%s with %j: %j', (name, application, expected) => {
    expect(mayHaveSibling(name, application, options(['gzip']))).toBe(expected);
    expect(mayHaveSibling(name, application, options([]))).toBe(false);
  });
});
