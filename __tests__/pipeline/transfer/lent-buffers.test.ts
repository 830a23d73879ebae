import { once } from 'node:events';
import {
  createServer,
  IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import express from 'express';
import { xsendfile } from '../../../lib/index.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { Connection, formatRequest, parseResponse, rawRequest } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { createCertificate } from './certificate.js';

jest.setTimeout(120_000);

/** What comes of a file must be of that file, whoever is between this package and the kernel. */
const LARGE = 3_000_000;
/** Had with one read, into a buffer that others use later. */
const SMALL = 100_000;
const root = createTree({
  ...Object.fromEntries(
    [...'abcdefgh'].flatMap((letter) => [
      [`${letter}.bin`, Buffer.alloc(LARGE, letter)],
      [`${letter}-small.bin`, Buffer.alloc(SMALL, letter)],
    ]),
  ),
});
const handler = xsendfile(root, { cache: false });

const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function listenOn<S extends Server>(server: S): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Says that it has written what it keeps until the end: others may want to change it by then. */
class QueueingResponse extends ServerResponse {
  readonly #queue: Buffer[] = [];

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Node's method.
  override write(chunk: any, ...rest: any[]): boolean {
    this.#queue.push(chunk);
    const callback = rest.find((each) => typeof each === 'function');
    if (callback !== undefined) process.nextTick(callback);
    return true;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Node's method.
  override end(...args: any[]): this {
    setTimeout(() => {
      for (const chunk of this.#queue) super.write(chunk);
      super.end(...args);
    }, 100);
    return this;
  }
}

/** Asks for all files at the same time, again and again, and compares what comes. */
async function expectOwnBytes(ask: (target: string) => Promise<Buffer>): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(
      [...'abcdefgh'].flatMap((letter) =>
        [
          [`/${letter}.bin`, LARGE],
          [`/${letter}-small.bin`, SMALL],
        ].map(async ([target, size]) => {
          const body = await ask(String(target));
          expect([target, body.length]).toEqual([target, size]);
          expect([target, body.equals(Buffer.alloc(Number(size), letter))]).toEqual([target, true]);
        }),
      ),
    );
  }
}

const askHttp =
  (port: number) =>
  async (target: string): Promise<Buffer> =>
    (await rawRequest(port, { target })).body;

const listener: RequestListener = (req, res) => handler(req, res);

describe('a client gets the bytes of the file', () => {
  it('from a response class that queues', async () => {
    const options = { ServerResponse: QueueingResponse, IncomingMessage };
    await expectOwnBytes(askHttp(await listenOn(createServer(options as never, listener))));
  });

  it('from a response prototype that queues', async () => {
    const app = express();
    // Express puts it before Node's own.
    const queues = new WeakMap<object, Buffer[]>();
    const writeOriginal = ServerResponse.prototype.write as (chunk: Buffer) => boolean;
    const endOriginal = ServerResponse.prototype.end as () => void;
    Object.assign(app.response, {
      write(this: express.Response, chunk: Buffer, callback?: () => void) {
        queues.set(this, [...(queues.get(this) ?? []), chunk]);
        if (callback !== undefined) process.nextTick(callback);
        return true;
      },
      end(this: express.Response, last?: Buffer) {
        if (last !== undefined) queues.set(this, [...(queues.get(this) ?? []), last]);
        setTimeout(() => {
          for (const chunk of queues.get(this) ?? []) writeOriginal.call(this, chunk);
          endOriginal.call(this);
        }, 100);
        return this;
      },
    });
    app.use(handler);
    await expectOwnBytes(askHttp(await listenOn(createServer(app))));
  });

  it('over a connection that is not a socket', async () => {
    const server = createServer(listener);
    servers.push(server);
    await expectOwnBytes(async (target) => {
      const received: Buffer[] = [];
      // Keeps what it is given, and says at once that it has written it.
      const connection = new Duplex({
        read() {},
        write(chunk, _encoding, callback) {
          received.push(chunk);
          callback();
        },
      });
      server.emit('connection', connection);
      connection.push(formatRequest({ target, headers: { Connection: 'close' } }));
      await once(connection, 'finish');
      await delay(100);
      return parseResponse(Buffer.concat(received)).body;
    });
  });

  it('over a socket of another class', async () => {
    class KeepingSocket extends Socket {
      override _write(chunk: Buffer, encoding: BufferEncoding, callback: () => void): void {
        callback();
        setTimeout(() => super._write(chunk, encoding, () => {}), 100);
      }
      override _writev = undefined as never;
    }
    const server = createServer(listener);
    const plain = createServer(() => {});
    plain.removeAllListeners('connection');
    plain.on('connection', (socket: Socket) => {
      Object.setPrototypeOf(socket, KeepingSocket.prototype);
      Object.assign(socket, { _writev: null });
      server.emit('connection', socket);
    });
    servers.push(server);
    const port = await listenOn(plain);
    await expectOwnBytes(async (target) => {
      const connection = await Connection.open(port);
      const { body } = await connection.request({ target });
      connection.destroy();
      return body;
    });
  });

  describeWithPrograms('over TLS', ['openssl'], () => {
    it('and pauses in the middle', async () => {
      const { key, cert } = createCertificate();
      const port = await listenOn(createHttpsServer({ key, cert }, listener));
      await expectOwnBytes(async (target) => {
        const socket = connectSecurely({ host: '127.0.0.1', port, rejectUnauthorized: false });
        const connection = await Connection.over(socket, 'secureConnect');
        connection.send({ target });
        await connection.receive(1);
        connection.pause();
        await delay(100);
        connection.resume();
        const { body } = await connection.read();
        connection.destroy();
        return body;
      });
    });
  });

  it('over HTTP/2', async () => {
    const server = createHttp2Server((req, res) => handler(req, res));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expectOwnBytes(async (target) => {
      const stream = session.request({ ':path': target });
      await once(stream, 'response');
      await delay(100);
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
    session.close();
  });

  it('over HTTP/2 on a connection that is not a socket', async () => {
    const server = createHttp2Server((req, res) => handler(req, res));
    const near = new Duplex({
      read() {},
      write: (chunk, _encoding, done) => pass(far, chunk, done),
    });
    const far = new Duplex({
      read() {},
      write: (chunk, _encoding, done) => pass(near, chunk, done),
    });
    // Later, and without a copy.
    function pass(to: Duplex, chunk: Buffer, done: () => void): void {
      done();
      setTimeout(() => to.push(chunk), 5);
    }
    server.emit('connection', near);
    const session = connectHttp2('http://localhost', {
      createConnection: () => far,
      settings: { initialWindowSize: LARGE },
    });
    // All files at once, instead of a round trip for every 64 KiB.
    session.once('connect', () => session.setLocalWindowSize(10 * LARGE));
    await expectOwnBytes(async (target) => {
      const stream = session.request({ ':path': target });
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
    session.destroy();
  });
});
