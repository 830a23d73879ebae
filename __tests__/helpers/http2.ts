import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientSessionOptions,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A response on a stream. */
interface Http2Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Error code with which the stream was closed; 0 for none. */
  readonly errorCode: number;
  readonly trailers: IncomingHttpHeaders;
}

/** A server, and sessions with it. Both are closed after the tests of the file. */
export interface Http2Site {
  readonly port: number;
  /** Opens another session. */
  open(options?: ClientSessionOptions): ClientHttp2Session;
  /** Sends a request on the site's own session, or on the one given. */
  request(
    path: string,
    headers?: OutgoingHttpHeaders,
    session?: ClientHttp2Session,
  ): Promise<Http2Response>;
}

/** A listener of Node's compatibility API. */
export type Http2Listener = (req: Http2ServerRequest, res: Http2ServerResponse) => void;

/** A key and a certificate for `localhost`. */
export interface Credentials {
  readonly key: Buffer;
  readonly cert: Buffer;
}

const toClose: (() => Promise<unknown>)[] = [];

/**
 * Serves a listener with HTTP/2.
 *
 * @param credentials - for TLS, where the server accepts HTTP/1.1 as well; without them, over plain TCP.
 */
export async function listenHttp2(
  listener: Http2Listener,
  credentials?: Credentials,
): Promise<Http2Site> {
  const server: Http2Server =
    credentials === undefined
      ? createServer(listener)
      : createSecureServer({ ...credentials, allowHTTP1: true }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sessions: ClientHttp2Session[] = [];
  const open = (options: SecureClientSessionOptions = {}): ClientHttp2Session => {
    const scheme = credentials === undefined ? 'http' : 'https';
    const trusted = credentials === undefined ? {} : { ca: credentials.cert };
    const session = connect(`${scheme}://localhost:${port}`, {
      ...options,
      ...trusted,
      lookup: (_host, given, found) =>
        given.all === true
          ? found(null, [{ address: '127.0.0.1', family: 4 }] as never)
          : found(null, '127.0.0.1', 4),
    });
    session.on('error', () => {});
    sessions.push(session);
    return session;
  };
  const own = open();
  toClose.push(async () => {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port,
    open,
    request: (path, headers, session = own) => requestOn(session, { ':path': path, ...headers }),
  };
}

async function requestOn(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
): Promise<Http2Response> {
  const stream = session.request(headers);
  const chunks: Buffer[] = [];
  let received: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', (given) => {
    received = given;
  });
  stream.on('trailers', (given) => {
    trailers = given;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {});
  await new Promise((resolve) => stream.once('close', resolve));
  return {
    status: Number(received[':status']),
    headers: received,
    body: Buffer.concat(chunks),
    errorCode: stream.rstCode ?? 0,
    trailers,
  };
}

afterAll(async () => {
  for (const close of toClose.splice(0)) await close();
});
