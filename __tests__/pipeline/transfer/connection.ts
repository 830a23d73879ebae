import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { parseResponse, type RawRequest, type RawResponse } from '../../helpers/raw-request.js';

const PATIENCE_MS = 60_000;

/** A request as it goes over a connection that is to be kept. */
export function formatRequest({ method = 'GET', target, headers = {} }: RawRequest): Buffer {
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
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
        PATIENCE_MS,
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
