import type { HttpRequest } from '../index.js';

/** Properties that Express adds to a request, and that handlers read. */
export interface RouterProperties {
  /** The target as it was received. */
  readonly originalUrl: string;
  /** The mount path. */
  readonly baseUrl: string;
  /** Parameters of the route, decoded. */
  readonly params: unknown;
  /** Address of the client, as the framework determines it. */
  readonly ip: string;
  /** Has the setting `trust proxy`: whether `ip` takes proxies into account. */
  readonly app: { get(setting: string): unknown };
}

/** Returns the value of `app` in {@link RouterProperties}. */
export function appOf(isProxyTrusted: boolean): RouterProperties['app'] {
  return { get: (setting) => setting === 'trust proxy' && isProxyTrusted };
}

/**
 * Sets properties on a request.
 *
 * @returns a function that restores the previous state.
 */
export function lendProperties(
  req: HttpRequest,
  properties: Partial<RouterProperties>,
): () => void {
  const before = new Map(
    Object.keys(properties)
      .filter((name) => name in req)
      .map((name) => [name, Reflect.get(req, name)]),
  );
  Object.assign(req, properties);
  return () => {
    for (const name of Object.keys(properties)) {
      if (before.has(name)) Reflect.set(req, name, before.get(name));
      else Reflect.deleteProperty(req, name);
    }
  };
}

/**
 * Calls a handler with the rest of the target as `req.url`. Handlers read it at once; whatever runs during the
 * exchange or at its end, such as a logger, sees the whole target again.
 */
export function withRest<Result>(req: HttpRequest, rest: string, call: () => Result): Result {
  const { url } = req;
  req.url = rest;
  try {
    return call();
  } finally {
    req.url = url;
  }
}
