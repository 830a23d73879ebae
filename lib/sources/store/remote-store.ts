import type { Readable } from 'node:stream';
import type { Locate, RemoteRoot } from '../../types.js';
import type { StoreDecision } from '../source.js';

/** Functions of `xsendfile/remote` that the pipeline needs; applications without remote objects never load them. */

/** A GET request to a store. */
export interface StoreRequest {
  /** Checked by {@link RemoteStore.checkUrl}. */
  readonly url: URL;
  /** Range and conditions. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the request at once. */
  readonly signal: AbortSignal;
}

/** The head of a store's response, checked, and the body, which has not been read yet. */
export interface StoreResponse extends StoreDecision {
  /** Size of the whole object in bytes; undefined if the store does not say. */
  readonly size: number | undefined;
  /** With quotes. */
  readonly etag: string | undefined;
  /** Milliseconds since the epoch. */
  readonly lastModified: number | undefined;
  readonly encoding: string | undefined;
  readonly body: Readable;
  /** Must be called by the owner of the response; further calls do nothing. */
  readonly close: () => void;
}

/** Stores of private objects, reached by HTTP. */
export interface RemoteStore {
  readonly locate: Locate | undefined;
  /** @throws {@link BadUrlError} */
  checkUrl(url: unknown, caller: string): URL;
  /** @throws {@link RefusedError} 404, 502, 503 or 504 if the store has nothing to send. */
  ask(request: StoreRequest): Promise<StoreResponse>;
}

/** Registered, because the ESM and the CommonJS build have separate modules. */
const STORE = Symbol.for('xsendfile.remoteStore');

/** Attaches the store to the object that applications see. */
export function createRemoteRoot(origins: readonly string[], store: RemoteStore): RemoteRoot {
  const root = { origins: Object.freeze([...origins]) };
  return Object.freeze(Object.defineProperty(root, STORE, { value: store }));
}

/** Returns the store of a root; undefined if it was not made by `remoteRoot()`. */
export function storeOf(root: unknown): RemoteStore | undefined {
  if (typeof root !== 'object' || root === null) return undefined;
  return (root as { [STORE]?: RemoteStore })[STORE];
}
