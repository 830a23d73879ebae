import { BadOptionError } from '../../shared/errors.js';
import { showType } from '../../shared/option-checks.js';
import { type Readers, readOptions } from '../../shared/option-reader.js';
import type { RemoteObject } from '../../types.js';
import { STATEMENT, toDeclaredFile } from '../declared.js';
import type { OpenedFile } from '../source.js';
import type { RemoteStore, StoreResponse } from './remote-store.js';

const OBJECT = {
  // Its errors have a separate class.
  url: (value) => value as RemoteObject['url'],
  name: STATEMENT.name,
  type: STATEMENT.type,
  size: STATEMENT.size,
  mtime: STATEMENT.mtime,
  etag: STATEMENT.etag,
} satisfies Readers<RemoteObject>;

/** A remote object, and its URL. */
export interface CheckedObject {
  readonly object: RemoteObject;
  readonly url: URL;
}

/**
 * Checks a remote object that the application names.
 *
 * @throws {@link BadOptionError} for a wrong property, {@link BadUrlError} for the URL.
 */
export function checkRemoteObject(
  object: unknown,
  store: Pick<RemoteStore, 'checkUrl'>,
  caller: string,
): CheckedObject {
  if (typeof object !== 'object' || object === null) {
    throw new BadOptionError(
      `${caller}: the object must be { url, name }, got ${showType(object)}.`,
    );
  }
  const { url } = readOptions(caller, object, OBJECT);
  return { object: object as RemoteObject, url: store.checkUrl(url, caller) };
}

/** Describes an object as an open file, with the bytes and the headers of the store. */
export function openResponse(
  { name, size, mtime, etag, type }: RemoteObject,
  response: StoreResponse,
): OpenedFile {
  const { status, range, acceptsRanges, encoding, lastModified, body, close } = response;
  const theirs = lastModified === undefined ? undefined : new Date(lastModified);
  const file = toDeclaredFile(
    {
      name,
      type,
      size: size ?? response.size,
      mtime: mtime ?? theirs,
      etag: etag ?? response.etag,
    },
    { kind: 'stream', read: () => body, isResponse: true },
  );
  return {
    ...file,
    // The store compares its own dates, and knows when they are final.
    checkedAtMs: mtime === undefined ? Number.POSITIVE_INFINITY : file.checkedAtMs,
    facts: { ...file.facts, encoding },
    decision: { status, range, acceptsRanges },
    close,
  };
}
