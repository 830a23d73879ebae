import { types } from 'node:util';
import { BadOptionError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import { type Readers, readOptions } from '../shared/option-reader.js';
import type { Content } from '../types.js';
import { STATEMENT, toDeclaredFile } from './declared.js';
import type { OpenedFile, Source } from './source.js';

const CALLER = 'xsendfile: sendContent()';

const CONTENT = {
  ...STATEMENT,
  read: (value, option) => {
    if (typeof value === 'function') return value as Content['read'];
    throw option.wrong('a function that returns the bytes as an async iterable', value);
  },
} satisfies Readers<Content>;

/**
 * Creates the source of content that the application gives; there is nothing to find.
 *
 * @param root - root directory of the handler, for hooks.
 * @throws {@link BadOptionError} for a wrong property, naming it, the value and what is allowed.
 */
export function contentSource(root: string, content: Uint8Array | Content): Source {
  const file = openContent(content);
  return {
    root,
    takesDescriptors: false,
    find: async ({ segments }) => ({ file, segments }),
    isStill: async () => true,
    open: async ({ segments }) => ({ file, segments }),
  };
}

function openContent(content: Uint8Array | Content): OpenedFile {
  // Not by `instanceof`, which fails for bytes of another realm.
  if (types.isUint8Array(content)) {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const { length: size } = bytes;
    return toDeclaredFile({ name: '', size }, { kind: 'bytes', bytes, recycle: undefined });
  }
  if (typeof content !== 'object' || content === null) {
    throw new BadOptionError(
      `${CALLER}: content must be a Buffer, a Uint8Array or { name, size, read }, got ${showType(content)}.`,
    );
  }
  const { read, ...statement } = readOptions(CALLER, content, CONTENT);
  return toDeclaredFile(statement, { kind: 'stream', read, isResponse: false });
}
