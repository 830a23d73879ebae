import { join } from 'node:path';
import { xsendfile } from '../../lib/index.js';
import type { DotfilePolicy } from '../../lib/types.js';
import { listenWith } from '../helpers/check.js';
import { FRAMEWORKS } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const SECRET = 'the-dotfile-secret';
const root = createTree({
  'a.txt': 'text',
  '.env': SECRET,
  '.ENV': SECRET,
  '...': SECRET,
  '..env': SECRET,
  '.well-known/security.txt': SECRET,
  'a/.git/config': SECRET,
  'a/b/.htpasswd': SECRET,
  'a/x.git/config': 'no dotfile',
  'env.': 'no dotfile',
});
const HIDDEN: Readonly<Record<DotfilePolicy, number>> = { ignore: 404, deny: 403, allow: 200 };

/** Target, and the status by policy; undefined for what the policy decides. */
const SPELLINGS: readonly (readonly [string, number | undefined])[] = [
  ['/.env', undefined],
  ['/.ENV', undefined],
  ['/.env?x', undefined],
  ['/...', undefined],
  ['/..env', undefined],
  ['/a/.git/config', undefined],
  ['/a/b/.htpasswd', undefined],
  ['/.well-known/security.txt', undefined],
  // other spellings, whatever the policy
  ['/%2eenv', 404],
  ['/%2Eenv', 404],
  ['/.%65nv', 404],
  ['/%2e%65%6e%76', 404],
  ['/.env/', 404],
  ['/.env/.', 404],
  ['/./.env', 404],
  ['//.env', 404],
  ['/a/%2Egit/config', 404],
  ['/a/%2egit/config', 404],
  ['/a/.git%2Fconfig', 404],
  ['/a%2F.git/config', 404],
  ['/a/.git//config', 404],
  ['/a/.git/./config', 404],
  ['/a/.git/../.git/config', 403],
  ['/x/../.env', 403],
  ['/%2e%2e/.env', 403],
  ['/.env%00', 400],
  ['/.env%00.txt', 400],
  ['/.env#', 400],
  ['/%c0%aeenv', 400],
  // no dotfiles
  ['/a/x.git/config', 200],
  ['/env.', 200],
];

describe.each(FRAMEWORKS)('in $name', ({ create }) => {
  describe.each(['ignore', 'deny', 'allow'] as const)(
    'xsendfile(root, { dotfiles: %j })',
    (policy) => {
      it.each(SPELLINGS.map(([target, fixed]) => ({ target, status: fixed ?? HIDDEN[policy] })))(
        'answers $status for $target',
        async ({ target, status }) => {
          const handler = xsendfile(root, { sender: 'serve', dotfiles: policy });
          const { check } = await listenWith(create('', handler));
          const { raw } = await check({ target }, { status });
          if (policy !== 'allow') expect(raw.includes(SECRET)).toBe(false);
        },
      );
    },
  );
});

it('answers 404 for dotfiles to a front end', async () => {
  const handler = xsendfile(root, { sender: 'nginx', handshake: false });
  const { check } = await listenWith((req, res) => handler(req, res));
  const headers = { 'X-Accel-Redirect': null };
  for (const target of ['/.env', '/a/.git/config', '/%2eenv', '/...']) {
    await check({ target }, { status: 404, headers });
  }
});

it('applies the policy to paths given to send()', async () => {
  const handler = xsendfile(root, { sender: 'serve' });
  const { check } = await listenWith((req, res) => {
    handler
      .send(req, res, decodeURIComponent((req.url ?? '').slice(2)))
      .catch((error: { code: string }) => res.end(error.code));
  });
  for (const path of ['.env', '/.env', 'a/.git/config', '...']) {
    await check(
      { target: `/?${encodeURIComponent(path)}` },
      { status: 200, body: 'ERR_XSENDFILE_DOTFILE_IGNORED' },
    );
  }
});

it('serves from a root that lies in a dot directory', async () => {
  const site = createTree({ '.cache/.v1/files/a.txt': 'text', '.cache/.v1/files/.env': SECRET });
  const inside = join(site, '.cache/.v1/files');
  for (const dotfiles of ['ignore', 'deny'] as const) {
    const handler = xsendfile(inside, { sender: 'serve', dotfiles });
    const { check } = await listenWith((req, res) => handler(req, res));
    await check({ target: '/a.txt' }, { status: 200, body: 'text' });
    await check({ target: '/.env' }, { status: HIDDEN[dotfiles] });
  }
});

it('serves a link to a dotfile, for the policy is about names in URLs', async () => {
  const linked = createTree({ '.data/x.txt': 'published', 'x.txt': { link: '.data/x.txt' } });
  const handler = xsendfile(linked, { sender: 'serve' });
  const { check } = await listenWith((req, res) => handler(req, res));
  await check({ target: '/x.txt' }, { status: 200, body: 'published' });
});
