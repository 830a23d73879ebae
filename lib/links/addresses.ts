import { isIP, isIPv4, SocketAddress } from 'node:net';
import ipaddr from 'ipaddr.js';
import { withoutPort } from '../shared/client-address.js';

/** Ranges without public addresses: a proxy often has one, and a link bound to it works for all its clients. */
const PRIVATE = ['private', 'carrierGradeNat', 'loopback', 'linkLocal', 'uniqueLocal'];

/** A customer usually has a whole IPv6 /64, in which devices change their addresses. */
const DEFAULT_LENGTH = { ipv4: 32, ipv6: 64 } as const;
const MAX_LENGTH = { ipv4: 32, ipv6: 128 } as const;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Length in bits of the prefix of IPv4-mapped IPv6 addresses. */
const MAPPED_LENGTH = 96;

/**
 * Returns the canonical form of an address; IPv4-mapped IPv6 (`::ffff:192.0.2.1`, `::ffff:c000:201`)
 * becomes IPv4, and a port is removed.
 *
 * @returns undefined if the string is not an address.
 */
export function canonicalAddress(text: string): string | undefined {
  const bare = withoutPort(text);
  // Dotted decimals have one spelling, and nearly all addresses are written so.
  const dotted = bare.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(dotted)) return dotted;
  const address = parseAddress(bare);
  return address && formatAddress(unmap(address));
}

/**
 * Returns a network as `address/length`; the default length is 32 for IPv4 and 64 for IPv6. A network
 * within `::ffff:0:0/96` becomes an IPv4 network, and the port of an address is removed.
 *
 * @returns undefined if the string is neither an address nor a network.
 */
export function canonicalNetwork(text: string): string | undefined {
  const [, host = '', length] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(withoutPort(text)) ?? [];
  const parsed = parseAddress(host);
  if (parsed === undefined) return undefined;
  const address = unmap(parsed);
  const kind = address.kind();
  const skipped = address === parsed ? 0 : MAPPED_LENGTH;
  const bits = length === undefined ? DEFAULT_LENGTH[kind] : Number(length) - skipped;
  return bits < 0 || bits > MAX_LENGTH[kind] ? undefined : `${formatAddress(address)}/${bits}`;
}

/** Whether an address is in a canonical network. */
export function isInNetwork(address: string | undefined, network: string): boolean {
  const [host = '', length] = network.split('/');
  const inside = parseAddress(address ?? '');
  const base = parseAddress(host);
  if (inside === undefined || base === undefined) return false;
  return matches(unmap(inside), base, Number(length));
}

/** Whether an address or network is loopback, private or otherwise not public. */
export function isPrivateAddress(network: string): boolean {
  const [text = ''] = network.split('/');
  const address = parseAddress(text);
  return address !== undefined && PRIVATE.includes(address.range());
}

/** Compares the kinds first, because `match()` throws if they differ. */
function matches(address: Address, base: Address, bits: number): boolean {
  if (isVersion6(address)) return isVersion6(base) && address.match(base, bits);
  return !isVersion6(base) && address.match(base, bits);
}

function isVersion6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}

/** Validates with Node first, because `ipaddr.js` also accepts `0x7f.1` and `010.0.0.1`. */
function parseAddress(text: string): Address | undefined {
  const version = isIP(text);
  // A zone (`fe80::1%eth0`) has a meaning on one machine only.
  if (version === 0 || text.includes('%')) return undefined;
  return ipaddr.parse(version === 4 ? text : withoutDots(text));
}

/** Rewrites `::192.0.2.1` to `::c000:201`: `ipaddr.js` accepts dots only after `::ffff:`. */
function withoutDots(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_dotted, ...parts) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}

/** Converts an IPv4-mapped IPv6 address to IPv4. */
function unmap(address: Address): Address {
  return isVersion6(address) && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Formats IPv6 by RFC 5952; of two equally long runs of zeros, `ipaddr.js` would shorten the last. */
function formatAddress(address: Address): string {
  if (!isVersion6(address)) return address.toString();
  return new SocketAddress({ address: address.toNormalizedString(), family: 'ipv6' }).address;
}
