import { isIPv4, isIPv6 } from 'node:net';
import { show } from '../../shared/option-checks.js';
import type { Option } from '../../shared/option-reader.js';

/** Address to which delivery reports are sent. */
export interface ReportAddress {
  /** An address of the loopback, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Default address at which an application receives reports. */
export const DEFAULT_REPORT_ADDRESS = 'udp://127.0.0.1:5140';

const UDP_URL = /^udp:\/\/(?:\[([\da-f:.]+)\]|([\d.]+)):(\d{1,5})\/?$/i;
const MAX_PORT = 65_535;

/**
 * Parses an address such as `udp://127.0.0.1:5140`. Reports are not authenticated, and carry ids that
 * nobody else may know, so only the loopback will do.
 *
 * @param smallestPort - 0 if the system may select the port.
 * @throws {@link BadOptionError}
 */
export function parseReportAddress(
  url: unknown,
  option: Option,
  smallestPort: 0 | 1 = 1,
): ReportAddress {
  const [, v6, v4, digits = ''] = (typeof url === 'string' && UDP_URL.exec(url)) || [];
  const host = v6 ?? v4 ?? '';
  const port = Number(digits);
  const isValid = (isIPv4(host) || isIPv6(host)) && port >= smallestPort && port <= MAX_PORT;
  if (isValid && isLoopback(host)) return { host, port };
  const problem = isValid
    ? 'must be on the loopback, because reports are neither encrypted nor authenticated'
    : 'must be a URL with udp:, an address of the loopback and a port';
  throw option.error(
    `${option.name} ${problem}, got ${show(url)}. Use "${DEFAULT_REPORT_ADDRESS}" or "udp://[::1]:5140".`,
  );
}

/** RFC 1122 §3.2.1.3, RFC 4291 §2.5.3. */
function isLoopback(host: string): boolean {
  return isIPv4(host) ? host.startsWith('127.') : new URL(`http://[${host}]`).hostname === '[::1]';
}

/** Formats an address as {@link parseReportAddress} accepts it. */
export function formatReportAddress({ host, port }: ReportAddress): string {
  return `udp://${formatHost(host)}:${port}`;
}

/** An address as it stands before a colon and a port. */
export function formatHost(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
