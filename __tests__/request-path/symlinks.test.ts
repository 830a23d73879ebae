import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SymlinkPolicy } from '../../lib/types.js';
import { createLinkSite, LINK_CASES, POLICIES } from '../cases/paths-links.js';
import { createFixture } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';

const { site, root } = createLinkSite();

/** What a front end is told: the file itself, except with `follow`, which gives the name asked for. */
function pathInHeader(policy: SymlinkPolicy, path: string, end: string): string {
  return policy === 'follow' ? join(root, path) : join(site, end);
}

describe.each(POLICIES.map((policy, column) => ({ policy, column })))(
  "xsendfile(root, { symlinks: '$policy' })",
  ({ policy, column }) => {
    it.each(LINK_CASES.map((each) => ({ ...each, status: each.isServed[column] ? 200 : 404 })))(
      'answers $status for $title',
      async ({ path, status, end = '' }) => {
        const { check } = await createFixture(root, { symlinks: policy });
        const body = status === 200 ? end : 'Not Found\n';
        await check({ target: `/${path}` }, { status, body });
        await check({ method: 'HEAD', target: `/${path}` }, { status, body: '' });
      },
    );

    it.each(LINK_CASES.map((each) => ({ ...each, status: each.isServed[column] ? 200 : 404 })))(
      'answers $status to a front end for $title',
      async ({ path, status, end = '' }) => {
        const asApache = await createFixture(root, {
          symlinks: policy,
          sender: 'apache',
          handshake: false,
        });
        const asNginx = await createFixture(root, {
          symlinks: policy,
          sender: 'nginx',
          handshake: false,
        });
        const absolute = pathInHeader(policy, path, end);
        const isServed = status === 200;
        await asApache.check(
          { target: `/${path}` },
          { status, headers: { 'X-Sendfile': isServed ? absolute : null } },
        );
        const internal = absolute.replace(root, '/-internal-');
        await asNginx.check(
          { target: `/${path}` },
          { status, headers: { 'X-Accel-Redirect': isServed ? internal : null } },
        );
      },
    );
  },
);

it('never names a path outside of the root to a front end with inside and deny', async () => {
  for (const symlinks of ['inside', 'deny'] as const) {
    const { request } = await createFixture(root, { symlinks, sender: 'apache', handshake: false });
    for (const { path } of LINK_CASES) {
      const { headers } = await request({ target: `/${path}` });
      expect(headers['x-sendfile'] ?? `${root}/`).toMatch(new RegExp(`^${root}/`));
    }
  }
});

it('answers 404 for the directories of a mounted Kubernetes volume by their own names', async () => {
  for (const symlinks of POLICIES) {
    const { check } = await createFixture(root, { symlinks });
    await check({ target: '/..data/config.txt' }, { status: 404 });
    await check({ target: '/..2024_x/config.txt' }, { status: 404 });
  }
});

it('answers 404 for a link to a sibling whose name is the same string, but not the same bytes', async () => {
  // What is no UTF-8 becomes U+FFFD in a string, and a name may consist of that, too.
  const parent = createTree({ 'files\ufffd/a.txt': 'text' });
  const sibling = Buffer.concat([Buffer.from(join(parent, 'files')), Buffer.of(0xff)]);
  const secret = Buffer.concat([sibling, Buffer.from('/secret.txt')]);
  try {
    mkdirSync(sibling);
  } catch {
    return; // file systems other than Linux's take UTF-8 only
  }
  writeFileSync(secret, 'secret');
  symlinkSync(secret, join(parent, 'files\ufffd/link.txt'));
  const { check } = await createFixture(join(parent, 'files\ufffd'));
  await check({ target: '/a.txt' }, { status: 200, body: 'text' });
  await check({ target: '/link.txt' }, { status: 404 });
});
