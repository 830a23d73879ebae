import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  BadOptionError,
  createUrlSigner,
  type LinkClaims,
  type TokenOptions,
} from '../../lib/index.js';
import { createLinkSigner, queryOf } from '../../lib/links/signer.js';

/** What handlers need of a signer, and messages as a whole. */

const SECRET = '0123456789abcdef0123456789abcdef';
const OTHER = 'fedcba9876543210fedcba9876543210';
const NOW = 1_274_186_658_000;

const signerOf = (options: TokenOptions = {}, secret: string | string[] = SECRET) =>
  createLinkSigner(secret, { now: () => NOW, ...options }, 'the test');

describe('verifyCookies(header, link)', () => {
  const files = { cookie: 'files' };
  const link = { segments: ['dir', 'a'], query: '', clientAddress: undefined };
  const cookieOf = (path: string, options: TokenOptions = {}, secret = SECRET): string =>
    signerOf(options, secret)
      .cookie(path, { name: 'files', mountPath: '/', expiresIn: 60 })
      .split(';')[0] ?? '';
  const verify = (header: string, options: TokenOptions = files) => {
    const result = signerOf(options).verifyCookies(header, link);
    if (result === undefined) return undefined;
    return result.ok ? result.claims.path : result.error.code;
  };
  const COOKIES = {
    good: () => cookieOf('dir'),
    elsewhere: () => cookieOf('elsewhere'),
    forged: () => cookieOf('dir', {}, OTHER),
    expired: () => cookieOf('dir', { now: () => NOW - 3_600_000 }),
    malformed: () => 'files=x',
    other: () => 'other=1',
  };

  it.each<[names: readonly (keyof typeof COOKIES)[], expected: string | undefined]>([
    [[], undefined],
    [['other'], undefined],
    [['good'], 'dir/a'],
    [['elsewhere'], 'ERR_XSENDFILE_TOKEN_FORGED'],
    [['forged'], 'ERR_XSENDFILE_TOKEN_FORGED'],
    [['malformed'], 'ERR_XSENDFILE_TOKEN_MALFORMED'],
    [['malformed', 'forged', 'good'], 'dir/a'],
    [['expired', 'good'], 'dir/a'],
    // The best reason: a genuine cookie whose time is over.
    [['malformed', 'expired'], 'ERR_XSENDFILE_TOKEN_EXPIRED'],
    [['malformed', 'forged'], 'ERR_XSENDFILE_TOKEN_MALFORMED'],
  ])('of %j is %j', (names, expected) => {
    expect(verify(names.map((name) => COOKIES[name]()).join('; '))).toBe(expected);
  });

  it('finds none without the option cookie, and with another scheme', () => {
    expect(verify(COOKIES.good(), {})).toBeUndefined();
    expect(verify(COOKIES.good(), { scheme: 'secdownload' })).toBeUndefined();
  });
});

