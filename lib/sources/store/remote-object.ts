import { BadOptionError } from '../../shared/errors.js';
import { checkKnownKeys, showType } from '../../shared/option-checks.js';
import type { RemoteObject } from '../../types.js';
import { checkStatement, toDeclaredFile } from '../declared.js';
import type { OpenedFile } from '../source.js';
import type { RemoteStore, StoreResponse } from './remote-store.js';

/** A type forces the list to be complete. */
const KNOWN: { readonly [key in keyof Required<RemoteObject>]: true } = {
  url: true,
  name: true,
  type: true,
  size: true,
  mtime: true,
  etag: true,
};

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
  checkKnownKeys(caller, object, Object.keys(KNOWN));
  checkStatement(object, caller);
  const checked = object as RemoteObject;
  return { object: checked, url: store.checkUrl(checked.url, caller) };
}

/** Describes an object as an open file, with the bytes of the store and what the store says about them. */
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
    seenAt: mtime === undefined ? Number.POSITIVE_INFINITY : file.seenAt,
    facts: { ...file.facts, encoding },
    decision: { status, range, acceptsRanges },
    close,
  };
}
