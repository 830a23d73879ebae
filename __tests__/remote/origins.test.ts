import { generateKeyPairSync } from 'node:crypto';
import type { LookupAddress, LookupAllOptions, LookupOneOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { BadOptionError, BadUrlError, xsendfile } from '../../lib/index.js';
import { createLookup, parseNetworks } from '../../lib/remote/addresses.js';
import { type RemoteRootOptions, remoteRoot } from '../../lib/remote/index.js';
import { Option } from '../../lib/shared/option-reader.js';
import { startStore } from './raw-store.js';
import { startSite } from './site.js';

const ORIGIN = 'https://bucket.s3.example';
const SECRET = '5ecret5ignature';

/** URLs that must not be requested, and what the error says. */
const BAD_URLS: readonly (readonly [unknown, RegExp])[] = [
  ['', /absolute URL/],
  ['/bucket/a', /absolute URL/],
  ['//bucket.s3.example/a', /absolute URL/],
  [undefined, /string or a URL/],
  [null, /string or a URL/],
  [{ href: `${ORIGIN}/a` }, /string or a URL/],
  ['file:///etc/passwd', /https: or http:/],
  ['ftp://bucket.s3.example/a', /https: or http:/],
  ['javascript:alert(1)', /https: or http:/],
  ['data:text/plain,a', /https: or http:/],
  ['http://bucket.s3.example/a', /one of the origins/],
  ['https://s3.example/a', /one of the origins/],
  ['https://bucket.s3.example.evil.example/a', /one of the origins/],
  ['https://evil.example/bucket.s3.example/a', /one of the origins/],
  ['https://bucket.s3.example./a', /one of the origins/],
  ['https://bucket.s3.example:8443/a', /one of the origins/],
  ['https://bucket.s3.example:443/a', /canonical/],
  ['https://bucket.s3.example:0443/a', /canonical/],
  ['https://bucket.s3.example:/a', /canonical/],
  ['HTTPS://bucket.s3.example/a', /canonical/],
  ['https://BUCKET.s3.example/a', /canonical/],
  ['https://bucket%2es3.example/a', /canonical/],
  ['https:bucket.s3.example/a', /canonical/],
  ['https:/bucket.s3.example/a', /canonical/],
  ['https:\\\\bucket.s3.example\\a', /canonical/],
  ['https://bucket.s3.example\\@evil.example/a', /canonical/],
  ['https://evil.example\\@bucket.s3.example/a', /canonical/],
  ['https://bucket.s3.example', /canonical/],
  ['https://bucket.s3.example?a', /canonical/],
  ['https://bucket.s3.example/a/../b', /canonical/],
  ['https://bucket.s3.example/./a', /canonical/],
  ['https://bucket.s3.example/%2e%2e/a', /canonical/],
  ['https://bucket.s3.example/a b', /canonical/],
  ['https://bucket.s3.example/ü', /canonical/],
  [' https://bucket.s3.example/a', /canonical/],
  ['https://bucket.s3.example/a\r\nX: y', /canonical/],
  ['https://bucket.s3.example/a\n', /canonical/],
  ['https://bucket.s3.example/a\t', /canonical/],
  ['https://bucket.s3.example/a\0', /canonical/],
  ['https://user@bucket.s3.example/a', /user name/],
  ['https://user:password@bucket.s3.example/a', /user name/],
  ['https://:password@bucket.s3.example/a', /user name/],
  ['https://bucket.s3.example@evil.example/a', /user name/],
  ['https://bucket.s3.example:443@evil.example/a', /user name/],
  ['https://bucket.s3.example/a#b', /fragment/],
  ['https://bucket.s3.example/a#', /fragment/],
  ['http://127.0.0.1/a', /one of the origins/],
  ['http://2130706433/a', /canonical/],
  ['http://0x7f000001/a', /canonical/],
  ['http://0177.0.0.1/a', /canonical/],
  ['http://127.1/a', /canonical/],
  ['http://0/a', /canonical/],
  ['http://[::1]/a', /one of the origins/],
  ['http://[::ffff:127.0.0.1]/a', /canonical/],
  ['http://[::ffff:7f00:1]/a', /one of the origins/],
  ['http://[0:0:0:0:0:0:0:1]/a', /canonical/],
  ['http://[fe80::1%25eth0]/a', /absolute URL/],
  ['http://169.254.169.254/latest/meta-data/', /one of the origins/],
  ['http://localhost/a', /one of the origins/],
  [new URL('https://user@bucket.s3.example/a'), /user name/],
  [new URL('https://evil.example/a'), /one of the origins/],
  [new URL('file:///etc/passwd'), /https: or http:/],
];

describe('the URL of an object', () => {
  it.each(BAD_URLS)('%j is refused before anything is written', async (url, message) => {
    const lookup = jest.fn();
    const object = { url: url as string, name: 'a' };
    const { check, errors, outcomes } = await startSite({ origins: [ORIGIN], lookup }, object);
    await check({ target: '/' }, { status: 500, body: '' });
    expect(errors).toEqual([expect.any(BadUrlError)]);
    expect(errors).toMatchObject([
      {
        name: 'BadUrlError',
        code: 'ERR_XSENDFILE_BAD_URL',
        message: expect.stringMatching(message),
      },
    ]);
    expect(outcomes).toEqual([]);
    expect(lookup).not.toHaveBeenCalled();
  });

  it.each([
    `https://evil.example/a?X-Amz-Signature=${SECRET}`,
    `https://bucket.s3.example/a b?X-Amz-Signature=${SECRET}`,
    `https://user:${SECRET}@bucket.s3.example/a`,
    `${SECRET}`,
  ])('%j is not shown with its secrets', async (url) => {
    const { request, errors } = await startSite({ origins: [ORIGIN] }, { url, name: 'a' });
    await request({ target: '/' });
    expect(String(errors[0])).not.toContain(SECRET);
  });

  it.each([
    ['name', { name: '' }],
    ['size', { size: -1 }],
    ['mtime', { mtime: 'today' }],
    ['etag', { etag: '' }],
    ['type', { type: 1 }],
    ['"bucket"', { bucket: 'b' }],
  ])('a wrong %s next to it is refused', async (name, properties) => {
    const object = { url: `${ORIGIN}/a`, name: 'a', ...properties } as never;
    const { request, errors } = await startSite({ origins: [ORIGIN] }, object);
    await request({ target: '/' });
    expect(errors).toEqual([expect.any(BadOptionError)]);
    expect(String(errors[0])).toContain(name);
  });
});

const [PEM = ''] = rootCertificates;
const KEY = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

describe('remoteRoot(options)', () => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /options must be an object/],
    [{}, /origins must be a list/],
    [{ origins: [] }, /origins must be a list/],
    [{ origins: ORIGIN }, /origins must be a list/],
    [{ origins: ['bucket.s3.example'] }, /must be 'https:\/\/host'/],
    [{ origins: ['file:///srv'] }, /must be 'https:\/\/host'/],
    [{ origins: ['https://u:p@bucket.s3.example'] }, /must be 'https:\/\/host'/],
    [{ origins: [`${ORIGIN}/`] }, /Use 'https:\/\/bucket\.s3\.example'/],
    [{ origins: [`${ORIGIN}/path`] }, /Use 'https:\/\/bucket\.s3\.example'/],
    [{ origins: [`${ORIGIN}?a`] }, /Use 'https:\/\/bucket\.s3\.example'/],
    [{ origins: ['https://Bucket.s3.example:443'] }, /Use 'https:\/\/bucket\.s3\.example'/],
    [{ origins: ['https://bucket.s3.example.'] }, /Use 'https:\/\/bucket\.s3\.example'/],
    [{ origins: ['http://0x7f.1'] }, /Use 'http:\/\/127\.0\.0\.1'/],
    [{ origins: ['https://bücket.example'] }, /Use 'https:\/\/xn--bcket-kva\.example'/],
    [{ origins: [ORIGIN], addresses: '10.0.0.0/8' }, /addresses must be a list of networks/],
    [{ origins: [ORIGIN], addresses: ['10.0.0.0/33'] }, /addresses must be a list of networks/],
    [{ origins: [ORIGIN], addresses: ['010.0.0.0/8'] }, /addresses must be a list of networks/],
    [{ origins: [ORIGIN], connections: 0 }, /connections must be a whole number/],
    [{ origins: [ORIGIN], timeout: 0 }, /timeout must be a number of seconds/],
    [{ origins: [ORIGIN], locate: 'a' }, /locate must be a function/],
    [{ origins: [ORIGIN], lookup: true }, /lookup must be a function/],
    [{ origins: [ORIGIN], Timeout: 1 }, /Did you mean "timeout"/],
    ...[5, null, true, '', {}, [], [5], [[PEM]], [undefined], '/etc/ssl/ca.pem', () => PEM].map(
      (ca) => [{ origins: [ORIGIN], ca }, /ca must be certificates in PEM/] as const,
    ),
    ...[PEM.slice(0, -40), PEM.replace('MII', 'xxx'), [PEM, ''], Buffer.from('DER'), KEY].map(
      (ca) => [{ origins: [ORIGIN], ca }, /ca must be certificates in PEM/] as const,
    ),
  ];

  it.each(bad)('throws for %j', (options, message) => {
    expect(() => remoteRoot(options as RemoteRootOptions)).toThrow(BadOptionError);
    expect(() => remoteRoot(options as RemoteRootOptions)).toThrow(message);
  });

  it.each([
    ['a string', PEM],
    ['a Buffer', Buffer.from(PEM)],
    ['a Uint8Array', new Uint8Array(Buffer.from(PEM))],
    ['a list', [PEM, Buffer.from(PEM)]],
    [
      'a bundle with comments',
      rootCertificates.map((each, index) => `# ${index}\n${each}`).join('\n'),
    ],
  ])('takes certificates as %s', (_title, ca) => {
    expect(() => remoteRoot({ origins: [ORIGIN], ca: ca as string })).not.toThrow();
  });

  it('does not show a misplaced key', () => {
    expect(() => remoteRoot({ origins: [ORIGIN], ca: KEY })).toThrow(
      /got a string of \d+ characters/,
    );
  });

  it('takes addresses and URLs as origins', () => {
    const origins = ['http://127.0.0.1:9000', 'http://[::1]:9000', new URL('https://b.example')];
    expect(remoteRoot({ origins }).origins).toEqual([
      'http://127.0.0.1:9000',
      'http://[::1]:9000',
      'https://b.example',
    ]);
  });
});

