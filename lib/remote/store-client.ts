import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isRefusal, type RefusalCode, RefusedError } from '../shared/errors.js';
import { codeOf } from '../shared/thrown.js';
import type { RemoteStore, StoreRequest, StoreResponse } from '../sources/store/remote-store.js';
import { REFUSED_ADDRESS } from './addresses.js';
import { parseHead } from './response-head.js';

/** Settings of {@link createStoreClient}. */
interface ClientSettings {
  /** Maximum number of connections to one origin. */
  readonly connections: number;
  /** Milliseconds until the head of a response must have arrived. */
  readonly timeoutMs: number;
  readonly lookup: LookupFunction;
  /** Certificates to trust instead of Node's. */
  readonly ca: https.AgentOptions['ca'] | undefined;
}

/** Errors of a connection that the store had closed when the request was sent over it. */
const CLOSED = ['ECONNRESET', 'EPIPE'];

/** Creates a client with its own connections, which are kept open for further requests. */
export function createStoreClient({
  connections,
  timeoutMs,
  lookup,
  ca,
}: ClientSettings): RemoteStore['ask'] {
  const settings = { keepAlive: true, maxSockets: connections };
  const agents = {
    'http:': new http.Agent(settings),
    'https:': new https.Agent({ ...settings, ...(ca === undefined ? {} : { ca }) }),
  };

  async function ask(request: StoreRequest): Promise<StoreResponse> {
    const response = await requestHead(request);
    // Until the body is read, an 'error' event would be uncaught.
    response.on('error', () => {});
    const close = (): void => {
      // What is complete need not be read, and leaves the connection to the next request.
      if (response.complete) response.resume();
      else response.destroy();
    };
    try {
      const head = parseHead(response, request);
      if (head.status !== 200 && head.status !== 206) close();
      return { ...head, body: response, close };
    } catch (error) {
      close();
      throw error;
    }
  }

  function requestHead({ url, headers, signal }: StoreRequest): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      let attempt: http.ClientRequest | undefined;
      let isSettled = false;
      const timer = setTimeout(() => {
        // Without a socket, the request has been given no connection, and none is being made for it.
        const hasWaited = !attempt?.socket;
        const code = hasWaited ? 'ERR_XSENDFILE_REMOTE_BUSY' : 'ERR_XSENDFILE_REMOTE_TIMEOUT';
        settle(() => reject(new RefusedError(code)));
        attempt?.destroy();
      }, timeoutMs);
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        isSettled = true;
        done();
      };
      const fail = (error: unknown): void => settle(() => reject(toRefusal(error)));
      const send = (): void => {
        const { request } = url.protocol === 'https:' ? https : http;
        const options = {
          agent: agents[url.protocol as keyof typeof agents],
          headers: { ...headers, Host: url.host, Accept: '*/*', 'Accept-Encoding': 'identity' },
          lookup,
          signal,
        };
        const sent = request(url, options);
        attempt = sent;
        sent.on('response', (response) => settle(() => resolve(response)));
        sent.on('error', (error: NodeJS.ErrnoException) => {
          // The store may close an idle connection at the moment of the request, which it has not seen then.
          const isStale = sent.reusedSocket && CLOSED.includes(error.code ?? '');
          if (isStale && !isSettled && !signal.aborted) tryTo(send, fail);
          else fail(error);
        });
        sent.on('upgrade', (_response, socket) => {
          socket.destroy();
          fail(new RefusedError('ERR_XSENDFILE_REMOTE_BAD_RESPONSE'));
        });
        sent.end();
      };
      tryTo(send, fail);
    });
  }

  return ask;
}

function tryTo(act: () => void, fail: (error: unknown) => void): void {
  try {
    act();
  } catch (error) {
    fail(error);
  }
}

function toRefusal(cause: unknown): RefusedError {
  if (isRefusal(cause)) return cause;
  return new RefusedError(refusalCodeOf(codeOf(cause)), { cause });
}

function refusalCodeOf(code: unknown): RefusalCode {
  if (code === REFUSED_ADDRESS) return code;
  // The parser's own errors.
  if (String(code).startsWith('HPE_')) return 'ERR_XSENDFILE_REMOTE_BAD_RESPONSE';
  return 'ERR_XSENDFILE_REMOTE_UNREACHABLE';
}
