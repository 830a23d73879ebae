import { createUrlSigner, type TokenOptions } from '../../lib/index.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const signer = (options: object) => createUrlSigner(SECRET, options as TokenOptions);

describe('createUrlSigner(secret, options) rejects', () => {
  it.each<[object, string]>([
    [{ limitByIp: 'yes' }, 'limitByIp must be true or false'],
    [{ purpose: 7 }, 'purpose must be a string'],
    [{ now: 7 }, 'now must be a function that returns milliseconds'],
    [{ scheme: 'secure-link', queryArguments: null }, 'queryArguments must be { mac, expires }'],
    [
      { scheme: 'secure-link', queryArguments: { mac: 'a', expires: 'a' } },
      'queryArguments must be { mac, expires }',
    ],
    [
      { scheme: 'secure-link', queryArguments: { mac: 'a b', expires: 'c' } },
      'queryArguments must be { mac, expires }',
    ],
  ])('%j', (options, message) => {
    expect(() => signer(options)).toThrow(message);
  });
});

describe('signer.sign(path, claims) rejects', () => {
  it.each<[object, object, string]>([
    [{}, { ip: 7 }, "ip must be an address, or a network such as '192.0.2.0/24', got 7"],
    [
      { scheme: 'mod-auth-token', limitByIp: true },
      { ip: '192.0.2.0/24' },
      'ip must be an address, got',
    ],
    [{}, { expiresIn: 1e12 }, 'expiry must be before 2106, got 1000000000000.'],
    [
      { maxLifetime: 60 },
      { expiresIn: 61 },
      'expiry must be within maxLifetime, 60 seconds, got 61.',
    ],
    [{ now: () => 4_294_967_290_000 }, {}, '120 seconds from now, the default'],
    [{ now: () => 8.64e18 }, {}, 'an invalid date'],
  ])('%p, %j', (options, claims, message) => {
    expect(() => signer(options).sign('a.txt', claims)).toThrow(message);
  });
});

it('an algorithm of the application must return a string', () => {
  const { sign } = signer({ scheme: 'wsgi-xsendfile', algorithm: () => 7 });
  expect(() => sign('a.txt')).toThrow(
    new TypeError('xsendfile: options.algorithm returned 7, not a string.'),
  );
});