describe('xsendfile(remote, options)', () => {
  it.each([
    ['within', () => ''],
    ['dotfiles', 'allow'],
    ['symlinks', 'deny'],
    ['contentEncoding', false],
    ['precompressed', ['br']],
    ['cache', false],
    ['path', () => 'a'],
    ['collapseSlashes', true],
    ['fallthrough', true],
    ['etag', () => 'a'],
  ])('throws for %s', (name, value) => {
    const remote = remoteRoot({ origins: [ORIGIN] });
    const options = { [name]: value } as object;
    expect(() => xsendfile(remote, options)).toThrow(BadOptionError);
    expect(() => xsendfile(remote, options)).toThrow(name);
  });
});

/** What names may resolve to, but a store must not have. */
const ADDRESSES: readonly string[] = [
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '198.18.0.1',
  '168.63.129.16',
  '192.0.2.1',
  '224.0.0.1',
  '255.255.255.255',
  '240.0.0.1',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::127.0.0.1',
  '::7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b::127.0.0.1',
  '64:ff9b:1::8.8.8.8',
  '64:ff9b::a01:203',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::a83f:8110',
  '64:ff9b::c0a8:1',
  '64:ff9b::0:0',
  '64:ff9b::6440:1',
  '64:ff9b::1:808:808',
  '64:ff9b:1::808:808',
  '2002:7f00:1::',
  '2001::1',
  '2001:2::1',
  '2001:20::1',
  '3fff::1',
  'fe80::1',
  'fe80::1%lo',
  'fec0::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  'not an address',
];

