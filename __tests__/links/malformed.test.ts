import { createUrlSigner, type TokenOptions } from '../../lib/index.js';

/** What is no link of a scheme at all, and what is one with another signature. */

const SECRET = '0123456789abcdef0123456789abcdef';
const NOW = 1_274_186_658_000;
const TIME = '4bf28ba2';

function verdict(options: TokenOptions, link: string, clientAddress?: string): string {
  const result = createUrlSigner(SECRET, { now: () => NOW, ...options }).verify(link, {
    clientAddress,
  });
  return result.ok ? 'ok' : result.error.code.replace('ERR_XSENDFILE_TOKEN_', '').toLowerCase();
}

const MD5 = '0'.repeat(32);
const of = (length: number): string => 'A'.repeat(length);

describe.each<[TokenOptions, mac: string, (mac: string, time: string) => string]>([
  [{ scheme: 'hmac' }, of(43), (mac, time) => `${mac}.${time}`],
  [{ scheme: 'hmac', algorithm: 'sha512' }, of(86), (mac, time) => `${mac}.${time}`],
  [{ scheme: 'wsgi-xsendfile' }, MD5, (mac, time) => `${mac}-${time}`],
  [{ scheme: 'mod-auth-token' }, MD5, (mac, time) => `${mac}/${time}`],
  [{ scheme: 'secdownload', algorithm: 'md5' }, MD5, (mac, time) => `${mac}/${time}`],
  [{ scheme: 'secdownload', algorithm: 'hmac-sha1' }, of(27), (mac, time) => `${mac}/${time}`],
  [{ scheme: 'secdownload' }, of(43), (mac, time) => `${mac}/${time}`],
])('with %j', (options, mac, token) => {
  const of = (...parts: [mac: string, time: string]) => verdict(options, `/${token(...parts)}/a`);

  it('a token with another signature is forged', () => {
    expect(of(mac, TIME)).toBe('forged');
  });

  it('a token with other characters around its signature or time is malformed', () => {
    expect(of(`~${mac}`, TIME)).toBe('malformed');
    expect(of(`${mac}~`, TIME)).toBe('malformed');
    expect(of(mac, `${TIME}0`)).toBe('malformed');
    expect(of(mac, `0${TIME}`)).toBe('malformed');
    expect(of(mac, TIME.slice(1))).toBe('malformed');
    expect(of(mac, `${TIME.slice(1)}g`)).toBe('malformed');
    expect(of('', TIME)).toBe('malformed');
    expect(of(mac, '')).toBe('malformed');
  });

  it('a token without a path, and a path without a token, are malformed', () => {
    expect(verdict(options, `/${token(mac, TIME)}`)).toBe('malformed');
    for (const link of ['/a', '/a/b', '/a/b/c']) expect(verdict(options, link)).toBe('malformed');
  });
});

it.each([
  ['a signature of another length', { scheme: 'hmac' }, of(42), '.'],
  ['a signature of another length', { scheme: 'mod-auth-token' }, `${MD5}0`, '/'],
  ['a signature of another length', { scheme: 'secdownload', algorithm: 'md5' }, `0${MD5}`, '/'],
  ['a longer signature', { scheme: 'secdownload', algorithm: 'hmac-sha1' }, of(28), '/'],
  ['a longer signature', { scheme: 'secdownload' }, of(44), '/'],
] as const)('%s is malformed with %j', (_title, options, mac, separator) => {
  expect(verdict(options, `/${mac}${separator}${TIME}/a`)).toBe('malformed');
});

describe("with scheme 'secure-link'", () => {
  const mac = of(22);
  it.each([
    [`md5=${mac}&expires=9999999999`, 'forged'],
    [`md5=${mac}A&expires=9999999999`, 'malformed'],
    [`md5=${mac}~&expires=9999999999`, 'malformed'],
    [`md5=~${mac}&expires=9999999999`, 'malformed'],
    [`md5=${mac.slice(1)}&expires=9999999999`, 'malformed'],
    [`md5=${mac}&expires=99999999999`, 'malformed'],
    [`md5=${mac}&expires=x9999999999`, 'malformed'],
    [`md5=${mac}&expires=9x`, 'malformed'],
    [`md5=${mac}&expires=`, 'malformed'],
    [`md5=${mac}`, 'malformed'],
    ['expires=9999999999', 'malformed'],
    [`md5=&expires=9999999999`, 'malformed'],
    [`md5=${mac.slice(1)}%41&expires=9999999999`, 'forged'],
    [`md5=${mac.slice(1)}%4&expires=9999999999`, 'malformed'],
    ['', 'malformed'],
  ])('the query %s is %s', (query, expected) => {
    expect(verdict({ scheme: 'secure-link' }, `/a?${query}`)).toBe(expected);
  });

  it('a link is malformed without a query', () => {
    expect(verdict({ scheme: 'secure-link' }, '/a')).toBe('malformed');
  });
});

