import { join } from 'node:path';
import fc from 'fast-check';
import { xsendfile } from '../../lib/index.js';
import { anyCharacter } from '../helpers/any-character.js';
import { rawRequest } from '../helpers/raw-request.js';
import { FRAMEWORKS, listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const NAMES = [
  'a',
  'a b',
  'é',
  'a;b',
  '%2e%2e',
  '%',
  '..a',
  'a..',
  '...',
  '\\',
  'sub/a',
  'sub/sub/a',
  'sub/%2f',
  'admin/a',
];
const OUTSIDE = 'outside of the root';
const site = createTree({
  ...Object.fromEntries(NAMES.map((name) => [`files/${name}`, name])),
  a: OUTSIDE,
  'sub/a': OUTSIDE,
  'files-private/a': OUTSIDE,
  'files/out': { link: '..' },
  'files/private': { link: '../files-private' },
  'files/inside': { link: 'sub' },
});
const root = join(site, 'files');
/** What may be served, each file under the name that says so in its content. */
const SERVED = new Set(NAMES);

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('/', '/', 'a', 'sub', '..', '.', 'files', 'private') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '%2e',
      '%2E',
      '%2f',
      '%2F',
      '%5c',
      '\\',
      '%25',
      '%',
      '%00',
      ';',
      '//',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'out',
      'inside',
      '-private',
      '?',
      '#',
      '%20',
      '%c3%a9',
      '%c0%ae',
      '/../',
      '/./',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 3 }).map(encodeURIComponent) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  },
);
const target = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
  fc.constantFrom(...NAMES).map((name) => `/${name.split('/').map(encodeURIComponent).join('/')}`),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
);

/** As it is, except for what ends the request line or the request. */
function sendable(path: string): string {
  return path.replace(/[\r\n]/g, '%0a');
}

describe.each(FRAMEWORKS)('xsendfile(root) in $name', ({ create }) => {
  it.each(['', '/files'])(
    'serves only files of the root, whatever the target (at %j)',
    async (mount) => {
      const options = { sender: 'serve', dotfiles: 'allow' } as const;
      const strict = await listen(create(mount, xsendfile(root, options)));
      const tolerant = await listen(
        create(mount, xsendfile(root, { ...options, collapseSlashes: true })),
      );
      let served = 0;
      await fc.assert(
        fc.asyncProperty(target, async (path) => {
          for (const port of [strict, tolerant]) {
            const { raw, status, body } = await rawRequest(port, {
              target: `${mount}${sendable(path)}`,
            });
            expect(raw.includes(OUTSIDE)).toBe(false);
            expect(raw.includes(site)).toBe(false);
            expect(status).toBeLessThan(500);
            if (status !== 200) continue;
            served += 1;
            expect(SERVED).toContain(body.toString());
          }
        }),
        { numRuns: 80 },
      );
      expect(served).toBeGreaterThan(0);
    },
  );
});
