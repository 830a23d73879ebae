import type { Option } from '../../shared/option-reader.js';
import { isAddress, isHost } from '../host.js';

const MAX_PORT = 65_535;
const LISTEN = /^(?:(.+):)?(\d{1,5})$/;

/**
 * Host and port of an application, as servers write them.
 *
 * @throws {@link BadOptionError}
 */
export function parseUpstream(upstream: unknown, option: Option): string {
  if (typeof upstream === 'string' && URL.canParse(upstream)) {
    const { host, hostname, port, href } = new URL(upstream);
    // A path would be prepended to the path of each request, which must arrive unchanged.
    if (href === `http://${host}/` && isHost(hostname)) {
      return port === '' ? `${host}:80` : host;
    }
  }
  throw option.wrong(
    'a URL with http:, host and port only, such as "http://127.0.0.1:3000"',
    upstream,
  );
}

/**
 * Address at which a server listens; no host means all addresses.
 *
 * @throws {@link BadOptionError}
 */
export function parseListen(
  listen: unknown,
  option: Option,
): { readonly host: string | undefined; readonly port: number } {
  const [, host, digits] = LISTEN.exec(String(listen)) ?? [];
  const port = Number(digits);
  const isEverywhere = host === undefined || host === '*';
  if (port > 0 && port <= MAX_PORT && (isEverywhere || isAddress(host))) {
    return { host: isEverywhere ? undefined : host, port };
  }
  throw option.wrong(
    'a port, or an address and a port, such as "80", "127.0.0.1:8080" or "[::1]:8080"',
    listen,
  );
}