describe('the address of a store', () => {
  /** A resolver with one answer, as `dns.lookup()` gives it. */
  const resolverOf =
    (...found: LookupAddress[]) =>
    (
      _name: string,
      _options: LookupAllOptions | LookupOneOptions,
      callback: (error: Error | null, addresses: LookupAddress[]) => void,
    ) =>
      callback(null, found);

  it.each(ADDRESSES)('must not be %s', async (address) => {
    const lookup = resolverOf({ address, family: address.includes(':') ? 6 : 4 }) as never;
    const { check, errors } = await startSite(
      { origins: ['http://store.example'], lookup },
      { url: 'http://store.example/a', name: 'a' },
    );
    await check({ target: '/' }, { status: 502 });
    expect(errors).toMatchObject([
      { code: 'ERR_XSENDFILE_REMOTE_ADDRESS', message: 'Bad Gateway' },
    ]);
  });

  it.each<[address: string, addresses: string[]]>([
    ['8.8.8.8', []],
    ['2a00::1', []],
    ['64:ff9b::808:808', []],
    ['64:ff9b::8.8.8.8', []],
    ['64:ff9b::a01:203', ['10.0.0.0/8']],
    ['64:ff9b::a01:203', ['64:ff9b::/96']],
  ])('may be %s with the option addresses: %j', (address, addresses) => {
    const callback = jest.fn();
    const found = { address, family: isIP(address) };
    const lookup = createLookup(
      parseNetworks(addresses, new Option('remoteRoot', 'addresses')),
      resolverOf(found) as LookupFunction,
    );
    lookup('store.example', { all: true }, callback);
    expect(callback.mock.calls).toEqual([[null, [found]]]);
  });

  it('may be private if the option addresses has its network', async () => {
    const { port } = await startStore((_req, res) => void res.end('abc'));
    const origin = `http://store.example:${port}`;
    const lookup = resolverOf(
      { address: '169.254.169.254', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ) as never;
    const object = { url: `${origin}/a`, name: 'a' };
    const permitted = await startSite(
      { origins: [origin], lookup, addresses: ['127.0.0.0/8'] },
      object,
    );
    await permitted.check({ target: '/' }, { status: 200, body: 'abc' });
    const other = await startSite({ origins: [origin], lookup, addresses: ['10.0.0.0/8'] }, object);
    await other.check({ target: '/' }, { status: 502 });
  });

  it('may be loopback for localhost', async () => {
    const { port, requests } = await startStore((_req, res) => void res.end('abc'));
    const origin = `http://localhost:${port}`;
    const { check } = await startSite({ origins: [origin] }, { url: `${origin}/a`, name: 'a' });
    await check({ target: '/' }, { status: 200, body: 'abc' });
    expect(requests[0]?.headers.host).toBe(`localhost:${port}`);
  });

  it('must be known', async () => {
    const lookup = ((_name: string, _options: object, callback: (error: Error) => void) =>
      callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }))) as never;
    const { check, errors } = await startSite(
      { origins: ['http://store.example'], lookup },
      { url: 'http://store.example/a', name: 'a' },
    );
    await check({ target: '/' }, { status: 502 });
    expect(errors).toMatchObject([
      { code: 'ERR_XSENDFILE_REMOTE_UNREACHABLE', errno: 'ENOTFOUND' },
    ]);
  });

  type Answer = (error: unknown, found?: unknown) => void;
  it.each<[string, (answer: Answer) => unknown]>([
    ['answers with nothing', (answer) => setImmediate(answer, null)],
    ['answers with null', (answer) => setImmediate(answer, null, [null])],
    ['throws', () => JSON.parse('')],
    ['rejects', () => Promise.reject(undefined)],
  ])('must be known by an own resolver: one that %s ends no process', async (_what, resolve) => {
    const lookup = ((_name: string, _options: object, answer: Answer) => resolve(answer)) as never;
    // The second request waits for the connection of the first.
    const { request } = await startSite(
      { origins: ['http://store.example'], lookup, connections: 1, timeout: 5 },
      { url: 'http://store.example/a', name: 'a' },
    );
    const responses = await Promise.all([request({ target: '/' }), request({ target: '/' })]);
    expect(responses.map(({ status }) => status)).toEqual([502, 502]);
  });
});
