import { statfsSync, statSync } from 'node:fs';

/**
 * Magic numbers of file systems whose metadata is in the memory of this machine: ext2 to ext4, XFS, Btrfs, F2FS,
 * tmpfs. Not overlayfs, which may lie over FUSE or NFS.
 */
const LOCAL_FILE_SYSTEMS = [0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994];

/** Returns the device of a root on a local file system; undefined if there is any doubt. */
export function localDeviceOf(root: string): bigint | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const isLocal = LOCAL_FILE_SYSTEMS.includes(statfsSync(root).type);
    return isLocal ? statSync(root, { bigint: true }).dev : undefined;
  } catch {
    return undefined;
  }
}
