import { types } from 'node:util';
import { BadOptionError } from '../shared/errors.js';
import { show } from '../shared/option-checks.js';
import type { Content } from '../types.js';
import { type Body, NO_BODY, type OpenedFile } from './source.js';

/** What an application states about content that is not a file. */
export type Statement = Omit<Content, 'read'>;

/**
 * Checks what the application states about content.
 *
 * @throws {@link BadOptionError} naming the property, the value and what is allowed.
 */
export function checkStatement(
  given: { [key in keyof Statement]?: unknown },
  caller: string,
): void {
  const { name, size, mtime, etag, type } = given;
  const fail = (key: keyof Statement, expected: string, value: unknown): never => {
    throw new BadOptionError(`${caller}: ${key} must be ${expected}, got ${show(value)}.`);
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
}

/** Describes content as an open file. */
export function toDeclaredFile(
  { name, size = Number.POSITIVE_INFINITY, mtime, etag, type }: Statement,
  body: Body = NO_BODY,
): OpenedFile {
  // Without a time, one that says nothing.
  const mtimeNs = BigInt(mtime?.getTime() ?? 0) * 1_000_000n;
  return {
    path: '',
    relativePath: name,
    identity: { dev: 0n, ino: 0n, size: 0n, mtimeNs, ctimeNs: mtimeNs },
    size,
    seenAt: Date.now(),
    facts: { type, etag, encoding: undefined },
    body,
    decision: undefined,
    close() {},
    memo: undefined,
  };
}
