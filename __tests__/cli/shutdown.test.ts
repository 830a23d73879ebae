import { once } from 'node:events';
import { ftruncateSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer } from '../../lib/cli/graceful-server.js';
import { createTree } from '../helpers/tree.js';
import { ServeRun } from './run-cli.js';

/** More than the connection buffers, so that a client who does not read keeps a download running. */
const LARGE = 64 * 1024 * 1024;
const root = createTree({ 'ten.txt': '0123456789', 'large.bin': '' });
beforeAll(() => ftruncateSync(openSync(join(root, 'large.bin'), 'r+'), LARGE));

/** After so long a signal is one of its own. */
const ECHO_MS = 300;

/** A client that reads when it is told to. */
class Client {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  bytes = 0;
  #head = '';

  constructor(port: number, target: string) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }

  /** Reads the head, and then no more. */
  async begin(): Promise<void> {
    while (!this.#head.includes('\r\n\r\n')) {
      this.#head += (await once(this.socket, 'data'))[0].toString('latin1');
      this.socket.pause();
      if (!this.#head.includes('\r\n\r\n')) this.socket.resume();
    }
    this.bytes = this.#head.length - this.#head.indexOf('\r\n\r\n') - 4;
  }

  /** Reads the rest, until the server closes the connection. */
  async finish(): Promise<number> {
    this.socket.on('data', (chunk) => {
      this.bytes += chunk.length;
    });
    this.socket.resume();
    await this.closed;
    return this.bytes;
  }
}

async function startClient(port: number, target: string): Promise<Client> {
  const client = new Client(port, target);
  await client.begin();
  return client;
}

describe('xsendfile serve when it is told to end', () => {
  it('ends at once when nothing is running', async () => {
    const server = await ServeRun.start([root]);
    expect(server.io.listeners).toBe(1);
    server.io.signal();
    expect(await server.ended).toBe(0);
    expect(server.io.listeners).toBe(0);
    expect(server.io.errors).toBe('');
  });

  it('closes connections that are kept alive for a next request', async () => {
    const server = await ServeRun.start([root]);
    const client = await startClient(server.port, '/ten.txt');
    await server.log(1);
    server.io.signal();
    expect(await server.ended).toBe(0);
    expect(await client.finish()).toBe(10);
  });

  it('lets downloads finish, and takes no new connection', async () => {
    const server = await ServeRun.start([root]);
    const client = await startClient(server.port, '/large.bin');
    server.io.signal();
    expect(server.io.errors).toBe(
      'xsendfile: ending after 1 running download, in 8 seconds at the latest; a second signal ends at once.\n',
    );
    const late = new Client(server.port, '/ten.txt');
    await late.closed;
    expect(late.bytes).toBe(0);
    expect(await client.finish()).toBe(LARGE);
    expect(await server.ended).toBe(0);
    expect(await server.log(1)).toEqual([
      expect.stringContaining(` 200 sent GET "large.bin" ${LARGE}/${LARGE} bytes `),
    ]);
  });

  it('does not take the echo of a signal for a second one', async () => {
    const server = await ServeRun.start([root]);
    const client = await startClient(server.port, '/large.bin');
    server.io.signal();
    server.io.signal();
    await delay(20);
    expect(await client.finish()).toBe(LARGE);
    expect(await server.ended).toBe(0);
  });

  it.each<[string, readonly string[], (server: ServeRun) => Promise<void>]>([
    [
      'a second signal',
      [],
      async (server) => {
        await delay(ECHO_MS);
        server.io.signal();
      },
    ],
    ['the end of --grace', ['--grace', '0'], async () => {}],
  ])('cuts them off at %s', async (_title, options, cut) => {
    const server = await ServeRun.start([root, ...options]);
    const clients = [
      await startClient(server.port, '/large.bin'),
      await startClient(server.port, '/large.bin'),
    ];
    server.io.signal();
    expect(server.io.errors).toContain('ending after 2 running downloads, ');
    await cut(server);
    expect(await server.ended).toBe(0);
    for (const client of clients) expect(await client.finish()).toBeLessThan(LARGE);
    const lines = await server.log(2);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain(' 200 aborted GET "large.bin" ');
  });

  it('takes a --grace that no timer can hold for very long', async () => {
    const server = await ServeRun.start([root, '--grace', '100w']);
    const client = await startClient(server.port, '/large.bin');
    server.io.signal();
    await delay(20);
    expect(await client.finish()).toBe(LARGE);
    expect(await server.ended).toBe(0);
  });
});

describe('startServer', () => {
  it('does not cut an answer that has been written, but not yet been sent', async () => {
    const server = await startServer((_req, res) => res.end(Buffer.alloc(LARGE)), 0, '127.0.0.1');
    const client = await startClient(server.address.port, '/');
    expect(server.running()).toBe(1);
    server.stop();
    expect(await client.finish()).toBe(LARGE);
    await server.closed;
    expect(server.running()).toBe(0);
  });

  it('responds to earlier requests on the same connection, and then closes it', async () => {
    const server = await startServer((_req, res) => res.end('answer'), 0, '127.0.0.1');
    const socket = connect(server.address.port, '127.0.0.1');
    const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
    socket.write(request + request);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      server.stop();
    });
    await once(socket, 'close');
    expect(text.match(/answer/g)).toHaveLength(2);
    await server.closed;
  });
});
