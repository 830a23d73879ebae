import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { CliError, EXIT } from './errors.js';
import { toJson } from './format.js';

/** A server that lets running responses finish before it ends. */
export interface GracefulServer {
  readonly address: AddressInfo;
  /** Number of running responses. */
  running(): number;
  /** Takes no new connections, closes idle ones, and the others as their responses finish. */
  stop(): void;
  /** Closes all connections at once. */
  cut(): void;
  /** Resolves when the last connection is closed. */
  readonly closed: Promise<void>;
}

/** As nginx's `keepalive_requests`: then the connection is closed, and the client opens another. */
const MAX_REQUESTS_PER_SOCKET = 1000;

/**
 * Starts a server.
 *
 * @throws {@link CliError} when it cannot listen there.
 */
export async function startServer(
  listener: RequestListener,
  port: number,
  host: string,
): Promise<GracefulServer> {
  /** Running responses of each connection. */
  const connections = new Map<Socket, number>();
  let isStopping = false;
  const server = createServer();
  // A client that pipelines without end is not served without end.
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  server.on('connection', (socket: Socket) => {
    connections.set(socket, 0);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }, res) => {
    const count = (change: number): number => {
      const running = (connections.get(socket) ?? 0) + change;
      if (connections.has(socket)) connections.set(socket, running);
      return running;
    };
    count(1);
    if (isStopping) res.shouldKeepAlive = false;
    res.once('close', () => {
      if (count(-1) === 0 && isStopping) socket.destroySoon();
    });
  });
  server.on('request', listener);
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void => reject(explainListenError(error, port, host));
    server.once('error', refuse);
    server.listen(port, host, () => {
      // A connection that cannot be accepted does not affect the others.
      server.off('error', refuse).on('error', (error) => process.emitWarning(error));
      resolve();
    });
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    address: server.address() as AddressInfo,
    closed,
    running: () => [...connections.values()].reduce((sum, running) => sum + running, 0),
    stop() {
      isStopping = true;
      // node:http's own would destroy connections whose last bytes are still in transit.
      NetServer.prototype.close.call(server);
      for (const [socket, running] of connections) if (running === 0) socket.destroySoon();
    },
    cut() {
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}

const FIXES: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port, host) =>
    `port ${port} of ${host} is in use. Choose another one with --port; 0 takes any free port.`,
  EACCES: (port) => `this user may not open port ${port}. Choose one from 1024 on with --port.`,
  EADDRNOTAVAIL: (_port, host) => `${host} is not an address of this machine. Change --host.`,
  ENOTFOUND: (_port, host) => `there is no host ${host}. Change --host.`,
};

function explainListenError(cause: NodeJS.ErrnoException, port: number, host: string): CliError {
  const { code = '' } = cause;
  const fix = FIXES[code];
  const message = fix === undefined ? `cannot listen: ${cause.message}.` : fix(port, toJson(host));
  return new CliError(message, { exitCode: EXIT.failure, cause });
}
