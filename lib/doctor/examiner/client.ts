import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** Response to one request. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; several of one name in order. */
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: Buffer;
  /** Why the response is not complete; undefined if it is. */
  readonly broken: string | undefined;
  /** Port on this side of the connection. */
  readonly localPort: number | undefined;
  /** Whether the connection had been used before. */
  readonly isReused: boolean;
}

/** A request; the target is sent unchanged. */
export interface Question {
  readonly target: string;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The longest time without a byte. */
const IDLE_MS = 10_000;

/** Creates what sends requests to one server, keeping the connection. */
export function createClient(origin: URL, idleMs = IDLE_MS) {
  const isSecure = origin.protocol === 'https:';
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 });
  const request = isSecure ? httpsRequest : httpRequest;
  const { hostname, port } = origin;

  /** Rejects only without any response. */
  function ask({ target, method = 'GET', headers = {} }: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = request({
        agent,
        method,
        path: target,
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port === '' ? undefined : port,
        timeout: idleMs,
        headers: { 'Accept-Encoding': 'identity', 'Cache-Control': 'no-cache', ...headers },
      });
      let answer: Promise<Answer> | undefined;
      req.once('response', (res) => {
        answer = read(res, req.reusedSocket);
        resolve(answer);
      });
      req.once('timeout', () => req.destroy(new Error(`nothing for ${idleMs / 1000} seconds`)));
      req.on('error', (error: NodeJS.ErrnoException) => {
        // A server may close a connection at the very moment when it is used again.
        const isStale = req.reusedSocket && error.code === 'ECONNRESET' && answer === undefined;
        if (isStale) resolve(ask({ target, method, headers }));
        else reject(error);
      });
      req.end();
    });
  }

  return { ask, close: () => agent.destroy() };
}

function read(res: IncomingMessage, isReused: boolean): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const { statusCode: status = 0, headersDistinct: headers } = res;
    const { localPort } = res.socket;
    const end = (broken?: string): void => {
      const body = Buffer.concat(chunks);
      resolve({ status, headers, body, broken, localPort, isReused });
    };
    res.on('data', (chunk: Buffer) => chunks.push(chunk));
    res.once('end', () => end());
    res.once('error', (error) => end(error.message));
    res.once('close', () => end('the connection was closed'));
  });
}

/** A header's value; several are joined. */
export function headerOf({ headers }: Answer, name: string): string | undefined {
  return headers[name.toLowerCase()]?.join(', ');
}
