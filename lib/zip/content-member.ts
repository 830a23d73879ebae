import { createHash } from 'node:crypto';
import { types } from 'node:util';
import { aboutMember, XSendfileError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import { stackOf } from '../shared/stack.js';
import type { Content } from '../types.js';
import { crc32 } from './crc32.js';
import type { Stated } from './file-member.js';
import type { Member, MemberReader } from './member.js';

/** Maximum number of chunks without a byte in a row: a source that gives only these would never let go. */
const MAX_EMPTY_CHUNKS = 1000;

/** Bytes in memory as a member. */
export function bytesMember(bytes: Buffer, stated: Stated): Member {
  return {
    ...stated,
    tag: `"${createHash('sha256').update(bytes).digest('base64url')}"`,
    crc32: stated.crc32 ?? crc32(bytes),
    sumKey: undefined,
    mayWait: false,
    open: async () => ({
      read: async (target, offset, length, position) =>
        bytes.copy(target, offset, position, position + length),
      finish: async () => {},
      abort() {},
      close() {},
    }),
  };
}

/** Content that the application reads as a member. */
export function contentMember(
  { etag, read }: Pick<Content, 'etag' | 'read'>,
  stated: Stated,
): Member {
  const { name } = stated;
  return {
    ...stated,
    tag: etag,
    // An etag distinguishes the versions of one thing, but not two things.
    sumKey: undefined,
    mayWait: true,
    async open(start, end) {
      try {
        return readerOf(await read(start, end - 1), end - start, name);
      } catch (error) {
        throw failed(error, name);
      }
    },
  };
}

function readerOf(stream: AsyncIterable<Uint8Array>, length: number, name: string): MemberReader {
  const iterator = stream[Symbol.asyncIterator]();
  let chunk: Uint8Array = Buffer.alloc(0);
  let left = length;

  function close(): void {
    try {
      const { destroy } = stream as { destroy?: unknown };
      if (typeof destroy === 'function') destroy.call(stream);
      else Promise.resolve(iterator.return?.()).catch((error: unknown) => void failed(error, name));
    } catch (error) {
      failed(error, name);
    }
  }

  return {
    async read(target, offset, room) {
      for (let empty = 0; chunk.length === 0; empty += 1) {
        if (empty > MAX_EMPTY_CHUNKS) throw failed(new Error('there are only empty chunks'), name);
        const next = await nextOf(iterator, name);
        if (next === undefined) throw wrongLength(`${left} bytes too few`, name);
        if (next.length > left) throw wrongLength('too many bytes', name);
        chunk = next;
      }
      const taken = chunk.subarray(0, room);
      chunk = chunk.subarray(taken.length);
      left -= taken.length;
      target.set(taken, offset);
      return taken.length;
    },
    finish: async () => {},
    abort: close,
    close,
  };
}

async function nextOf(
  iterator: AsyncIterator<Uint8Array>,
  name: string,
): Promise<Uint8Array | undefined> {
  try {
    const { done, value }: IteratorResult<unknown> = await iterator.next();
    if (done === true) return undefined;
    if (types.isUint8Array(value)) return value;
    throw new TypeError(`a chunk must be a Uint8Array, got ${showType(value)}`);
  } catch (error) {
    throw failed(error, name);
  }
}

function failed(cause: unknown, name: string): XSendfileError {
  process.emitWarning(`zip: reading ${JSON.stringify(name)} failed: ${stackOf(cause)}`, {
    code: 'XSENDFILE_CONTENT_FAILED',
  });
  const error = new XSendfileError('ERR_XSENDFILE_CONTENT_FAILED', 'xsendfile: reading failed.', {
    cause,
  });
  return aboutMember(error, name);
}

function wrongLength(what: string, name: string): XSendfileError {
  const error = new XSendfileError(
    'ERR_XSENDFILE_CONTENT_LENGTH',
    `xsendfile: the content of an archive has ${what}.`,
  );
  return aboutMember(error, name);
}
