import { isIP } from 'node:net';
import type { HttpRequest } from '../types.js';
import { createWarning } from './warning.js';

/** Properties that Express and the adapters add to a request. */
interface ExpressRequest {
  readonly ip?: string;
  readonly app?: { get?(setting: string): unknown };
}

const PORT = /^(?:\[([^[\]]+)\]|([\d.]+))(?::\d{1,5})?$/;
/** Headers that proxies add. `X-Forwarded-For` is one of them. */
const OF_PROXIES =
  /^(?:forwarded|via|cdn-loop|x-sendfile-handshake)$|forwarded-|(?:client|connect(?:ing|ion)|real|remote|source|user|external)-?(?:ip|addr(?:ess)?)$/;

/**
 * Returns the address of the client: `req.ip` of a framework, otherwise the address of the connection;
 * without a port.
 *
 * @returns undefined if it is unknown. Behind a proxy that the framework does not evaluate, it is the address
 * of the proxy, and all clients have it.
 */
export function clientAddressOf(req: HttpRequest): string | undefined {
  const { ip, app } = req as ExpressRequest;
  const connection = req.socket.remoteAddress;
  const address = withoutPort(ip ?? connection ?? '');
  if (isIP(address) === 0) return undefined;
  // A framework that trusts other proxies than this one leaves the address of the connection in place.
  const isEvaluated = ip !== connection || ip === lastOf(req.headers['x-forwarded-for']);
  const isNamedByProxy = isEvaluated && Boolean(app?.get?.('trust proxy'));
  const isDirect = !Object.keys(req.headers).some((name) => OF_PROXIES.test(name));
  return isNamedByProxy || isDirect ? address : undefined;
}

/** Returns the last value of a list, which the nearest proxy has added. */
export function lastOf(header: string | readonly string[] | undefined): string | undefined {
  return header?.toString().split(',').at(-1)?.trim();
}

/** Returns an address without its port, as in `203.0.113.7:51008` and `[2001:db8::1]:443`; other text unchanged. */
export function withoutPort(text: string): string {
  const [, bracketed, dotted] = PORT.exec(text) ?? [];
  const address = bracketed ?? dotted ?? text;
  return isIP(address) === 0 ? text : address;
}

/** What to do about unknown clients, by the kind of the request. */
const FIXES = {
  node:
    "Behind a proxy that sends X-Forwarded-For, configure 'trust proxy' of Express, " +
    'proxy of Koa or trustProxy of Fastify; otherwise use the options clientAddress and client.',
  web: 'A Request has no address: return it from the option clientAddress of authToken(), or client of limitUses().',
} as const;

/** Warns that clients are unknown, because the application does not evaluate what its proxy sends, or because a `Request` does not name them. */
export const warnOfUnknownClient = createWarning(
  'XSENDFILE_CLIENT_UNKNOWN',
  (kind: keyof typeof FIXES) =>
    'xsendfile: the address of a client is unknown, so links bound to an address are refused, and each of its ' +
    `requests takes a use of a link. ${FIXES[kind]}`,
);
