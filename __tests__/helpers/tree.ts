import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What to create: file contents by relative path; `{ link: target }` for a symbolic link. */
export type Tree = Readonly<Record<string, string | Buffer | { readonly link: string }>>;

/** A time that makes validators strong: files of tests are older than two seconds by it. */
export const OLD = new Date('2024-03-01T12:00:00Z');

const created: string[] = [];

/** Creates a scratch directory with these files; its path is free of symbolic links, and of short names of Windows. */
export function createTree(tree: Tree = {}): string {
  const root = realpathSync.native(mkdtempSync(join(tmpdir(), 'xsendfile-test-')));
  created.push(root);
  for (const [path, content] of Object.entries(tree)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, target);
    else {
      writeFileSync(target, content);
      utimesSync(target, OLD, OLD);
    }
  }
  return root;
}

afterAll(() => {
  // Windows removes a file some time after it was closed.
  for (const root of created.splice(0)) {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
});
