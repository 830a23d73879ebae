import type { ApplicationView, RequestView } from '../shared/views.js';
import type { AllowContext, Content, ContentCoding } from '../types.js';
import type { FileIdentity } from './identity.js';
import type { Memo } from './memo.js';

/** Source of the files of a handler: a directory, a store, or the application. */
export interface Source {
  /** Absolute path of the directory, for hooks; empty without one. */
  readonly root: string;
  /** Whether an open file takes a descriptor. */
  readonly takesDescriptors: boolean;
  /**
   * Finds the file for a front end.
   *
   * @throws {@link RefusedError}, or the reason of the signal.
   */
  find(wanted: Wanted): Promise<Found>;
  /** Whether a front end would still get the file that was found; throws as {@link Source.find} does. */
  isStill(found: Found, wanted: Wanted): Promise<boolean>;
  /**
   * Opens the file for Node. The caller closes it.
   *
   * @param isContentLikely - whether all of it is likely to be sent, so that a small one is worth reading at once.
   * @throws {@link RefusedError}, or the reason of the signal; nothing is left open then.
   */
  open(wanted: Wanted, isContentLikely: boolean): Promise<Found<OpenedFile>>;
}

/** Demands of a request on a source. */
export interface Wanted {
  readonly request: RequestView;
  readonly application: ApplicationView;
  /** The requested names. */
  readonly segments: readonly string[];
  /** Absolute path of the directory that the file must be in; undefined for the root. */
  readonly within: string | undefined;
  readonly claims: AllowContext['claims'];
  readonly acceptRanges: boolean;
  /** Codings in which the client accepts the file, the best first. */
  readonly codings: readonly ContentCoding[];
  /** Aborted when the client disconnects; created by the first use. */
  readonly signal: AbortSignal;
  /** Evaluates the conditions on validators that the application has declared; the store gets the others. */
  negotiate(declared: Found): StoreConditions;
  /** Whether the client can append a range of this file to what it has. */
  isRangeFresh(opened: Found): boolean;
}

/** The range of a request, and those conditions that only a store can evaluate. */
export interface StoreConditions {
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a condition on the declared file has failed, so that the store is not needed. */
  readonly isDecided: boolean;
}

/** A file as it was selected for one request. */
export interface Found<File extends FoundFile = FoundFile> {
  readonly file: File;
  /** The names by which hooks know it; the last one is the file's name for the client. */
  readonly segments: readonly string[];
  /** Coding of the precompressed file that was selected; undefined for the requested file itself. */
  readonly coding?: ContentCoding | undefined;
  /** Path or URL for a front end; undefined if a front end cannot get it. */
  readonly reference?: 'path' | URL | undefined;
  /** Opens it for Node, instead of {@link Source.open}, if finding it again would cost too much. */
  readonly open?: () => Promise<Found<OpenedFile>>;
}

/** A file that passed all checks of its source. */
export interface FoundFile {
  /** Absolute path; without symbolic links unless the policy is `follow`. Empty if it is not on a disk. */
  readonly path: string;
  /** Path relative to the root, with `/` on every system. */
  readonly relativePath: string;
  readonly identity: FileIdentity;
  /** In bytes; infinite if it is not known. */
  readonly size: number;
  /**
   * Milliseconds since the epoch, from before the first call to the file system: every later change to
   * the file leaves timestamps that are not older.
   */
  readonly checkedAtMs: number;
  readonly facts: Facts;
  /** There exactly if requests share this object, as long as the file is unchanged. */
  readonly memo: Memo | undefined;
}

/** Properties that a source knows better than the name of the file. */
export interface Facts {
  readonly type: string | undefined;
  readonly etag: string | undefined;
  /** Content-Encoding of the bytes. */
  readonly encoding: string | undefined;
}

/** Files on a disk have a name only. */
export const NO_FACTS: Facts = Object.freeze({
  type: undefined,
  etag: undefined,
  encoding: undefined,
});

/** A file that can be read. */
export interface OpenedFile extends FoundFile {
  readonly body: Body;
  /** Decision of the store about the request. */
  readonly decision: StoreDecision | undefined;
  /** Must be called by the owner of the file; further calls do nothing. */
  readonly close: () => void;
  /** Reads the content into the cache, closes this file, and returns the one that requests share from then on. */
  readonly keep?: (() => Promise<OpenedFile>) | undefined;
  /**
   * Opens it again, for a response that needs its bytes: it was closed, because its HTTP/2 session has enough files
   * open. Resolves with undefined if the stream is over.
   */
  readonly reopen?: (() => Promise<Found<OpenedFile> | undefined>) | undefined;
}

/** Source of the bytes of a file. */
export type Body =
  | { readonly kind: 'none' }
  | {
      /** The whole file, if it was small enough for a single read. */
      readonly kind: 'bytes';
      readonly bytes: Buffer;
      /** Returns the buffer to the pool, once nothing reads from it. Calling it is optional. */
      readonly recycle: (() => void) | undefined;
    }
  | { readonly kind: 'descriptor'; readonly descriptor: number }
  | {
      readonly kind: 'stream';
      readonly read: Content['read'];
      /** Whether it is the response of a store, which is closed with its last byte. */
      readonly isResponse: boolean;
    }
  | {
      /** Several bodies, one after the other. */
      readonly kind: 'pieces';
      /** @param end - the last byte. */
      readonly read: (start: number, end: number) => Pieces;
    };

/** The pieces of a range. Each can be read until the next one is requested. */
export interface Pieces extends AsyncIterable<Piece> {
  /** Ends all work on the next one. */
  destroy(): void;
}

/** A range of a body that is a part of another one. */
export interface Piece {
  readonly body: Exclude<Body, { readonly kind: 'none' | 'pieces' }>;
  readonly start: number;
  /** The last byte. */
  readonly end: number;
  /** Name for outcomes. */
  readonly member: string | undefined;
  /** Gets all bytes in their order before they are sent; may reject instead. */
  readonly inspect: Inspect | undefined;
}

/** @param position - of the first byte, in the body. */
export type Inspect = (bytes: Uint8Array, position: number) => Promise<void> | undefined;

export const NO_BODY: Body = Object.freeze({ kind: 'none' });

/** Response of a store of remote objects to a request with the conditions and the range of the client. */
export interface StoreDecision {
  readonly status: 200 | 206 | 304 | 412 | 416;
  /** With 206, the only bytes that can be read. */
  readonly range: { readonly start: number; readonly end: number } | undefined;
  /** Whether the store declares that it supports ranges. */
  readonly acceptsRanges: boolean;
}
