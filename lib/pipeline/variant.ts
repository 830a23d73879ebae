import type { CheckedFile } from '../files/root-directory.js';
import { mayHaveSibling, type Sibling, siblingsOf } from '../representation/siblings.js';
import { type Delivery, sourcesOf, type Variant } from './delivery.js';

/**
 * Acquires the best sibling of the requested file for the client, or the file itself.
 *
 * A sibling must pass the same checks as any file and must not be older than the requested file;
 * otherwise it is ignored. The requested file must exist in any case.
 *
 * @param acquire - finds or opens a file.
 * @param release - closes a file that is not sent after all.
 * @throws what acquiring the requested file throws.
 */
export function acquireVariant<File extends CheckedFile>(
  delivery: Delivery,
  acquire: (segments: readonly string[]) => Promise<File>,
  release: (file: File) => void,
): Promise<Variant<File>> {
  const candidates = candidatesFor(delivery);
  // The usual case, without the additional promise of an async function.
  if (candidates.length === 0) return acquire(delivery.segments).then(toPlainVariant);
  return acquireBest(candidates, delivery, acquire, release);
}

function toPlainVariant<File extends CheckedFile>(file: File): Variant<File> {
  return { file, coding: undefined };
}

async function acquireBest<File extends CheckedFile>(
  candidates: readonly Sibling[],
  { site, segments, within }: Delivery,
  acquire: (segments: readonly string[]) => Promise<File>,
  release: (file: File) => void,
): Promise<Variant<File>> {
  for (const sibling of candidates) {
    const file = await acquire(sibling.segments).catch(() => undefined);
    if (file === undefined) continue;
    try {
      // After the sibling: if the file is replaced in between, it is newer than the sibling.
      const plain = await site.directory.check(segments, within);
      if (isCurrent(file, plain)) return { file, coding: sibling.coding };
    } catch (error) {
      release(file);
      throw error;
    }
    release(file);
  }
  return toPlainVariant(await acquire(segments));
}

/** Nanoseconds in the units to which compressors copy times: brotli 1.0 to the second. */
const UNITS = [1_000n, 1_000_000n, 1_000_000_000n];

/** Whether a sibling is not older than the file, or has its time in a larger unit. */
function isCurrent({ identity: { mtimeNs } }: CheckedFile, plain: CheckedFile): boolean {
  const time = plain.identity.mtimeNs;
  return mtimeNs >= time || UNITS.some((unit) => mtimeNs === time - (time % unit));
}

const NONE: readonly Sibling[] = [];

function candidatesFor(delivery: Delivery): readonly Sibling[] {
  const { req, site, segments } = delivery;
  if (site.config.precompressed.length === 0) return NONE;
  const { application } = sourcesOf(delivery, undefined, false);
  const [name = ''] = segments.slice(-1);
  const isPossible = mayHaveSibling(name, application, site.config);
  return isPossible ? siblingsOf(segments, req, site.config) : NONE;
}
