import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { SymlinkPolicy } from '../../lib/types.js';
import { createTree } from '../helpers/tree.js';

/** Policies in the order of the columns of {@link LINK_CASES}. */
export const POLICIES: readonly SymlinkPolicy[] = ['inside', 'deny', 'follow'];

/** One path that leads over symbolic links, or not. */
export interface LinkCase {
  readonly title: string;
  /** What is asked for, below the root. */
  readonly path: string;
  /** Where the way ends, below the site; the file's content too. Undefined for nowhere. */
  readonly end?: string;
  /** Whether the file may be had, by policy: `inside`, `deny`, `follow`. */
  readonly isServed: readonly [boolean, boolean, boolean];
}

const ALL = [true, true, true] as const;
const NOT_DENY = [true, false, true] as const;
const ONLY_FOLLOW = [false, false, true] as const;
const NONE = [false, false, false] as const;

export const LINK_CASES: readonly LinkCase[] = [
  { title: 'a file', path: 'plain.txt', end: 'files/plain.txt', isServed: ALL },
  {
    title: 'a file in a directory',
    path: 'sub/deep.txt',
    end: 'files/sub/deep.txt',
    isServed: ALL,
  },
  // links that stay in the root
  { title: 'a link to a file', path: 'to-file', end: 'files/plain.txt', isServed: NOT_DENY },
  {
    title: 'a link into a directory',
    path: 'to-deep',
    end: 'files/sub/deep.txt',
    isServed: NOT_DENY,
  },
  { title: 'a link upwards', path: 'sub/up', end: 'files/plain.txt', isServed: NOT_DENY },
  { title: 'an absolute link', path: 'absolute', end: 'files/plain.txt', isServed: NOT_DENY },
  {
    title: 'a file below a link',
    path: 'to-dir/deep.txt',
    end: 'files/sub/deep.txt',
    isServed: NOT_DENY,
  },
  { title: 'a link below a link', path: 'to-dir/up', end: 'files/plain.txt', isServed: NOT_DENY },
  {
    title: 'a link to the root itself',
    path: 'to-root/plain.txt',
    end: 'files/plain.txt',
    isServed: NOT_DENY,
  },
  { title: 'a chain of links', path: 'chain-1', end: 'files/plain.txt', isServed: NOT_DENY },
  {
    title: 'a chain that leaves the root and comes back',
    path: 'there-and-back',
    end: 'files/plain.txt',
    isServed: NOT_DENY,
  },
  {
    title: 'a name of a mounted Kubernetes volume',
    path: 'config.txt',
    end: 'files/..2024_x/config.txt',
    isServed: NOT_DENY,
  },
  // links that do not
  {
    title: 'an absolute link to outside',
    path: 'out-absolute',
    end: 'outside/secret.txt',
    isServed: ONLY_FOLLOW,
  },
  {
    title: 'a relative link to outside',
    path: 'out-relative',
    end: 'outside/secret.txt',
    isServed: ONLY_FOLLOW,
  },
  {
    title: 'a chain of links to outside',
    path: 'chain-out-1',
    end: 'outside/secret.txt',
    isServed: ONLY_FOLLOW,
  },
  {
    title: 'a file below a link to outside',
    path: 'out-dir/secret.txt',
    end: 'outside/secret.txt',
    isServed: ONLY_FOLLOW,
  },
  {
    title: 'a file below a link to the parent',
    path: 'parent/outside/secret.txt',
    end: 'outside/secret.txt',
    isServed: ONLY_FOLLOW,
  },
  {
    title: 'a link to a sibling with the same prefix',
    path: 'sibling',
    end: 'files-private/secret.txt',
    isServed: ONLY_FOLLOW,
  },
  {
    title: 'a file below such a sibling',
    path: 'sibling-dir/secret.txt',
    end: 'files-private/secret.txt',
    isServed: ONLY_FOLLOW,
  },
  {
    title: 'a file of the root, by its parent',
    path: 'parent/files/plain.txt',
    end: 'files/plain.txt',
    isServed: NOT_DENY,
  },
  // links to nothing that could be sent
  { title: 'a dangling link', path: 'dangling', isServed: NONE },
  { title: 'a dangling link to outside', path: 'dangling-out', isServed: NONE },
  { title: 'a link to itself', path: 'loop', isServed: NONE },
  { title: 'links in a circle', path: 'loop-1', isServed: NONE },
  { title: 'a file below a circle', path: 'loop/x', isServed: NONE },
  { title: 'a link to a directory', path: 'to-dir', isServed: NONE },
  { title: 'a link to a directory outside', path: 'out-dir', isServed: NONE },
  { title: 'a link to the root', path: 'to-root', isServed: NONE },
  { title: 'a file below a link to a file', path: 'to-file/x', isServed: NONE },
  { title: 'a missing file below a link', path: 'to-dir/no.txt', isServed: NONE },
];

/** A directory with all these links in its directory `files`; each file contains its own path. */
export function createLinkSite(): { readonly site: string; readonly root: string } {
  const site = createTree({
    'files/plain.txt': 'files/plain.txt',
    'files/sub/deep.txt': 'files/sub/deep.txt',
    'files/..2024_x/config.txt': 'files/..2024_x/config.txt',
    'files-private/secret.txt': 'files-private/secret.txt',
    'outside/secret.txt': 'outside/secret.txt',
    'outside/back': { link: '../files/plain.txt' },
    'files/to-file': { link: 'plain.txt' },
    'files/to-deep': { link: 'sub/deep.txt' },
    'files/sub/up': { link: '../plain.txt' },
    'files/to-dir': { link: 'sub' },
    'files/to-root': { link: '.' },
    'files/chain-1': { link: 'chain-2' },
    'files/chain-2': { link: './sub/../chain-3' },
    'files/chain-3': { link: 'plain.txt' },
    'files/there-and-back': { link: '../outside/back' },
    'files/config.txt': { link: '..data/config.txt' },
    'files/..data': { link: '..2024_x' },
    'files/out-relative': { link: '../outside/secret.txt' },
    'files/chain-out-1': { link: 'chain-out-2' },
    'files/chain-out-2': { link: 'out-relative' },
    'files/out-dir': { link: '../outside' },
    'files/parent': { link: '..' },
    'files/sibling': { link: '../files-private/secret.txt' },
    'files/sibling-dir': { link: '../files-private' },
    'files/dangling': { link: 'no.txt' },
    'files/dangling-out': { link: '../outside/no.txt' },
    'files/loop': { link: 'loop' },
    'files/loop-1': { link: 'loop-2' },
    'files/loop-2': { link: 'loop-1' },
  });
  const root = join(site, 'files');
  symlinkSync(join(root, 'plain.txt'), join(root, 'absolute'));
  symlinkSync(join(site, 'outside/secret.txt'), join(root, 'out-absolute'));
  return { site, root };
}