describe('claims in a token', () => {
  const withClaims = (claims: string): string => {
    const text = Buffer.from(claims).toString('base64url');
    return verdict({}, `/${of(43)}.${TIME}.${text}/a/b`);
  };
  const longest = 'f='.padEnd(768, 'x');

  it.each([
    'd=a',
    'd=i',
    'd=a&f=Q3%20report.pdf&i=42',
    'n=4bf28ba2',
    'n=00000000',
    'p=0',
    'p=1',
    'r=192.0.2.0%2F24',
    's=1',
    'u=1',
    'u=1000000',
    longest,
  ])('%s can be signed', (claims) => {
    expect(withClaims(claims)).toBe('forged');
  });

  it.each([
    'd',
    'd=',
    'd=x',
    'd=attachment',
    'x=1',
    'f',
    'i=%',
    'i=a/b',
    'i=a b',
    'i=1&i=1',
    'f=x&d=a',
    'd=a&',
    'n=zz',
    'n=1',
    'n=4BF28BA2',
    'p=-1',
    'p=1.5',
    'p=01',
    'p=NaN',
    'p=2',
    'r=192.0.2.1',
    'r=x',
    's=0',
    's=-1',
    's=1.5',
    's=NaN',
    's=Infinity',
    'u=0',
    'u=-1',
    'u=1.5',
    'u=NaN',
    'u=1000001',
    `${longest}x`,
  ])('%s is malformed', (claims) => {
    expect(withClaims(claims)).toBe('malformed');
  });

  it.each(['ZA=', 'ZA==', 'ZD1h.', 'ZD1', 'ZD1i'.repeat(2)])(
    '%s is malformed base64url',
    (text) => {
      expect(verdict({}, `/${of(43)}.${TIME}.${text}/a`)).toBe('malformed');
    },
  );
});

describe('a link bound to an address', () => {
  const options: TokenOptions = { scheme: 'mod-auth-token', limitByIp: true };
  it.each([
    [undefined, 'address'],
    ['', 'address'],
    ['localhost', 'address'],
    ['192.0.2.1', 'ok'],
    ['::ffff:192.0.2.1', 'ok'],
    ['192.0.2.2', 'forged'],
  ])('used from %j is %s', (clientAddress, expected) => {
    const signer = createUrlSigner(SECRET, { now: () => NOW, ...options });
    const link = signer.sign('a', { ip: '192.0.2.1' });
    expect(verdict(options, link, clientAddress)).toBe(expected);
  });
});

describe('a message that continues a signed one', () => {
  /** What MD5 appends to a message of 41 bytes: with it, the digest of a longer message can be computed. */
  const PADDING = `%80${'%00'.repeat(14)}%48%01${'%00'.repeat(6)}`;

  it.each(['../x', 'x', '..%2fx'])('is refused although its digest is right, with %s', (end) => {
    // Whatever the digest is, it matches.
    const options: TokenOptions = { scheme: 'wsgi-xsendfile', algorithm: () => MD5 };
    const link = (path: string): string => `/${MD5}-${TIME}/${path}`;
    expect(verdict(options, link('a'))).toBe('ok');
    expect(verdict(options, link(`a${TIME}${PADDING}/${end}`))).not.toBe('ok');
    // Any part of that is enough.
    expect(verdict(options, link(`a${TIME}%00/${end}`))).not.toBe('ok');
    expect(verdict(options, link(`a${TIME}%80/${end}`))).not.toBe('ok');
  });
});

it.each<TokenOptions>([
  { scheme: 'hmac' },
  { scheme: 'wsgi-xsendfile' },
  { scheme: 'mod-auth-token' },
  { scheme: 'secdownload' },
])('a line break in a token is malformed with %j', (options) => {
  const link = createUrlSigner(SECRET, { now: () => NOW, ...options }).sign('a');
  expect(verdict(options, link)).toBe('ok');
  const separator = link.lastIndexOf('/');
  for (const character of ['%0a', '%0d', '%e2%80%a8', '%d9%a1', '\n', '+', '%20']) {
    const other = `${link.slice(0, separator)}${character}${link.slice(separator)}`;
    expect(verdict(options, other)).toBe('malformed');
  }
});
