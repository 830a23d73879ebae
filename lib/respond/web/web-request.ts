import type { IncomingHttpHeaders } from 'node:http';
import { withoutQuery } from '../../request-path/sanitize.js';
import type { RequestView } from '../../shared/views.js';

/** RFC 3986 §3.2: everything before the path. */
const BEFORE_PATH = /^https?:\/\/[^/?#\\]*/i;
/** A host and a port (RFC 9110 §7.2). Deno takes everything else in a Host header for a part of the URL. */
const HOST = /^[\w.~!$&'()*+,;=:%[\]-]*$/;

/** A path that no parser changes: names without an encoded character, none of which begins with a dot. */
const PLAIN_PATH = /^(?:\/[\w~-][\w.~-]*)+$/;

/** A `Request` as the steps of the pipeline know it. */
export class WebRequest implements RequestView {
  readonly method: string;
  /** The target below the prefix. */
  readonly url: string;
  readonly originalUrl: string;
  readonly baseUrl: string;
  /** Whether the URL is below the prefix; if not, `url` is meaningless. */
  readonly isBelowPrefix: boolean;
  readonly #request: Request;
  #headers: IncomingHttpHeaders | undefined;

  /** @param prefix - the mount path, without a slash at its end. */
  constructor(request: Request, prefix: string) {
    const target = request.url.replace(BEFORE_PATH, '');
    const rest = target.slice(prefix.length);
    this.method = request.method;
    this.url = rest.startsWith('/') ? rest : `/${rest}`;
    this.originalUrl = target;
    this.baseUrl = prefix;
    this.isBelowPrefix = target.startsWith(prefix) && /^(?:[/?]|$)/.test(rest);
    this.#request = request;
  }

  /**
   * Whether the target is the one that other code sees: `URL` must parse it without changes, and no part of it may
   * come from the Host header.
   */
  get isCanonical(): boolean {
    const path = withoutQuery(this.originalUrl);
    if (!PLAIN_PATH.test(path) && !isParsedUnchanged(path)) return false;
    return HOST.test(this.#request.headers.get('host') ?? '');
  }

  get headers(): IncomingHttpHeaders {
    this.#headers ??= new Proxy({}, new HeadersByName(this.#request.headers));
    return this.#headers;
  }
}

/** Looks headers up one by one: most requests need few of them, and frameworks make a list of all only on demand. */
class HeadersByName implements ProxyHandler<IncomingHttpHeaders> {
  readonly #headers: Headers;

  constructor(headers: Headers) {
    this.#headers = headers;
  }

  get(target: IncomingHttpHeaders, name: string | symbol): unknown {
    const value = typeof name === 'string' ? this.#headers.get(name) : null;
    return value ?? Reflect.get(target, name);
  }

  has(target: IncomingHttpHeaders, name: string | symbol): boolean {
    return Reflect.has(this.#complete(target), name);
  }

  ownKeys(target: IncomingHttpHeaders): (string | symbol)[] {
    return Reflect.ownKeys(this.#complete(target));
  }

  getOwnPropertyDescriptor(target: IncomingHttpHeaders, name: string | symbol) {
    return Reflect.getOwnPropertyDescriptor(this.#complete(target), name);
  }

  #complete(target: IncomingHttpHeaders): IncomingHttpHeaders {
    return Object.assign(target, Object.fromEntries(this.#headers));
  }
}

function isParsedUnchanged(path: string): boolean {
  const url = `http://localhost${path}`;
  return URL.canParse(url) && new URL(url).pathname === path;
}
