import type { ByteRange } from '../http/ranges.js';
import { XSendfileError } from '../shared/errors.js';
import type { Inspect } from '../sources/source.js';
import type { ChunkSize } from './chunk-size.js';
import type { Throttle } from './throttle.js';
import type { Watch } from './watch.js';

/** Maximum bytes per write of content in memory: a larger write would look like no progress. */
export const SINGLE_WRITE_BYTES = 128 * 1024;

/** Where the bytes of a body go. */
export interface Sink {
  readonly connection: Watch;
  /** Maximum bytes of one write at the moment. */
  maxWriteBytes(): number;
  /** Takes bytes; resolves when it can take more, or the exchange is over, with whether it took them. */
  write(bytes: Uint8Array): Promise<boolean>;
  /**
   * Takes a range of a file.
   *
   * @param count - called with the number of bytes taken.
   */
  pump(source: PumpSource, count: (bytes: number) => void): Promise<void>;
  /** Ends the body, which is complete. */
  end(): void;
  /** Makes sure that the client does not take the body for complete. */
  abort(): void;
}

/** The part of a file to send, and how fast. */
export interface PumpSource {
  readonly descriptor: number;
  readonly range: ByteRange;
  readonly throttle: Throttle;
  readonly chunkSize: ChunkSize;
  readonly inspect?: Inspect | undefined;
}

/** The error for a file that has fewer bytes than it had when it was opened. */
export function fileChanged(): XSendfileError {
  return new XSendfileError(
    'ERR_XSENDFILE_FILE_CHANGED',
    'xsendfile: the file was truncated while it was sent.',
  );
}
