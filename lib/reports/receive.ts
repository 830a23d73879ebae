import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { ReportAddress } from '../servers/config/report-address.js';

/**
 * Calls a function with each datagram that arrives at an address, which does not keep the process alive.
 *
 * @param onFailure - called when the socket fails after it was ready; it is closed then.
 */
export function receive(
  { host, port }: ReportAddress,
  onDatagram: (datagram: Buffer) => void,
  onFailure: (error: Error) => void,
) {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const closed = new Promise<void>((resolve) => void socket.once('close', resolve));
  let isClosing = false;
  /** Resolves when the address is free again. */
  const close = (): Promise<void> => {
    if (!isClosing) {
      isClosing = true;
      socket.close();
    }
    return closed;
  };
  let isReady = false;
  /** Resolves with the address when datagrams are received, or rejects with the error of the system. */
  const ready = new Promise<ReportAddress>((resolve, reject) => {
    socket.once('listening', () => {
      isReady = true;
      resolve({ host, port: socket.address().port });
    });
    socket.on('error', (error) => {
      if (isReady) onFailure(error);
      else reject(error);
      void close();
    });
  });
  socket.on('message', onDatagram);
  // Not shared between the workers of a cluster: each knows only its own downloads.
  socket.bind({ address: host, port, exclusive: true });
  socket.unref();
  return { ready, close };
}
