import { constants, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Permissions of a file or directory. */
export interface Permissions {
  readonly mode: number;
  /** @default that of the process */
  readonly gid?: number;
}

/**
 * Writes a file that is not there yet, and follows no link.
 *
 * @param permissions - default: what the process's umask leaves.
 */
export async function writeNew(
  path: string,
  content: string | Buffer,
  permissions?: Permissions,
): Promise<void> {
  const file = await open(path, 'wx', permissions === undefined ? 0o666 : 0o600);
  try {
    if (permissions !== undefined) await setMode(file, permissions);
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

/** Sets the permissions of a directory, and of nothing that a link leads to. */
export async function setOwnMode(directory: string, permissions: Permissions): Promise<void> {
  // Directories cannot be opened there, and modes mean nothing.
  if (process.platform === 'win32') return;
  const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
  const handle = await open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    await setMode(handle, permissions);
  } finally {
    await handle.close();
  }
}

/** Changing the group may be refused; then the mode alone has to do. */
async function setMode(handle: FileHandle, { mode, gid }: Permissions): Promise<void> {
  if (gid !== undefined) await handle.chown((await handle.stat()).uid, gid).catch(() => {});
  await handle.chmod(mode);
}

/** Removes a directory at once. What cannot be removed must end neither a timer nor the process with an error. */
export function removeNow(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It belongs to someone else now.
  }
}
