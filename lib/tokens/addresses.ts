import { isIP, SocketAddress } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Ranges of addresses that are not the Internet's: a link that is bound to one does not say much, for
 * everybody behind a proxy has it.
 */
const PRIVATE = ['private', 'carrierGradeNat', 'loopback', 'linkLocal', 'uniqueLocal'];

/** Providers give a customer a whole /64, in which devices change their addresses. */
const DEFAULT_LENGTH = { ipv4: 32, ipv6: 64 } as const;
const MAX_LENGTH = { ipv4: 32, ipv6: 128 } as const;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Bits of an IPv6 address before the IPv4 address that it stands for. */
const MAPPED_LENGTH = 96;

/**
 * An address in its one canonical form; IPv4 in IPv6 (`::ffff:192.0.2.1`, `::ffff:c000:201`) is IPv4.
 *
 * @returns undefined for what is no address.
 */
export function canonicalAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address && formatAddress(unmap(address));
}

/**
 * A network as `address/length`: of an IPv4 address /32, of an IPv6 address /64, unless it says more.
 * A network within `::ffff:0:0/96` is one of IPv4.
 *
 * @returns undefined for what is none.
 */
export function canonicalNetwork(text: string): string | undefined {
  const [, host = '', length] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const given = parseAddress(host);
  if (given === undefined) return undefined;
  const address = unmap(given);
  const kind = address.kind();
  const skipped = address === given ? 0 : MAPPED_LENGTH;
  const bits = length === undefined ? DEFAULT_LENGTH[kind] : Number(length) - skipped;
  return bits < 0 || bits > MAX_LENGTH[kind] ? undefined : `${formatAddress(address)}/${bits}`;
}

/** Whether an address lies in a canonical network. */
export function isInNetwork(address: string | undefined, network: string): boolean {
  const [host = '', length] = network.split('/');
  const inside = parseAddress(address ?? '');
  const base = parseAddress(host);
  if (inside === undefined || base === undefined) return false;
  return matches(unmap(inside), base, Number(length));
}

/** Whether an address is one of a machine itself, or of a network that is not the Internet. */
export function isPrivateAddress(network: string): boolean {
  const address = parseAddress(network.split('/')[0] ?? '');
  return address !== undefined && PRIVATE.includes(address.range());
}

/** Of two kinds `match()` would throw. */
function matches(address: Address, base: Address, bits: number): boolean {
  if (isVersion6(address)) return isVersion6(base) && address.match(base, bits);
  return !isVersion6(base) && address.match(base, bits);
}

function isVersion6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}

/** Node decides what an address is: `ipaddr.js` takes `0x7f.1` and `010.0.0.1`, too. */
function parseAddress(text: string): Address | undefined {
  const version = isIP(text);
  // A zone (`fe80::1%eth0`) is known to one machine only.
  if (version === 0 || text.includes('%')) return undefined;
  return ipaddr.parse(version === 4 ? text : withoutDots(text));
}

/** `::192.0.2.1` as `::c000:201`: `ipaddr.js` knows dots only after `::ffff:`. */
function withoutDots(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_dotted, ...parts) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}

/** `::ffff:192.0.2.1`, however it is written, is the IPv4 address. */
function unmap(address: Address): Address {
  return isVersion6(address) && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** RFC 5952 for IPv6: of two runs of zeros as long as each other `ipaddr.js` shortens the last. */
function formatAddress(address: Address): string {
  if (!isVersion6(address)) return address.toString();
  return new SocketAddress({ address: address.toNormalizedString(), family: 'ipv6' }).address;
}
