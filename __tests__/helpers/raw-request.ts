import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** The HTTP client of the tests: what it sends and receives are bytes, so nothing is normalised. */

const TIMEOUT_MS = 60_000;

/** A request to send; the target is sent as it is. */
export interface RawRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A response as it was received. */
export interface RawResponse {
  readonly status: number;
  /** By lower-case name; several of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The status line and the header lines. */
  readonly head: string;
  readonly body: Buffer;
  /** All bytes, for checks of what must not be in them. */
  readonly raw: Buffer;
}

/** Sends one request over a connection of its own and reads until the server closes it. */
export async function rawRequest(port: number, request: RawRequest): Promise<RawResponse> {
  const headers = { Connection: 'close', ...request.headers };
  return parseResponse(await exchange(port, formatRequest({ ...request, headers })));
}

/** Sends bytes and reads until the server closes the connection; fails if it is reset. */
export async function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  const connection = await Connection.open(port);
  connection.socket.write(bytes);
  const received = await connection.readAll();
  if (connection.socket.errored) throw connection.socket.errored;
  return received;
}

/** The bytes of a request, on a connection that stays open unless a header says otherwise. */
export function formatRequest({ method = 'GET', target, headers, body }: RawRequest): Buffer {
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const lines = Object.entries({ Host: 'localhost', ...length, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  return Buffer.concat([head, Buffer.from(body ?? '')]);
}

export function parseResponse(raw: Buffer): RawResponse {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw.toString('latin1', 0, Math.max(end, 0));
  const [statusLine = '', ...lines] = head.split('\r\n');
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
    head,
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

/** A client's side of one connection, which reads only when it is told to. */
export class Connection {
  readonly socket: Socket;
  /** Resolves when the connection is closed, for whatever reason. */
  readonly closed: Promise<void>;
  #chunks: Buffer[] = [];
  #length = 0;
  #isClosed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
    // That a connection was reset is not news here; `closed` tells.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async open(where: number | NetConnectOpts): Promise<Connection> {
    const options = typeof where === 'number' ? { port: where, host: '127.0.0.1' } : where;
    return Connection.over(connect(options));
  }

  static async over(socket: Socket, event = 'connect'): Promise<Connection> {
    const connection = new Connection(socket);
    await once(socket, event);
    return connection;
  }

  /** Bytes that have come and were not taken by `read()`. */
  get length(): number {
    return this.#length;
  }

  /** All requests in one write. */
  send(...requests: readonly RawRequest[]): void {
    this.socket.write(Buffer.concat(requests.map(formatRequest)));
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Waits for that many bytes, or the end. */
  async receive(bytes: number): Promise<void> {
    await this.#until(() => this.#length >= bytes || this.#isClosed);
  }

  /** Everything until the server closes the connection. */
  async readAll(): Promise<Buffer> {
    await this.#until(() => this.#isClosed);
    return this.#take(this.#length);
  }

  /** The next answer; fails if it does not come completely. */
  async read(method = 'GET'): Promise<RawResponse> {
    let headEnd = -1;
    await this.#until(() => {
      headEnd = this.#join().indexOf('\r\n\r\n');
      return headEnd >= 0 || this.#isClosed;
    });
    if (headEnd < 0) throw new Error(`the connection was closed after ${this.#length} bytes`);
    const { status, headers } = parseResponse(this.#join().subarray(0, headEnd + 4));
    const isEmpty = method === 'HEAD' || status === 304;
    const length = headEnd + 4 + (isEmpty ? 0 : Number(headers['content-length']));
    await this.#until(() => this.#length >= length || this.#isClosed);
    if (!(this.#length >= length)) {
      throw new Error(`the connection was closed after ${this.#length} of ${length} bytes`);
    }
    return parseResponse(this.#take(length));
  }

  async request(request: RawRequest): Promise<RawResponse> {
    this.send(request);
    return this.read(request.method);
  }

  #join(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }

  #take(length: number): Buffer {
    const all = this.#join();
    this.#chunks = [all.subarray(length)];
    this.#length -= length;
    return all.subarray(0, length);
  }

  async #until(isDone: () => boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`nothing but ${this.#length} bytes came`)),
        TIMEOUT_MS,
      );
    });
    try {
      while (!isDone()) {
        const more = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([more, tooLate]);
      }
    } finally {
      clearTimeout(timer);
      tooLate.catch(() => {});
    }
  }
}
