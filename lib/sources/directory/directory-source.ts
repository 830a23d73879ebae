import { PRECOMPRESSED } from '../../shared/media-type.js';
import { isSameIdentity } from '../identity.js';
import type { Found, FoundFile, Source, Wanted } from '../source.js';
import type { RootDirectory } from './root-directory.js';

/** The files below a root directory, and precompressed ones in their place. */
export function directorySource(directory: RootDirectory): Source {
  async function find(wanted: Wanted): Promise<Found> {
    const check = (names: readonly string[]) => directory.check(names, wanted.within);
    return select(wanted, check, () => {});
  }

  /**
   * Selects the best precompressed file, or the requested file itself.
   *
   * A precompressed file must pass the same checks as any other, and must not be older than the requested one;
   * otherwise it is ignored. The requested file must exist in any case.
   *
   * @param acquire - finds or opens a file.
   * @param release - closes a file that is not sent after all.
   */
  function select<File extends FoundFile>(
    { segments, codings, within }: Wanted,
    acquire: (segments: readonly string[]) => Promise<File>,
    release: (file: File) => void,
  ): Promise<Found<File>> {
    const selectRequested = () =>
      acquire(segments).then(
        (file): Found<File> => ({ file, segments, coding: undefined, reference: 'path' }),
      );
    // The usual case, without the additional promise of an async function.
    if (codings.length === 0) return selectRequested();
    return (async () => {
      const names = segments.slice(0, -1);
      for (const coding of codings) {
        const name = `${segments.at(-1)}${PRECOMPRESSED[coding]}`;
        const file = await acquire([...names, name]).catch(() => undefined);
        if (file === undefined) continue;
        try {
          // Afterwards: if the requested file is replaced in between, it is newer.
          const requested = await directory.check(segments, within);
          if (isFresh(file, requested)) return { file, segments, coding, reference: 'path' };
        } catch (error) {
          release(file);
          throw error;
        }
        release(file);
      }
      return selectRequested();
    })();
  }

  return {
    root: directory.path,
    takesDescriptors: true,
    find,
    async isStill(found, wanted) {
      const { file } = await find(wanted);
      return isSameIdentity(file.identity, found.file.identity);
    },
    open(wanted, isContentLikely) {
      const open = (names: readonly string[]) =>
        directory.open(names, isContentLikely, wanted.within);
      return select(wanted, open, (file) => file.close());
    },
  };
}

/** Nanoseconds in the units to which compressors copy times: brotli 1.0 to the second. */
const UNITS = [1_000n, 1_000_000n, 1_000_000_000n];

/** Whether a precompressed file is not older than the requested one, or has its time in a larger unit. */
function isFresh({ identity: { mtimeNs } }: FoundFile, requested: FoundFile): boolean {
  const time = requested.identity.mtimeNs;
  return mtimeNs >= time || UNITS.some((unit) => mtimeNs === time - (time % unit));
}
