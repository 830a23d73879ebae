import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenedFile } from '../files/root-directory.js';
import type { BodyPart } from '../http/multipart.js';
import { cutOff } from './connection.js';
import { pump } from './pump.js';
import { watch } from './watch.js';

/** As much of a content in memory as is written at once: a larger piece would look like no progress. */
export const SINGLE_WRITE_BYTES = 128 * 1024;

/** What is sent, and for how long nothing may move. */
export interface TransferSource {
  /** Closed when it is not needed any more, which may be long before the reader has it all. */
  readonly file: Pick<OpenedFile, 'descriptor' | 'content' | 'close'>;
  readonly parts: readonly BodyPart[];
  /** Milliseconds that a reader may stop reading for; 0 for ever. */
  readonly idleTimeoutMs: number;
}

/** How the transfer of a body ended. */
export interface TransferResult {
  readonly kind: 'sent' | 'aborted' | 'failed';
  /** Bytes of the file that were given to the connection. */
  readonly bytes: number;
  /** What went wrong if it failed: the file system's error, or none if the file got shorter. */
  readonly cause?: unknown;
  /** Whether it was aborted from here, because the reader had stopped reading. */
  readonly isTimedOut?: boolean;
}

/**
 * Sends exactly these parts, or destroys the connection: a client must not take less for the whole.
 *
 * Never rejects, and resolves when the exchange is over. The head has been written. In memory are at
 * most the chunk that the connection has and, for fast readers, the next one.
 */
export async function transfer(
  req: IncomingMessage,
  res: ServerResponse,
  { file, parts, idleTimeoutMs }: TransferSource,
): Promise<TransferResult> {
  const connection = watch(req, res, idleTimeoutMs);
  let bytes = 0;
  try {
    for (const part of parts) {
      if (connection.isOver()) break;
      if (Buffer.isBuffer(part)) {
        await connection.accepted(res.write(part));
      } else if (file.content !== undefined) {
        for (let start = part.start; start <= part.end && !connection.isOver(); ) {
          const end = Math.min(start + SINGLE_WRITE_BYTES, part.end + 1);
          bytes += end - start;
          await connection.accepted(res.write(file.content.subarray(start, end)));
          start = end;
        }
      } else {
        const count = (chunkBytes: number): void => {
          bytes += chunkBytes;
        };
        await pump(res, connection, file.descriptor, part, count);
      }
    }
    if (!connection.isOver()) res.end();
  } catch (cause) {
    cutOff(res);
    return { kind: 'failed', bytes, cause };
  } finally {
    file.close();
  }
  const isComplete = await connection.over;
  return { kind: isComplete ? 'sent' : 'aborted', bytes, isTimedOut: connection.isTimedOut() };
}
