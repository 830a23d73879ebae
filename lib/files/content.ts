import { types } from 'node:util';
import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys, show, showType } from '../shared/option-checks.js';
import type { Content } from '../types.js';
import type { OpenedFile } from './root-directory.js';

const CALLER = 'xsendfile: sendContent()';

/** A type forces the list to be complete. */
const KNOWN: { readonly [key in keyof Required<Content>]: true } = {
  name: true,
  size: true,
  mtime: true,
  etag: true,
  type: true,
  read: true,
};

/**
 * Describes content of the application as an open file, so that all further steps are the same.
 *
 * @throws {@link BadOptionError} for a wrong property, naming it, the value and what is allowed.
 */
export function openContent(content: Uint8Array | Content): OpenedFile {
  // Not by `instanceof`, which fails for bytes of another realm.
  if (types.isUint8Array(content)) {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    return toOpenedFile({ name: '', size: bytes.length, read: readNothing }, bytes);
  }
  checkContent(content);
  return toOpenedFile(content, undefined);
}

function toOpenedFile(
  { name, size = Number.POSITIVE_INFINITY, mtime, etag, type, read }: Content,
  bytes: Buffer | undefined,
): OpenedFile {
  const mtimeNs = BigInt(mtime?.getTime() ?? 0) * 1_000_000n;
  return {
    path: '',
    relativePath: name,
    identity: { dev: 0n, ino: 0n, size: 0n, mtimeNs, ctimeNs: mtimeNs },
    size,
    seenAt: Date.now(),
    stated: { type, etag, hasDate: mtime !== undefined },
    descriptor: undefined,
    content: bytes,
    read,
    close() {},
  };
}

/** Content in memory is not read. */
async function* readNothing(): AsyncGenerator<never> {}

function checkContent(content: unknown): asserts content is Content {
  if (typeof content !== 'object' || content === null) {
    throw new BadOptionError(
      `${CALLER}: content must be a Buffer, a Uint8Array or { name, size, read }, got ${showType(content)}.`,
    );
  }
  checkKnownKeys(CALLER, content, Object.keys(KNOWN));
  const { name, size, mtime, etag, type, read } = content as { [key in keyof Content]?: unknown };
  const fail = (key: keyof Content, expected: string, value: unknown): never => {
    throw new BadOptionError(`${CALLER}: ${key} must be ${expected}, got ${show(value)}.`);
  };
  if (typeof name !== 'string' || name === '') fail('name', 'a file name', name);
  if (size !== undefined && !(Number.isSafeInteger(size) && (size as number) >= 0)) {
    fail('size', 'a number of bytes, or undefined if it is not known', size);
  }
  if (mtime !== undefined && !(types.isDate(mtime) && !Number.isNaN(mtime.getTime()))) {
    fail('mtime', 'a Date', mtime);
  }
  if (etag !== undefined && (typeof etag !== 'string' || etag === '')) {
    fail('etag', 'a non-empty string', etag);
  }
  if (type !== undefined && (typeof type !== 'string' || type === '')) {
    fail('type', 'a media type', type);
  }
  if (typeof read !== 'function') {
    fail('read', 'a function that returns the bytes as an async iterable', read);
  }
}
