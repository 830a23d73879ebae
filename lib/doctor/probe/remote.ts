import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { showType } from '../../shared/option-checks.js';
import { type Option, type Readers, readNested } from '../../shared/option-reader.js';
import { type RemoteStore, storeOf } from '../../sources/store/remote-store.js';
import type { HttpRequest, Outcome, RemoteHandler, RemoteObject } from '../../types.js';
import { type ObjectFacts, REMOTE_NAME, REMOTE_PART, REMOTE_TYPE } from '../protocol.js';

/** A remote object that the doctor downloads; see {@link DoctorProbeOptions.remote}. */
export interface ProbedObject {
  /** Result of `xsendfile()` for a `remoteRoot()`. */
  readonly handler: RemoteHandler<never, never>;
  /** Presigns an object of 20 bytes or more, which is read a few times. */
  readonly object: (req: HttpRequest) => RemoteObject | Promise<RemoteObject>;
}

const OPTIONS = { handler: readHandler, object: readObject } satisfies Readers<ProbedObject>;

/** Reads {@link DoctorProbeOptions.remote}, and returns the actions of the probe with the object. */
export function readRemote(value: unknown, option: Option) {
  if (typeof value !== 'object' || value === null) {
    throw option.error(`remote must be { handler, object }, got ${showType(value)}.`);
  }
  const { handler, object: presign } = readNested(value, option, OPTIONS);
  const { store, sendRemote } = handler;
  return {
    /** Sends it as the handler does, under a difficult name. */
    async send(req: IncomingMessage, res: ServerResponse): Promise<Outcome> {
      const named = { ...(await presign(req)), name: REMOTE_NAME, type: REMOTE_TYPE };
      return sendRemote(req, res, named, { contentDisposition: 'attachment' });
    },
    /** Reads it from the store, without a front end. */
    async read(req: IncomingMessage): Promise<ObjectFacts> {
      const { url } = await presign(req);
      return factsOf(store, store.checkUrl(url, option.caller));
    },
  };
}

function readHandler(
  handler: unknown,
  option: Option,
): Pick<RemoteHandler, 'sendRemote'> & { readonly store: RemoteStore } {
  const { remote, sendRemote } = (handler ?? {}) as Partial<RemoteHandler>;
  const store = storeOf(remote);
  if (store !== undefined && sendRemote !== undefined) return { store, sendRemote };
  throw option.error(
    `remote.handler must be made by xsendfile() with a remoteRoot(), got ${showType(handler)}.`,
  );
}

function readObject(object: unknown, option: Option): ProbedObject['object'] {
  if (typeof object === 'function') return object as ProbedObject['object'];
  throw option.error(
    `remote.object must be a function that returns { url }, got ${showType(object)}.`,
  );
}

async function factsOf(store: RemoteStore, url: URL): Promise<ObjectFacts> {
  const signal = new AbortController().signal;
  const response = await store.ask({ url, headers: {}, signal });
  try {
    const hash = createHash('sha256');
    let size = 0;
    let part = Buffer.alloc(0);
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      const start = Math.max(0, REMOTE_PART.start - size);
      const end = Math.max(0, REMOTE_PART.end + 1 - size);
      part = Buffer.concat([part, chunk.subarray(start, end)]);
      hash.update(chunk);
      size += chunk.length;
    }
    return { size, sha256: hash.digest('hex'), part: part.toString('base64') };
  } finally {
    response.close();
  }
}
