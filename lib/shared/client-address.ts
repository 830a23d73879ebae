import type { HttpRequest } from '../types.js';

/** Properties that Express adds to a request. */
interface ExpressRequest {
  readonly ip?: string;
  readonly app?: { get?(setting: string): unknown };
}

/** The address of a client, as far as it is known. */
export interface ClientAddress {
  /** `req.ip` of Express, which honours `trust proxy`; otherwise the address of the connection. */
  readonly text: string | undefined;
  /** False behind a proxy that Express is not configured for: it is the proxy's address then. */
  readonly isTrusted: boolean;
}

/** Returns the client's address, and whether it can be trusted to be that of the client alone. */
export function clientAddressOf(req: HttpRequest): ClientAddress {
  const { ip, app } = req as ExpressRequest;
  const isForwarded = req.headers['x-forwarded-for'] !== undefined;
  const isProxyKnown = Boolean(app?.get?.('trust proxy'));
  return { text: ip ?? req.socket.remoteAddress, isTrusted: !isForwarded || isProxyKnown };
}
