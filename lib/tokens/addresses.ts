import { BlockList, isIP, SocketAddress } from 'node:net';

/** A link that is bound to an address of these does not say much: everybody behind a proxy has it. */
const PRIVATE = new BlockList();
for (const [network, length] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, length, 'ipv4');
}
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Providers give a customer a whole /64, in which devices change their addresses. */
const DEFAULT_LENGTH = { ipv4: 32, ipv6: 64 } as const;
const MAX_LENGTH = { ipv4: 32, ipv6: 128 } as const;

interface Address {
  readonly family: 'ipv4' | 'ipv6';
  readonly text: string;
}

/**
 * An address in its one canonical form; IPv4 in IPv6 (`::ffff:192.0.2.1`) is IPv4.
 *
 * @returns undefined for what is no address.
 */
export function canonicalAddress(text: string): string | undefined {
  return parseAddress(text)?.text;
}

/**
 * A network as `address/length`: of an IPv4 address /32, of an IPv6 address /64, unless it says more.
 *
 * @returns undefined for what is none.
 */
export function canonicalNetwork(text: string): string | undefined {
  const [, host = '', length] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const address = parseAddress(host);
  if (address === undefined) return undefined;
  const bits = length === undefined ? DEFAULT_LENGTH[address.family] : Number(length);
  return bits > MAX_LENGTH[address.family] ? undefined : `${address.text}/${bits}`;
}

/** Whether an address lies in a canonical network. */
export function isInNetwork(address: string | undefined, network: string): boolean {
  const [host = '', length] = network.split('/');
  const inside = parseAddress(address ?? '');
  const base = parseAddress(host);
  if (inside === undefined || base === undefined || inside.family !== base.family) return false;
  const list = new BlockList();
  list.addSubnet(base.text, Number(length), base.family);
  return list.check(inside.text, inside.family);
}

/** Whether an address is one of a machine itself, or of a network that is not the Internet. */
export function isPrivateAddress(network: string): boolean {
  const address = parseAddress(network.split('/')[0] ?? '');
  return address !== undefined && PRIVATE.check(address.text, address.family);
}

function parseAddress(text: string): Address | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  const plain = mapped ?? text;
  const version = isIP(plain);
  // A zone (`fe80::1%eth0`) is known to one machine only.
  if (version === 0 || plain.includes('%')) return undefined;
  if (version === 4) return { family: 'ipv4', text: plain };
  return { family: 'ipv6', text: new SocketAddress({ address: plain, family: 'ipv6' }).address };
}
