import type { ByteRange } from '../http/ranges.js';
import { XSendfileError } from '../shared/errors.js';
import type { Inspect } from '../sources/source.js';
import type { Throttle } from './throttle.js';

/** Maximum bytes per write of content in memory: a larger write would look like no progress. */
export const SINGLE_WRITE_BYTES = 128 * 1024;

/** The connection of a response, watched for its end and for idle clients. */
export interface WatchedConnection {
  /** Resolves when the response is complete (true), or can no longer be completed (false). */
  readonly over: Promise<boolean>;
  isOver(): boolean;
  isTimedOut(): boolean;
  /**
   * Waits for so many milliseconds, which do not count as idle; resolves with false as soon as the exchange
   * is over.
   */
  pause(ms: number): Promise<boolean>;
  /**
   * Waits for bytes of a source. The idle timeout applies to the source meanwhile: when it expires, this
   * resolves with `'late'`. Resolves with undefined as soon as the exchange is over, and rejects if `bytes` does.
   */
  await<T>(bytes: Promise<T>): Promise<T | 'late' | undefined>;
}

/** Where the bytes of a body go. */
export interface Sink {
  readonly connection: WatchedConnection;
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

/** The part of a file to send, and the maximum rate. */
export interface PumpSource {
  readonly descriptor: number;
  readonly range: ByteRange;
  readonly throttle: Throttle;
  readonly inspect?: Inspect | undefined;
}

/** The error for a file that has fewer bytes than it had when it was opened. */
export function fileChanged(): XSendfileError {
  return new XSendfileError(
    'ERR_XSENDFILE_FILE_CHANGED',
    'xsendfile: the file was truncated while it was sent.',
  );
}
