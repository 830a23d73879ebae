import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A store that does what a test wants. */
export interface RawStore {
  readonly origin: string;
  readonly port: number;
  /** The requests that it has had. */
  readonly requests: IncomingMessage[];
  /** Its open connections. */
  readonly sockets: ReadonlySet<Socket>;
  /** Stops it, in the middle of whatever it sends; called after the tests of the file, too. */
  stop(): void;
}

const closing: (() => void)[] = [];

afterAll(() => {
  for (const close of closing.splice(0)) close();
});

/** Starts a store, on a free port unless another one has just left this; closed after the tests of the file. */
export async function startStore(
  respond: (req: IncomingMessage, res: ServerResponse) => void,
  wanted = 0,
): Promise<RawStore> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((req, res) => {
    requests.push(req);
    respond(req, res);
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  closing.push(stop);
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, requests, sockets, stop };
}

/** A store that answers each request with these bytes, and closes the connection. */
export function startRawStore(...bytes: readonly string[]): Promise<RawStore> {
  return startStore((_req, { socket }) => {
    for (const each of bytes) socket?.write(each, 'latin1');
    socket?.end();
  });
}
