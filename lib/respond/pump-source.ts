import { types } from 'node:util';
import type { ByteRange } from '../http/ranges.js';
import { isXSendfileError, XSendfileError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import { stackOf } from '../shared/thrown.js';
import { warn } from '../shared/warning.js';
import type { Inspect } from '../sources/source.js';
import type { Content } from '../types.js';
import { SINGLE_WRITE_BYTES, type Sink } from './sink.js';
import type { Throttle } from './throttle.js';
import type { Watch } from './watch.js';

/** Maximum number of chunks without a byte in a row: a source that gives only these would never let go. */
export const MAX_EMPTY_CHUNKS = 1000;

/** Content to send that is not a file, and how fast at most. */
export interface ReadSource {
  readonly read: Content['read'];
  /** The end is infinite if the size is not known. */
  readonly range: ByteRange;
  readonly throttle: Throttle;
  /** Milliseconds for which the source may take to give a byte, or to end; 0 for no limit. */
  readonly idleTimeoutMs: number;
  /** Whether it is the response of a store, whose end need not be awaited. */
  readonly isResponse: boolean;
  readonly inspect?: Inspect | undefined;
}

/**
 * Sends a range of content that the application reads: exactly its bytes, one chunk at a time, so that a
 * slow client slows the source down. With its last byte it is complete, for clients hang up then: the source may
 * end later. The source is closed whatever happens.
 *
 * @param count - called with the number of bytes that the sink took.
 * @throws {@link XSendfileError} if the source throws, stalls, or gives too little or too much.
 */
export async function pumpSource(
  sink: Sink,
  { read, range: { start, end }, throttle, idleTimeoutMs, isResponse, inspect }: ReadSource,
  count: (bytes: number) => void,
): Promise<void> {
  const { connection } = sink;
  const isBounded = Number.isFinite(end);
  let left = end + 1 - start;
  const source = await openSource(connection, () => read(start, isBounded ? end : undefined));
  if (source === undefined) return;
  let isDone = false;
  try {
    while (!connection.isOver()) {
      const next = await nextOf(source, connection);
      if (next === undefined) return;
      if (next.done) {
        isDone = true;
        if (isBounded && left > 0) throw wrongLength(`${left} bytes too few`);
        return;
      }
      const chunk = toBytes(next.value);
      if (chunk.length > left) throw wrongLength('too many bytes');
      await inspect?.(chunk, end + 1 - left);
      left -= chunk.length;
      let position = 0;
      while (position < chunk.length) {
        const step = Math.min(SINGLE_WRITE_BYTES, throttle.chunkBytes);
        const piece = chunk.subarray(position, position + step);
        position += piece.length;
        await throttle.take(piece.length, connection);
        if (connection.isOver()) return;
        if (await sink.write(piece)) count(piece.length);
        if (connection.isOver()) return;
      }
      if (left === 0) {
        isDone = true;
        void awaitEnd(source, idleTimeoutMs, isResponse);
        return;
      }
    }
  } finally {
    if (!isDone) closeSource(source);
  }
}

interface Source {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly iterator: AsyncIterator<Uint8Array>;
}

/** Returns the source once it is there; undefined if the exchange is over by then. */
async function openSource(
  connection: Watch,
  read: () => ReturnType<Content['read']>,
): Promise<Source | undefined> {
  try {
    const opening = (async () => {
      const stream = await read();
      return { stream, iterator: stream[Symbol.asyncIterator]() };
    })();
    const source = await connection.await(opening);
    // It may be there already: the end of the exchange can come between its arrival and this.
    if (source === undefined || source === 'late') void opening.then(closeSource, () => {});
    if (source === 'late') throw stalled();
    return source;
  } catch (error) {
    throw isXSendfileError(error) ? error : failed(error);
  }
}

/** Returns the next chunk; undefined if the exchange is over. */
async function nextOf(
  { iterator }: Source,
  connection: Watch,
): Promise<IteratorResult<Uint8Array> | undefined> {
  let next: IteratorResult<Uint8Array> | 'late' | undefined;
  try {
    next = await connection.await(nextChunk(iterator));
  } catch (error) {
    throw failed(error);
  }
  if (next === 'late') throw stalled();
  return next;
}

/** Returns the next chunk with a byte in it: empty ones are no progress. */
async function nextChunk(
  iterator: AsyncIterator<Uint8Array>,
): Promise<IteratorResult<Uint8Array> | 'late'> {
  for (let empty = 0; empty <= MAX_EMPTY_CHUNKS; empty += 1) {
    const next = await iterator.next();
    if (next.done || toBytes(next.value).length > 0) return next;
  }
  return 'late';
}

/** Waits for the end of a source that has given all of its bytes: the client has them, whatever comes now. */
async function awaitEnd(source: Source, idleTimeoutMs: number, isResponse: boolean): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    if (idleTimeoutMs > 0) timer = setTimeout(resolve, idleTimeoutMs, 'late').unref();
  });
  let problem: string;
  try {
    const next = await Promise.race([nextChunk(source.iterator), late]);
    if (next !== 'late' && next.done) return;
    problem = next === 'late' ? 'it did not end within the idle timeout' : 'it had more bytes';
  } catch (error) {
    problem = stackOf(error);
  } finally {
    clearTimeout(timer);
  }
  closeSource(source);
  // The response of a store is closed here, which may be the error.
  if (isResponse) return;
  const message = `xsendfile: content was sent completely, but afterwards: ${problem}`;
  warn('XSENDFILE_CONTENT_AFTER_END', message);
}

/** Does not wait: a generator that hangs would never return. */
function closeSource({ stream, iterator }: Source): void {
  const report = (error: unknown): void => void failed(error);
  try {
    const { destroy } = stream as { destroy?: unknown };
    if (typeof destroy === 'function') destroy.call(stream);
    else Promise.resolve(iterator.return?.()).catch(report);
  } catch (error) {
    report(error);
  }
}

function toBytes(chunk: unknown): Uint8Array {
  if (types.isUint8Array(chunk)) return chunk;
  throw new TypeError(`a chunk must be a Uint8Array, got ${showType(chunk)}`);
}

/** The outcome has a code alone, so the error itself is reported. */
export function failed(cause: unknown): XSendfileError {
  warn('XSENDFILE_CONTENT_FAILED', `xsendfile: reading the content failed: ${stackOf(cause)}`);
  return new XSendfileError('ERR_XSENDFILE_CONTENT_FAILED', 'xsendfile: reading failed.', {
    cause,
  });
}

export function wrongLength(what: string): XSendfileError {
  return new XSendfileError('ERR_XSENDFILE_CONTENT_LENGTH', `xsendfile: the content has ${what}.`);
}

export function stalled(): XSendfileError {
  return new XSendfileError(
    'ERR_XSENDFILE_CONTENT_STALLED',
    'xsendfile: the content had no more bytes within the idle timeout.',
  );
}
