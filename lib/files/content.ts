import { types } from 'node:util';
import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys, show, showType } from '../shared/option-checks.js';
import type { Content } from '../types.js';
import type { OpenedFile } from './root-directory.js';
import { checkStatement, toStatedFile } from './stated.js';

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
    return { ...toStatedFile({ name: '', size: bytes.length }), content: bytes };
  }
  checkContent(content);
  return { ...toStatedFile(content), read: content.read };
}

function checkContent(content: unknown): asserts content is Content {
  if (typeof content !== 'object' || content === null) {
    throw new BadOptionError(
      `${CALLER}: content must be a Buffer, a Uint8Array or { name, size, read }, got ${showType(content)}.`,
    );
  }
  checkKnownKeys(CALLER, content, Object.keys(KNOWN));
  checkStatement(content, CALLER);
  const { read } = content as { read?: unknown };
  if (typeof read !== 'function') {
    throw new BadOptionError(
      `${CALLER}: read must be a function that returns the bytes as an async iterable, got ${show(read)}.`,
    );
  }
}
