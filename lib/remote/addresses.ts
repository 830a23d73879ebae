import * as dns from 'node:dns';
import { isIP, type LookupFunction, SocketAddress } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Option } from '../shared/option-reader.js';

/** A network: an address, and the length of its prefix in bits. */
export type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Code of the error for a name without an address that a store may have. */
export const REFUSED_ADDRESS = 'ERR_XSENDFILE_REMOTE_ADDRESS';

/** Global unicast, RFC 4291 §2.4; everything else in IPv6 is local, a translation or unassigned. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** NAT64, RFC 6052 §2.1: the last 32 bits are an IPv4 address. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');
/** The range of public addresses in `ipaddr.js`. */
const SPECIAL: readonly Network[] = [
  // Benchmarks, RFC 2544.
  ipaddr.parseCIDR('198.18.0.0/15'),
  // The machine's own agent in Azure.
  ipaddr.parseCIDR('168.63.129.16/32'),
  // Protocol assignments, RFC 2928: benchmarks, identifiers of hosts, Teredo.
  ipaddr.parseCIDR('2001::/23'),
  // Documentation, RFC 9637.
  ipaddr.parseCIDR('3fff::/20'),
];

/**
 * Checks the `addresses` option.
 *
 * @throws {@link BadOptionError}
 */
export function parseNetworks(given: unknown, option: Option): readonly Network[] {
  const networks = Array.isArray(given) ? given.map(parseNetwork) : [undefined];
  if (!networks.includes(undefined)) return networks as Network[];
  throw option.wrong("a list of networks, such as ['10.0.0.0/8']", given);
}

function parseNetwork(text: unknown): Network | undefined {
  if (typeof text !== 'string') return undefined;
  const [, host = '', length] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  // Node first: `ipaddr.js` also accepts `0x7f.1` and `010.0.0.1`.
  const version = isIP(host);
  if (version === 0 || !ipaddr.isValid(host)) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  return prefix > bits ? undefined : [ipaddr.parse(host), prefix];
}

/**
 * Returns a `lookup` for connections that finds no private, loopback, link-local or otherwise special address, except
 * those in `networks`. A name that resolves to nothing else fails with {@link REFUSED_ADDRESS}: who controls a DNS zone
 * must not reach the machine's own services, or the metadata of a cloud.
 *
 * The connection is made to the addresses that were checked.
 */
export function createLookup(
  networks: readonly Network[],
  lookup: LookupFunction = dns.lookup,
): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (cause: unknown): void =>
      callback(cause instanceof Error ? cause : new Error('lookup failed', { cause }), [], 0);
    const take: Parameters<LookupFunction>[2] = (error, found) => {
      if (error) return fail(error);
      const permitted = addressesOf(found)
        // The machine's own name for itself is expected.
        .filter((address) => isPermitted(address, networks, hostname === 'localhost'))
        .map((address) => ({ address, family: isIP(address) }));
      const [first] = permitted;
      if (first === undefined) {
        const refused = new Error(`${hostname} has no public address`);
        fail(Object.assign(refused, { code: REFUSED_ADDRESS }));
      } else if (options.all === true) callback(null, permitted);
      else callback(null, first.address, first.family);
    };
    // The application's own function may throw, or return a promise that rejects, which would otherwise be uncaught.
    (async () => lookup(hostname, { ...options, all: true }, take))().catch(fail);
  };
}

/** Returns the addresses in the result of a `lookup`, which may be the application's own. */
function addressesOf(found: unknown): readonly string[] {
  if (typeof found === 'string') return [found];
  if (!Array.isArray(found)) return [];
  return found
    .map((each: { address?: unknown } | undefined | null) => each?.address)
    .filter((address) => typeof address === 'string');
}

/** Whether a store may have this address. */
function isPermitted(
  found: string,
  networks: readonly Network[],
  permitsLoopback = false,
): boolean {
  const text = withoutDots(found);
  if (isIP(text) === 0 || !ipaddr.isValid(text)) return false;
  const given = ipaddr.process(text);
  if (permitsLoopback && given.range() === 'loopback') return true;
  const address = isIn(given, NAT64) ? new ipaddr.IPv4(given.toByteArray().slice(-4)) : given;
  if (networks.some((network) => isIn(given, network) || isIn(address, network))) return true;
  if (address.range() !== 'unicast' || SPECIAL.some((network) => isIn(address, network)))
    return false;
  return address.kind() === 'ipv4' || isIn(address, GLOBAL_V6);
}

/** Rewrites `64:ff9b::8.8.8.8`: `ipaddr.js` accepts dots only after `::ffff:`. */
function withoutDots(text: string): string {
  if (isIP(text) !== 6 || !text.includes('.')) return text;
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

/** Compares the kinds first, because `match()` throws if they differ. */
function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, [base, bits]: Network): boolean {
  if (address instanceof ipaddr.IPv4)
    return base instanceof ipaddr.IPv4 && address.match(base, bits);
  return base instanceof ipaddr.IPv6 && address.match(base, bits);
}
