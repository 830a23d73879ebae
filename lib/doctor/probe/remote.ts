import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkKnownKeys, showType } from '../../shared/option-checks.js';
import { Option } from '../../shared/option-reader.js';
import { type RemoteStore, storeOf } from '../../sources/store/remote-store.js';
import type { HttpRequest, Outcome, RemoteHandler, RemoteObject } from '../../types.js';
import { type ObjectFacts, REMOTE_NAME, REMOTE_PART, REMOTE_TYPE } from '../protocol.js';

/** A remote object that the doctor downloads; see {@link DoctorProbeOptions.remote}. */
export interface ProbedObject {
  /** What `xsendfile()` returned for a `remoteRoot()`. */
  readonly handler: RemoteHandler<never, never>;
  /** Presigns an object of 20 bytes or more, which is read a few times. */
  readonly object: (req: HttpRequest) => RemoteObject | Promise<RemoteObject>;
}

/** What the probe does with the object. */
export interface RemoteProbe {
  /** Sends it as the handler does, under a difficult name. */
  send(req: IncomingMessage, res: ServerResponse): Promise<Outcome>;
  /** Reads it from the store, without a front end. */
  read(req: IncomingMessage): Promise<ObjectFacts>;
}

/** @throws {@link BadOptionError} */
export function createRemoteProbe(given: unknown, caller: string): RemoteProbe {
  if (typeof given !== 'object' || given === null) {
    throw new Option(caller, 'remote').error(
      `remote must be { handler, object }, got ${showType(given)}.`,
    );
  }
  checkKnownKeys(`${caller}: remote`, given, ['handler', 'object'], 'remote.');
  const { handler, object } = given as { [key in keyof ProbedObject]?: unknown };
  const store = storeOf((handler as { remote?: unknown } | undefined)?.remote);
  if (store === undefined) {
    throw new Option(caller, 'remote.handler').error(
      `remote.handler must be what xsendfile() returned for a remoteRoot(), got ${showType(handler)}.`,
    );
  }
  if (typeof object !== 'function') {
    throw new Option(caller, 'remote.object').error(
      `remote.object must be a function that returns { url }, got ${showType(object)}.`,
    );
  }
  const presign = object as (req: IncomingMessage) => Promise<RemoteObject>;
  const { sendRemote } = handler as RemoteHandler;
  return {
    async send(req, res) {
      const named = { ...(await presign(req)), name: REMOTE_NAME, type: REMOTE_TYPE };
      return sendRemote(req, res, named, { contentDisposition: 'attachment' });
    },
    async read(req) {
      const { url } = await presign(req);
      return factsOf(store, store.checkUrl(url, caller));
    },
  };
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
