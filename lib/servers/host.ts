import { isIPv4, isIPv6 } from 'node:net';

/**
 * Names of DNS and container networks; the URL parser accepts quotes, semicolons and braces.
 * "unix:" is the beginning of a socket's path to nginx.
 */
const NAME = /^(?!.*\.\.|unix$)[a-z\d_][a-z\d._-]*$/i;
/** For these the URL parser makes an address of a name, so a name of this shape is a mistake. */
const DIGITS_AND_DOTS = /^[\d.]+$/;

/**
 * Whether a string is a host and nothing else: a name, an IPv4 address, or an IPv6 address in brackets.
 *
 * Servers' configurations hold it as it is.
 */
export function isHost(host: string): boolean {
  return isAddress(host) || (NAME.test(host) && !DIGITS_AND_DOTS.test(host));
}

/** Whether a string is an IPv4 address, or an IPv6 address in brackets. */
export function isAddress(host: string): boolean {
  const [, inner] = /^\[([\da-f:.]+)\]$/i.exec(host) ?? [];
  return inner === undefined ? isIPv4(host) : isIPv6(inner);
}

/** An IPv6 address without its brackets, any other host as it is. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
