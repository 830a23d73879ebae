import { types } from 'node:util';
import { checked, type Option, type Readers } from '../shared/option-reader.js';
import type { Content } from '../types.js';
import { type Body, NO_BODY, type OpenedFile } from './source.js';

/** Properties that an application declares for content that is not a file. */
export type Statement = Omit<Content, 'read'>;

const isText = (value: unknown) => typeof value === 'string' && value !== '';

function readName(name: unknown, option: Option): string {
  if (typeof name === 'string' && name !== '') return name;
  throw option.wrong('a file name', name);
}

/** Readers of what the application states. */
export const STATEMENT = {
  name: readName,
  size: checked<number>(
    'a number of bytes, or undefined if it is not known',
    (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  ),
  mtime: checked<Date>('a Date', (value) => types.isDate(value) && !Number.isNaN(value.getTime())),
  etag: checked<string>('a non-empty string', isText),
  type: checked<string>('a media type', isText),
} satisfies Readers<Statement>;

/** Describes content as an open file. */
export function toDeclaredFile(
  { name, size = Number.POSITIVE_INFINITY, mtime, etag, type }: Statement,
  body: Body = NO_BODY,
): OpenedFile {
  // Without a time, a meaningless one.
  const mtimeNs = BigInt(mtime?.getTime() ?? 0) * 1_000_000n;
  return {
    path: '',
    relativePath: name,
    identity: { dev: 0n, ino: 0n, size: 0n, mtimeNs, ctimeNs: mtimeNs },
    size,
    checkedAtMs: Date.now(),
    facts: { type, etag, encoding: undefined },
    body,
    decision: undefined,
    close() {},
    memo: undefined,
  };
}
