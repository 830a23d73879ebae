import type { AddressInfo } from 'node:net';
import { type Disposition, nginxSender, type RefusedError } from 'xsendfile';

/** What the applications have in common, so that one battery can examine all of them. */

export const { ROOT = '', LINK_SECRET = '', HANDSHAKE = '' } = process.env;

/** Options of the files below `/offloaded`. */
export const OFFLOADED = {
  sender: nginxSender({ location: '/-internal-/' }),
  handshake: HANDSHAKE,
};

/** What `send()` sends at `/send/report` and, in vain, at `/send/gone`. */
export const SENT: Readonly<Record<string, string>> = { report: 'report.txt', gone: 'gone.txt' };
export const COPY: { readonly contentDisposition: Disposition } = {
  contentDisposition: { type: 'attachment', filename: 'Your copy.txt' },
};

/** A header that the application sets with the means of its framework. */
export const [HEADER, VALUE] = ['X-Application', 'ours'] as const;

/** The error page of an application. */
export function describeError(error: unknown): { status: number; text: string } {
  // Polka and Tinyhttp call their error handler with the status as code if there is no route.
  const { code, status = typeof code === 'number' ? code : 500 } = error as Partial<RefusedError>;
  return { status, text: `handled ${code ?? error}` };
}

/** Tells the battery where the application listens. */
export function printPort(server: { address(): AddressInfo | string | null }): void {
  console.log(`port ${(server.address() as AddressInfo).port}`);
}
