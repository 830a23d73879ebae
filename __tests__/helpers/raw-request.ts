import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  /** By lower-case name; several of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Everything, for looking at what must not be there. */
  readonly raw: Buffer;
}

/** What to send; the target is not touched, so that nothing normalises it. */
export interface RawRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request over a connection of its own and reads until the server closes it. */
export async function rawRequest(
  port: number,
  { method = 'GET', target, headers = {} }: RawRequest,
): Promise<RawResponse> {
  const lines = Object.entries({ Host: 'localhost', Connection: 'close', ...headers });
  const head = `${method} ${target} HTTP/1.1\r\n${lines
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
  return parseResponse(await exchange(port, Buffer.from(head, 'latin1')));
}

/** Sends bytes and collects what comes back until the connection ends. */
export function exchange(port: number, bytes: Buffer, timeoutMs = 60_000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      reject(new Error(`no end of the answer within ${timeoutMs} ms`));
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

export function parseResponse(raw: Buffer): RawResponse {
  const end = raw.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = raw
    .subarray(0, Math.max(end, 0))
    .toString('latin1')
    .split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body:
      headers['transfer-encoding'] === 'chunked'
        ? joinChunks(raw.subarray(end + 4))
        : raw.subarray(end + 4),
    raw,
  };
}

/** RFC 9112 §7.1. */
function joinChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let rest = body; ; ) {
    const lineEnd = rest.indexOf('\r\n');
    const length = Number.parseInt(rest.subarray(0, lineEnd).toString('latin1'), 16);
    if (!(length > 0)) return Buffer.concat(chunks);
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + length));
    rest = rest.subarray(lineEnd + 4 + length);
  }
}
