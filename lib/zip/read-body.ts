import { read } from 'node:fs';
import { MAX_EMPTY_CHUNKS, stalled } from '../respond/pump-source.js';
import { fileChanged } from '../respond/sink.js';
import { whileWanted } from '../shared/while-wanted.js';
import type { Piece } from '../sources/source.js';

/** A range of a body; the end is excluded. */
interface Range {
  readonly body: Piece['body'];
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a range of a body, chunk by chunk.
 *
 * @param allocate - returns the memory for each chunk of a file.
 * @throws if it has other bytes than these, or the reason of the signal.
 */
export async function* readBody(
  { body, start, end }: Range,
  allocate: () => Buffer,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  if (body.kind === 'bytes') {
    yield body.bytes.subarray(start, end);
    return;
  }
  if (body.kind === 'stream') {
    yield* readStream(await openStream(async () => body.read(start, end - 1), signal), signal);
    return;
  }
  for (let position = start; position < end; ) {
    const buffer = allocate();
    const length = Math.min(buffer.length, end - position);
    const bytesRead = await new Promise<number>((resolve, reject) => {
      read(body.descriptor, buffer, 0, length, position, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
    signal.throwIfAborted();
    if (bytesRead === 0) throw fileChanged();
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/** Resolves with the stream; closes one that comes after the signal was aborted. */
async function openStream(
  read: () => Promise<AsyncIterable<Uint8Array>>,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  let opening: Promise<AsyncIterable<Uint8Array>> | undefined;
  const start = () => {
    opening = read();
    return opening;
  };
  try {
    return await whileWanted(start, signal);
  } catch (error) {
    opening?.then(
      (stream) => closeStream(stream, stream[Symbol.asyncIterator]()),
      () => {},
    );
    throw error;
  }
}

/** A source that hangs must not keep others waiting. */
async function* readStream(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const iterator = stream[Symbol.asyncIterator]();
  let emptyChunks = 0;
  try {
    for (;;) {
      const next = await whileWanted(() => iterator.next(), signal);
      if (next.done === true) return;
      emptyChunks = next.value.length === 0 ? emptyChunks + 1 : 0;
      if (emptyChunks > MAX_EMPTY_CHUNKS) throw stalled();
      yield next.value;
    }
  } finally {
    closeStream(stream, iterator);
  }
}

function closeStream(stream: AsyncIterable<Uint8Array>, iterator: AsyncIterator<Uint8Array>): void {
  const { destroy } = stream as { destroy?: unknown };
  if (typeof destroy === 'function') destroy.call(stream);
  else iterator.return?.().catch(() => {});
}
