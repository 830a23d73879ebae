import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type Http2ServerRequest,
} from 'node:http2';
import { connect as connectSecurely } from 'node:tls';
import { type Http2Listener, type Http2Site, listenHttp2 } from '../../helpers/http2.js';
import { Connection, formatRequest, parseResponse } from '../../helpers/raw-request.js';
import { listen } from '../../helpers/servers.js';
import { createCertificate } from './certificate.js';

/** Servers and clients that speak each protocol, for tests of what a client sees of a fault. */

/** What a client has received at the end. */
export interface Received {
  /** 0 if there was no response. */
  readonly status: number;
  /** Whether it looks like a whole response. */
  readonly isComplete: boolean;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A client with one request. */
export interface Peer {
  /** Ends the connection. */
  disconnect(): void;
  /** Ends the request alone, where a connection has several. */
  reset(): void;
  /** Waits for the end of the response, or of the connection. */
  receive(): Promise<Received>;
}

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** A protocol, and whether each request is a stream of a connection. */
export interface Protocol {
  readonly title: string;
  readonly isHttp2: boolean;
  /** Starts a server; the function it resolves with sends a request to it. */
  readonly serve: (
    listener: Listener,
  ) => Promise<(target: string, headers: Readonly<Record<string, string>>) => Promise<Peer>>;
}

const http = (title: string, version: '1.0' | '1.1'): Protocol => ({
  title,
  isHttp2: false,
  async serve(listener) {
    const port = await listen(listener);
    return async (target, headers) =>
      http1Peer(await Connection.open(port), version, target, headers);
  },
});

const https: Protocol = {
  title: 'HTTP/1.1 over TLS',
  isHttp2: false,
  async serve(listener) {
    const { port } = await listenHttp2(listener as unknown as Http2Listener, createCertificate());
    return async (target, headers) => {
      const options = { host: '127.0.0.1', port, rejectUnauthorized: false };
      const socket = connectSecurely({ ...options, ALPNProtocols: ['http/1.1'] });
      const connection = await Connection.over(socket, 'secureConnect');
      return http1Peer(connection, '1.1', target, headers);
    };
  },
};

const http2 = (title: string, isSecure: boolean): Protocol => ({
  title,
  isHttp2: true,
  async serve(listener) {
    const credentials = isSecure ? createCertificate() : undefined;
    const site = await listenHttp2(listener as unknown as Http2Listener, credentials);
    return async (target, headers) => http2Peer(site, target, headers);
  },
});

export const PROTOCOLS: readonly Protocol[] = [
  http('HTTP/1.1', '1.1'),
  http('HTTP/1.0', '1.0'),
  https,
  http2('HTTP/2', false),
  http2('HTTP/2 over TLS', true),
];

function http1Peer(
  connection: Connection,
  version: '1.0' | '1.1',
  target: string,
  headers: Readonly<Record<string, string>>,
): Peer {
  const request = formatRequest({ target, headers: { Connection: 'close', ...headers } });
  connection.socket.write(request.toString('latin1').replace('HTTP/1.1', `HTTP/${version}`));
  return {
    disconnect: () => connection.destroy(),
    reset: () => connection.destroy(),
    async receive() {
      const raw = await connection.readAll();
      const { status, headers: received } = parseResponse(raw);
      const length = raw.length - raw.indexOf('\r\n\r\n') - 4;
      const announced = received['content-length'];
      const isComplete =
        announced === undefined
          ? received['transfer-encoding'] === 'chunked'
            ? raw.subarray(-5).toString('latin1') === '0\r\n\r\n'
            : !connection.socket.errored
          : length === Number(announced);
      return {
        status: status || 0,
        isComplete: isComplete && status > 0,
        headers: received,
      };
    },
  };
}

function http2Peer(
  site: Http2Site,
  target: string,
  headers: Readonly<Record<string, string>>,
): Peer {
  const session: ClientHttp2Session = site.open();
  const { connection: _, ...others } = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const stream: ClientHttp2Stream = session.request({ ':path': target, ...others });
  let received: Readonly<Record<string, unknown>> = {};
  let length = 0;
  stream.on('response', (given) => {
    received = given;
  });
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
  });
  stream.on('error', () => {});
  const closed = new Promise<void>((resolve) => void stream.once('close', resolve));
  return {
    disconnect: () => session.destroy(),
    reset: () => stream.close(constants.NGHTTP2_CANCEL),
    async receive() {
      await closed;
      const announced = received['content-length'];
      const isWhole = announced === undefined || length === Number(announced);
      const isComplete = isWhole && stream.rstCode === 0 && received[':status'] !== undefined;
      return { status: Number(received[':status'] ?? 0), isComplete, headers: received };
    },
  };
}

/** Ends the connection of a request from the side of the server, without a word to the client. */
export function destroyConnection(req: IncomingMessage): void {
  const { stream } = req as unknown as Partial<Http2ServerRequest>;
  if (stream === undefined) req.socket.destroy();
  else stream.session?.destroy();
}

/** Whether the connection of a request, or its stream, has ended. */
export function isDestroyed(req: IncomingMessage): boolean {
  const { stream } = req as unknown as Partial<Http2ServerRequest>;
  return stream === undefined ? req.socket.destroyed : stream.destroyed || stream.closed;
}