describe('fingerprints', () => {
  it('depend on everything that is signed', () => {
    const signers = [
      signerOf(),
      signerOf({}, OTHER),
      signerOf({ purpose: 'x' }),
      signerOf({ algorithm: 'sha512' }),
      signerOf({ scheme: 'secdownload' }),
      signerOf({ scheme: 'secdownload', algorithm: 'md5' }),
      signerOf({ scheme: 'wsgi-xsendfile' }),
      signerOf({ scheme: 'mod-auth-token' }),
      signerOf({ scheme: 'mod-auth-token', limitByIp: true }),
      signerOf({ scheme: 'secure-link' }),
      signerOf({ scheme: 'secure-link', mountPath: '/a' }),
      signerOf({ scheme: 'secure-link', limitByIp: true }),
    ];
    const fingerprints = signers.flatMap((signer) => signer.fingerprints);
    expect(fingerprints).toHaveLength(signers.length);
    expect(new Set(fingerprints).size).toBe(signers.length);
    for (const fingerprint of fingerprints) expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('are one for each key, and the same for the same options', () => {
    expect(signerOf({}, [OTHER, SECRET]).fingerprints).toEqual([
      ...signerOf({}, OTHER).fingerprints,
      ...signerOf({ timeout: 7 }).fingerprints,
    ]);
  });

  it('are none for a scheme of the application that cannot sign the sample', () => {
    const format = (): string => {
      throw new Error('no such file');
    };
    const scheme = { name: 'own', carries: [], format, parse: () => undefined };
    expect(signerOf({ scheme }).fingerprints).toEqual([]);
  });
});

it.each([
  ['/a', ''],
  ['/a?', ''],
  ['?', ''],
  ['/a?b=c?d', 'b=c?d'],
])('queryOf(%j) is %j', (target, expected) => {
  expect(queryOf(target)).toBe(expected);
});

describe('verified claims', () => {
  it('include when a link was made, if it says so', () => {
    const signer = signerOf({ scheme: 'secdownload' });
    const link = signer.sign('dir/a');
    expect(signer.verify(link)).toEqual({
      ok: true,
      claims: {
        path: 'dir/a',
        segments: ['dir', 'a'],
        made: new Date(NOW),
        expires: new Date(NOW + 120_000),
        keyIndex: 0,
      },
    });
  });

  it('include nothing that the link does not say', () => {
    const { sign, verify } = signerOf();
    const result = verify(sign('a'));
    expect(result.ok && Object.keys(result.claims).sort()).toEqual([
      ...['expires', 'keyIndex', 'path', 'segments'],
    ]);
    const whole = verify(`${sign('dir', { prefix: true, notBefore: new Date(NOW) })}a`);
    expect(whole).toMatchObject({ ok: true, claims: { prefix: true, notBefore: new Date(NOW) } });
  });
});

describe('signer.sign(path, claims)', () => {
  it('makes the same link for ever, because links are kept', () => {
    expect(signerOf().sign('dir/a.txt', { expiresIn: 60, id: '42' })).toBe(
      '/iRYkcjLH7nDzLpO4n7_4FK_V4MLrraheecy3NWGDnG0.4bf28bde.aT00Mg/dir/a.txt',
    );
  });

  it('carries either disposition', () => {
    const { sign, verify } = signerOf();
    for (const disposition of ['inline', 'attachment'] as const) {
      expect(verify(sign('a', { disposition }))).toMatchObject({ claims: { disposition } });
    }
  });

  it.each([false, true])('carries the expiry with secure-link, with limitByIp: %s', (limitByIp) => {
    const { sign, verify } = signerOf({ scheme: 'secure-link', limitByIp });
    const expires = new Date(NOW + 7000);
    const ip = limitByIp ? '192.0.2.1' : undefined;
    const bound = ip === undefined ? {} : { ip };
    for (const claims of [{ expires }, { expiresIn: 7 }]) {
      const link = sign('a', { ...claims, ...bound });
      expect(verify(link, { clientAddress: ip })).toMatchObject({ ok: true, claims: { expires } });
    }
  });
});

describe('messages', () => {
  const PATH = 'sign: path must name a file below the root, decoded and without control characters';
  it.each<[unknown, string]>([
    ['../a', '"../a"'],
    [['a', '..'], '["a",".."]'],
    [['a', 'b\n'], '["a","b\\n"]'],
    ['', '""'],
    [7, 'a number'],
    [null, 'null'],
    [{ path: 'a' }, 'an object'],
  ])('name the path %j', (path, shown) => {
    expect(() => signerOf().sign(path as string)).toThrow(new TypeError(`${PATH}, got ${shown}.`));
  });

  const options: readonly (readonly [object, string])[] = [
    [
      { scheme: 'jwt' },
      "scheme must be one of 'hmac', 'wsgi-xsendfile', 'mod-auth-token', 'secure-link', 'secdownload', or a TokenScheme, got \"jwt\".",
    ],
    [{ scheme: 7 }, 'or a TokenScheme, got a number.'],
    [{ scheme: null }, 'or a TokenScheme, got null.'],
    [{ scheme: () => {} }, 'or a TokenScheme, got function'],
    [
      { timeout: 4_294_967_296 },
      'timeout must be a whole number of seconds, 1 or more, got 4294967296.',
    ],
    [{ timeout: Number.POSITIVE_INFINITY }, 'timeout must be a whole number of seconds, 1 or more'],
    [{ clockTolerance: '1' }, 'clockTolerance must be a number of seconds, got "1".'],
    [{ algorithm: 7 }, "algorithm of scheme 'hmac' must be 'sha256', 'sha384' or 'sha512', got 7."],
    [
      { algorithm: ['sha256'] },
      "algorithm of scheme 'hmac' must be 'sha256', 'sha384' or 'sha512', got",
    ],
    [
      { scheme: 'secdownload', algorithm: 7 },
      "algorithm of scheme 'secdownload' must be 'md5', 'hmac-sha1' or 'hmac-sha256', got 7.",
    ],
    [
      { scheme: 'secdownload', algorithm: ['md5'] },
      "algorithm of scheme 'secdownload' must be 'md5', 'hmac-sha1' or 'hmac-sha256', got",
    ],
    [
      { scheme: 'secdownload', algorithm: 'toString' },
      "algorithm of scheme 'secdownload' must be 'md5', 'hmac-sha1' or 'hmac-sha256', got",
    ],
    [
      { scheme: 'secure-link', algorithm: 'md5' },
      "scheme 'secure-link' has no algorithm; it is for hmac, wsgi-xsendfile, secdownload.",
    ],
    [
      { scheme: 'secure-link', queryArguments: { mac: ['a'], expires: 'b' } },
      'queryArguments must',
    ],
    [{ scheme: 'secure-link', queryArguments: { mac: 'a' } }, 'queryArguments must be'],
  ];
  it.each(options)('name the option: %j', (given, message) => {
    const refuse = () => createUrlSigner(SECRET, given as TokenOptions);
    expect(refuse).toThrow(BadOptionError);
    expect(refuse).toThrow(message);
    expect(refuse).toThrow(/^createUrlSigner: /);
  });

  const own = { name: 'own', carries: [], format: () => '/x', parse: () => undefined };
  it.each(Object.keys(own))('say that a scheme of the application needs %s', (property) => {
    expect(() => signerOf({ scheme: { ...own, [property]: 7 } as never })).toThrow(
      'or a TokenScheme, got an object.',
    );
    expect(() => signerOf({ scheme: { ...own, [property]: undefined } as never })).toThrow(
      'or a TokenScheme, got an object.',
    );
  });

  it.each([['a public key'], ['an object with a type'], ['a list with nothing']])(
    'say that %s is no secret',
    (title) => {
      const { publicKey } = generateKeyPairSync('ed25519');
      const secrets: Record<string, unknown> = {
        'a public key': createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
        'an object with a type': { type: 'secret' },
        'a list with nothing': [SECRET, undefined],
      };
      expect(() => createUrlSigner(secrets[title] as string)).toThrow(
        /^createUrlSigner: secret must be a string, a Uint8Array or a secret KeyObject/,
      );
    },
  );

  it('separate what they list', () => {
    expect(() => createUrlSigner([7, null] as never)).toThrow('got a number, null.');
    expect(() => signerOf().sign('a', { ttl: 7 } as never)).toThrow(
      'unknown claim "ttl". Known claims: expiresIn, expires, align, notBefore, ip, filename, disposition, prefix, id, uses, rate.',
    );
  });
});

describe('a scheme of the application', () => {
  const schemeOf = (carries: readonly string[]) => ({
    name: 'own',
    carries: carries as ['id'],
    format: jest.fn(() => '/x'),
    parse: () => undefined,
  });

  it.each(['expires', 'expiresIn'] as const)('has aligned ends if it carries %s', (name) => {
    const scheme = schemeOf([name]);
    const claims = { expires: { expires: new Date(NOW) }, expiresIn: { expiresIn: 1 } }[name];
    signerOf({ scheme }).sign('a', { ...claims, align: 1000 });
    expect(scheme.format).toHaveBeenCalledWith(
      expect.objectContaining({ expires: Math.ceil(NOW / 1_000_000) * 1000 }),
      expect.anything(),
    );
    expect(() => signerOf({ scheme: schemeOf(['id']) }).sign('a', { align: 1000 })).toThrow(
      "links of scheme 'own' do not carry when they expire",
    );
  });

  it('signs no claims but those that were given', () => {
    const scheme = schemeOf(['id', 'filename']);
    signerOf({ scheme }).sign('a', { id: 'x' });
    const [link] = scheme.format.mock.lastCall as unknown as [{ claims: object }];
    expect(Object.keys(link.claims)).toEqual(['id']);
  });
});

it.each<[string, () => unknown]>([
  ['claims', () => signerOf().sign('a', 7 as never)],
  ['filename', () => signerOf().sign('a', { filename: 'x'.repeat(767) })],
  ['partitioned', () => signerOf().cookie('a', { name: 'x', mountPath: '/', partitioned: true })],
  ['scheme', () => signerOf({ scheme: 'secure-link' }).cookie('a', { name: 'x', mountPath: '/' })],
  ['secret', () => signerOf({}, ['']).scheme],
  ['secret', () => signerOf({}, []).scheme],
  ['algorithm', () => signerOf({ algorithm: 'md5' })],
  ['algorithm', () => signerOf({ scheme: 'secdownload', algorithm: 'sha256' })],
  ['algorithm', () => signerOf({ scheme: 'wsgi-xsendfile', algorithm: 'no-hash' })],
  ['algorithm', () => signerOf({ scheme: 'mod-auth-token', algorithm: 'md5' })],
  [
    'cookie',
    () =>
      signerOf({
        scheme: { name: 'own', carries: [], format: () => '', parse: () => undefined },
        cookie: 'x',
      }),
  ],
])('errors name the option %s', (option, act) => {
  expect(act).toThrow(expect.objectContaining({ option }));
});

it.each<[LinkClaims, string]>([
  [
    { expires: 60 as never },
    'expires must be a Date between 1970 and 2106, got 60. For seconds from now, use expiresIn.',
  ],
  [{ expires: '60' as never }, 'expires must be a Date between 1970 and 2106, got "60".'],
  [{ expires: null as never }, 'expires must be a Date between 1970 and 2106, got null.'],
  [{ notBefore: 60 as never }, 'notBefore must be a Date between 1970 and 2106, got 60.'],
])('dates are not numbers: %j', (claims, message) => {
  expect(() => signerOf().sign('a', claims)).toThrow(new TypeError(`sign: ${message}`));
});

describe('limits', () => {
  const LAST = 0xffffffff;
  it('include the last second that links can express', () => {
    const signer = signerOf({ now: () => (LAST - 10) * 1000 });
    expect(signer.verify(signer.sign('a', { expiresIn: 10 })).ok).toBe(true);
    const expires = new Date(LAST * 1000);
    expect(signer.verify(signer.sign('a', { expires })).ok).toBe(true);
    expect(() => signer.sign('a', { expires: new Date((LAST + 1) * 1000) })).toThrow(
      /1970 and 2106/,
    );
    expect(() => signer.sign('a', { expires: new Date(-1) })).toThrow(/1970 and 2106/);
    expect(() => signerOf({ timeout: LAST })).not.toThrow();
  });

  it('include ids of 64 characters, and claims of 1,024', () => {
    expect(() => signerOf().sign('a', { id: `${'x'.repeat(60)}👍👍👍👍` })).not.toThrow();
    expect(() => signerOf().sign('a', { id: 'x'.repeat(65) })).toThrow(/at most 64 characters/);
    expect(() => signerOf().sign('a', { filename: 'x'.repeat(766) })).not.toThrow();
    expect(() => signerOf().sign('a', { filename: 'x'.repeat(767) })).toThrow(/too long/);
  });
});
