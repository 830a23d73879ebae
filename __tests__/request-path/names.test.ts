import { linkSync } from 'node:fs';
import { join } from 'node:path';
import { xsendfile } from '../../lib/index.js';
import { createFixture, listenWith } from '../helpers/check.js';
import { itOnLinux } from '../helpers/needs.js';
import { FRAMEWORKS } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

/** Names that look dangerous and are not, each with its URL. */
const NAMES: readonly (readonly [name: string, target: string])[] = [
  ['a..txt', '/a..txt'],
  ['a...', '/a...'],
  ['a/b..', '/a/b..'],
  ['a;b=c', '/a;b=c'],
  ['a b', '/a%20b'],
  [' a', '/%20a'],
  ['a ', '/a%20'],
  ['a.', '/a.'],
  ['%2e%2e', '/%252e%252e'],
  ['%2f', '/%252f'],
  ['%00', '/%2500'],
  ['%', '/%25'],
  ['100% sure?', '/100%25%20sure%3F'],
  ['a?b', '/a%3Fb'],
  ['a#b', '/a%23b'],
  ['a\\b', '/a%5Cb'],
  ['\\..\\x', '/%5C..%5Cx'],
  ['a&b+c', '/a&b+c'],
  ['~', '/~'],
  ['-rf', '/-rf'],
  ['http:', '/http:'],
  ['C:', '/C:'],
  ['CON', '/CON'],
  ['@named', '/@named'],
  ['__proto__', '/__proto__'],
  ['constructor', '/constructor'],
  ['\'"<script>', `/${encodeURIComponent(`'"<script>`)}`],
  ['\u202egnp.exe', '/%E2%80%AEgnp.exe'],
  ['\ufeffbom', '/%EF%BB%BFbom'],
  ['\ufffd', '/%EF%BF%BD'],
  ['😀/是', `/${encodeURIComponent('😀')}/${encodeURIComponent('是')}`],
  ['x'.repeat(255), `/${'x'.repeat(255)}`],
  [`${'é'.repeat(127)}.`, `/${encodeURIComponent('é'.repeat(127))}.`],
];
/** As NFC and NFD: one letter to a reader, two files to Linux. */
const COMPOSED = 'caf\u00e9';
const DECOMPOSED = 'cafe\u0301';

const root = createTree(
  Object.fromEntries(NAMES.map(([name], index) => [name, `content ${index}`])),
);

describe.each(FRAMEWORKS)('xsendfile(root) in $name', ({ create }) => {
  it.each(NAMES.map(([name, target], index) => ({ name: name.slice(0, 20), target, index })))(
    'serves the file named $name',
    async ({ target, index }) => {
      for (const mount of ['', '/files']) {
        const { check } = await listenWith(create(mount, xsendfile(root, { sender: 'serve' })));
        await check({ target: mount + target }, { status: 200, body: `content ${index}` });
      }
    },
  );

  it.each(['/%2e%2e', '/%2f', '/%2500/', '/%25%32%65', '/CAFE', '/A..TXT', '/a..txt.'])(
    'serves none of these files for %s',
    async (target) => {
      const { request } = await listenWith(create('', xsendfile(root, { sender: 'serve' })));
      expect((await request({ target })).status).toBeGreaterThanOrEqual(400);
    },
  );
});

itOnLinux('xsendfile(root) serves names that differ only in case as different files', async () => {
  const cased = createTree({ 'a.txt': 'small', 'A.txt': 'large' });
  const { check } = await createFixture(cased);
  await check({ target: '/a.txt' }, { body: 'small', status: 200 });
  await check({ target: '/A.txt' }, { body: 'large', status: 200 });
  await check({ target: '/A.TXT' }, { status: 404 });
});

itOnLinux('xsendfile(root) serves NFC and NFD of a name as different files', async () => {
  const accents = createTree({ [COMPOSED]: 'NFC', [DECOMPOSED]: 'NFD' });
  const { check } = await createFixture(accents);
  await check({ target: `/${encodeURIComponent(COMPOSED)}` }, { status: 200, body: 'NFC' });
  await check({ target: `/${encodeURIComponent(DECOMPOSED)}` }, { status: 200, body: 'NFD' });
  const only = await createFixture(createTree({ [COMPOSED]: 'NFC' }));
  await only.check({ target: `/${encodeURIComponent(DECOMPOSED)}` }, { status: 404 });
});

it('xsendfile(root) serves a hard link, whatever the policy on symbolic links', async () => {
  const site = createTree({ 'files/a.txt': 'a', 'outside.txt': 'shared' });
  linkSync(join(site, 'outside.txt'), join(site, 'files/hard.txt'));
  for (const symlinks of ['inside', 'deny', 'follow'] as const) {
    const { check } = await createFixture(join(site, 'files'), { symlinks });
    await check({ target: '/hard.txt' }, { status: 200, body: 'shared' });
  }
});
