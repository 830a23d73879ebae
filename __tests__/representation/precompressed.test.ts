import type { RepresentationOptions } from '../../lib/representation/options.js';
import { CONTENT_CODINGS, mayBePrecompressed } from '../../lib/representation/precompressed.js';

const options = (precompressed: RepresentationOptions['precompressed']) =>
  ({ precompressed }) as RepresentationOptions;

it('there are precompressed files in three codings', () => {
  expect(CONTENT_CODINGS).toEqual(['br', 'zstd', 'gzip']);
});

describe('mayBePrecompressed(name, application, options)', () => {
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
    expect(mayBePrecompressed(name, application, options(['gzip']))).toBe(expected);
    expect(mayBePrecompressed(name, application, options([]))).toBe(false);
  });
});
