import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import {
  canonicalAddress,
  canonicalNetwork,
  isInNetwork,
  isPrivateAddress,
} from '../../lib/links/addresses.js';

/** Spellings of 192.0.2.1 in IPv6. */
const MAPPED = [
  '::ffff:192.0.2.1',
  '::FFFF:192.0.2.1',
  '::ffff:c000:201',
  '::fFfF:C000:0201',
  '0:0:0:0:0:ffff:192.0.2.1',
  '0000:0000:0000:0000:0000:ffff:c000:0201',
  '0::ffff:192.0.2.1',
  '::0:ffff:c000:201',
];

describe('canonicalAddress(text)', () => {
  it.each<[string, string | undefined]>([
    ['192.0.2.1', '192.0.2.1'],
    ...MAPPED.map((text): [string, string] => [text, '192.0.2.1']),
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::192.0.2.1', '::192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    // RFC 5952 §4.2.3: the first of two runs that are as long as each other.
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['192.0.2.1:51008', '192.0.2.1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[::ffff:192.0.2.1]:443', '192.0.2.1'],
    ['192.0.2.1:', undefined],
    ['192.0.2.1:x', undefined],
    ['192.0.2.1:123456', undefined],
    ['192.0.2.1:80:80', undefined],
    ['[2001:db8::1', undefined],
    ['[2001:db8::1]443', undefined],
    ['[]:443', undefined],
    ['192.0.2.01', undefined],
    ['192.0.2.01:80', undefined],
    ['192.0.2', undefined],
    ['0xc0000201', undefined],
    ['3221225985', undefined],
    ['fe80::1%eth0', undefined],
    ['::ffff:192.0.2.256', undefined],
    ['', undefined],
    ['localhost', undefined],
  ])('of %j returns %j', (text, expected) => {
    expect(canonicalAddress(text)).toBe(expected);
  });

  it('writes every IPv6 address as Node does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const written = new SocketAddress({ address: text, family: 'ipv6' }).address;
        fc.pre(!/^::ffff:\d+\./.test(written));
        expect(canonicalAddress(text)).toBe(written);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('canonicalNetwork(text)', () => {
  it.each<[string, string | undefined]>([
    ['192.0.2.1', '192.0.2.1/32'],
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['192.0.2.1:51008', '192.0.2.1/32'],
    ['[2001:db8::1]:443', '2001:db8::1/64'],
    ['192.0.2.0:80/24', undefined],
    ['192.0.2.0/24:80', undefined],
    ['2001:db8::1', '2001:db8::1/64'],
    ...MAPPED.map((text): [string, string] => [text, '192.0.2.1/32']),
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['::ffff:c000:200/120', '192.0.2.0/24'],
    ['::ffff:192.0.2.1/128', '192.0.2.1/32'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    // Neither a network of IPv4 nor one that any client would be in.
    ['::ffff:192.0.2.1/95', undefined],
    ['::ffff:192.0.2.1/24', undefined],
    ['::ffff:192.0.2.1/129', undefined],
    ['192.0.2.1/33', undefined],
    ['x/192.0.2.1/24', undefined],
    ['/192.0.2.1', undefined],
    ['192.0.2.1/', undefined],
    ['192.0.2.1/24/1', undefined],
  ])('of %j returns %j', (text, expected) => {
    expect(canonicalNetwork(text)).toBe(expected);
  });

  it('of a canonical network returns the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(32), (address, bits) => {
        const network = canonicalNetwork(`${address}/${bits}`);
        if (network !== undefined) expect(canonicalNetwork(network)).toBe(network);
      }),
    );
  });
});

describe('isInNetwork(address, network)', () => {
  it.each<[string | undefined, string, boolean]>([
    ...MAPPED.map((text): [string, string, boolean] => [text, '192.0.2.0/24', true]),
    ['192.0.3.1', '192.0.2.0/24', false],
    ['2001:db8::ffff', '2001:db8::/64', true],
    ['2001:db8:0:1::', '2001:db8::/64', false],
    ['::192.0.2.1', '192.0.2.0/24', false],
    ['2001:db8::1', '0.0.0.0/0', false],
    ['192.0.2.1', '::/0', false],
    [undefined, '0.0.0.0/0', false],
    ['rubbish', '0.0.0.0/0', false],
  ])('of %j and %j returns %j', (address, network, expected) => {
    expect(isInNetwork(address, network)).toBe(expected);
  });
});

describe('isPrivateAddress(network)', () => {
  it.each<[string, boolean]>([
    ['10.1.2.3/32', true],
    ['100.64.0.1/32', true],
    ['100.128.0.1/32', false],
    ['127.0.0.1/8', true],
    ['169.254.1.1/32', true],
    ['172.16.0.1/32', true],
    ['172.32.0.1/32', false],
    ['192.168.1.1/32', true],
    ['192.0.2.1/32', false],
    ['::1/128', true],
    ['fc00::1/64', true],
    ['fe80::1/64', true],
    ['2001:db8::1/64', false],
  ])('of %j returns %j', (network, expected) => {
    expect(isPrivateAddress(network)).toBe(expected);
  });
});
