import { createSecretKey } from 'node:crypto';
import {
  BadOptionError,
  createUrlSigner,
  type LinkClaims,
  type TokenOptions,
  type TokenScheme,
  type UrlSigner,
} from '../../lib/index.js';
import { warningOptions } from '../helpers/warning-options.js';

const SECRET = 'a secret of more than sixteen bytes';
const NOW = Date.UTC(2026, 10, 22, 12);
const at =
  (seconds: number): (() => number) =>
  () =>
    NOW + seconds * 1000;
const signerOf = (options: TokenOptions = {}): UrlSigner =>
  createUrlSigner(SECRET, { now: at(0), ...options });
const codeOf = (result: ReturnType<UrlSigner['verify']>): string =>
  result.ok
    ? 'ok'
    : `${result.error.status} ${result.error.code.replace('ERR_XSENDFILE_TOKEN_', '')}`;

describe('createUrlSigner(secret)', () => {
  it.each<[string, unknown, RegExp]>([
    ['an empty string', '', /at least 16 bytes, got 0/],
    ['a short string', 'fifteen bytes..', /at least 16 bytes, got 15/],
    ['short bytes', new Uint8Array(15), /at least 16 bytes, got 15/],
    ['an empty list', [], /got an empty list/],
    ['a list with a short one', [SECRET, 'short'], /got 5/],
    [
      'nothing',
      undefined,
      /secret must be a string, a Uint8Array or a secret KeyObject.*got undefined/,
    ],
    ['null', null, /got null/],
    ['a number', 7, /got a number/],
    [
      'a newline at the end',
      `${SECRET}\n`,
      /^createUrlSigner: secret must not begin or end.*got a string of 36 characters that does. Trim it/,
    ],
    ['a space at the beginning', ` ${SECRET}`, /must not begin or end with white space/],
    ['a byte order mark', `\ufeff${SECRET}`, /must not begin or end with white space/],
    ['bytes with one', Buffer.from(`${SECRET}\r\n`), /got a Buffer of 37 bytes that does/],
    ['a key with one', createSecretKey(Buffer.from(`${SECRET}\n`)), /got a KeyObject that does/],
    ['a list with one', [SECRET, `${SECRET}\t`], /must not begin or end with white space/],
  ])('rejects %s', (_what, secret, message) => {
    const act = (): unknown => createUrlSigner(secret as string);
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
    expect(act).not.toThrow(SECRET);
  });

  it('rejects an empty secret for every scheme, and warns of a short one once', () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    expect(() => createUrlSigner('', { scheme: 'secure-link' })).toThrow(/at least 1 bytes, got 0/);
    expect(emitWarning).not.toHaveBeenCalled();
    createUrlSigner('s3cr3t', { scheme: 'secure-link' });
    createUrlSigner('s3cr3t', { scheme: 'secdownload' });
    expect(emitWarning.mock.calls).toEqual([
      [expect.stringMatching(/6 bytes can be guessed/), warningOptions('XSENDFILE_SHORT_SECRET')],
    ]);
    emitWarning.mockRestore();
  });

  it('accepts the same secret as a string, bytes or a key', () => {
    const link = signerOf().sign('a.txt');
    for (const secret of [Buffer.from(SECRET), createSecretKey(Buffer.from(SECRET))]) {
      expect(createUrlSigner(secret, { now: at(0) }).sign('a.txt')).toBe(link);
    }
  });

  it('accepts random bytes, whatever they end with', () => {
    const bytes = Buffer.from('0af0e1d2c3b4a5968778695a4b3c2d20', 'hex');
    const signer = createUrlSigner(bytes);
    expect(signer.verify(signer.sign('a.txt')).ok).toBe(true);
    expect(() => createUrlSigner(Buffer.from('\n\0\x01 2345678901234 '))).not.toThrow();
  });

  it('signs with the first secret, and verifies with all', () => {
    const before = createUrlSigner(SECRET, { now: at(0) });
    const after = createUrlSigner(['another secret of many bytes', SECRET], { now: at(0) });
    expect(after.verify(before.sign('a'))).toMatchObject({ ok: true, claims: { keyIndex: 1 } });
    expect(after.verify(after.sign('a'))).toMatchObject({ ok: true, claims: { keyIndex: 0 } });
    expect(codeOf(before.verify(after.sign('a')))).toBe('404 FORGED');
  });
});

describe('createUrlSigner(secret, options)', () => {
  it.each<[TokenOptions | Record<string, unknown>, RegExp]>([
    [{ scheme: 'jwt' }, /scheme must be one of 'hmac', 'wsgi-xsendfile'.*got "jwt"/],
    [{ scheme: { name: 'x' } }, /scheme must be one of/],
    [{ algorithm: 'md5' }, /algorithm of scheme 'hmac' must be 'sha256'.*got "md5"/],
    [{ scheme: 'wsgi-xsendfile', algorithm: 'non-existing' }, /a hash of crypto.getHashes\(\)/],
    [{ scheme: 'secdownload', algorithm: 'sha1' }, /must be 'md5', 'hmac-sha1' or 'hmac-sha256'/],
    [{ scheme: 'secure-link', algorithm: 'md5' }, /scheme 'secure-link' has no algorithm/],
    [
      { scheme: 'secdownload', purpose: 'x' },
      /scheme 'secdownload' has no purpose; it is for hmac/,
    ],
    [{ limitByIp: true }, /scheme 'hmac' has no limitByIp/],
    [{ timeout: 0 }, /timeout must be a whole number of seconds, 1 or more, got 0/],
    [{ timeout: '1h' }, /timeout must be a number of seconds, got "1h"/],
    [{ timeout: 1.5 }, /timeout must be a whole number/],
    [{ clockTolerance: -1 }, /clockTolerance must be a number of seconds/],
    [{ maxLifetime: Number.NaN }, /maxLifetime must be a number of seconds/],
    [{ purpose: 7 }, /purpose must be a string/],
    [{ now: 7 }, /now must be a function/],
    [
      { scheme: 'secure-link', mountPath: 'dl' },
      /mountPath must be a decoded URL path such as \/downloads, got "dl"/,
    ],
    [{ scheme: 'secure-link', mountPath: '/a/../b' }, /mountPath must be/],
    [
      { scheme: 'secure-link', queryArguments: { mac: 'a', expires: 'a' } },
      /queryArguments must be/,
    ],
    [{ ttl: 7 }, /unknown option "ttl"/],
  ])('rejects %j', (options, message) => {
    const act = (): unknown => createUrlSigner(SECRET, options as TokenOptions);
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
  });
});

describe('signer.sign(path, claims)', () => {
  it('makes a link of the token and the encoded path', () => {
    const link = signerOf().sign('reports/Q3 für 是?.pdf', { expiresIn: 3600 });
    const expiry = (NOW / 1000 + 3600).toString(16);
    expect(link).toMatch(
      new RegExp(`^/[\\w-]{43}\\.${expiry}/reports/Q3%20f%C3%BCr%20%E6%98%AF%3F\\.pdf$`),
    );
    expect(signerOf().sign(['reports', 'Q3 für 是?.pdf'], { expiresIn: 3600 })).toBe(link);
  });

  it.each<[unknown]>([
    [''],
    ['/'],
    ['..'],
    ['a/../b'],
    ['a//b'],
    ['a/'],
    ['./a'],
    ['a\0b'],
    ['a\nb'],
    ['a\u0085b'],
    ['\ud800'],
    [[]],
    [['a/b']],
    [7],
    [undefined],
    [null],
  ])('throws a TypeError for the path %j', (path) => {
    const act = (): unknown => signerOf().sign(path as string);
    expect(act).toThrow(TypeError);
    expect(act).toThrow(/path must name a file below the root/);
  });

  it.each<[LinkClaims | Record<string, unknown>, RegExp]>([
    [{ expiresIn: 0 }, /expiresIn must be a number of seconds greater than 0, got 0/],
    [{ expiresIn: Number.NaN }, /expiresIn must be/],
    [{ expiresIn: Number.POSITIVE_INFINITY }, /expiry must be before 2106/],
    [{ expiresIn: '60' }, /expiresIn must be.*got "60"/],
    [{ expires: 1900000000 }, /expires must be a Date/],
    [{ expires: new Date(Number.NaN) }, /expires must be a Date/],
    [{ expires: new Date(0x100000000 * 1000) }, /expires must be a Date between 1970 and 2106/],
    [{ expires: new Date(NOW), expiresIn: 1 }, /mutually exclusive/],
    [{ align: 0 }, /align must be a whole number of seconds, 1 or more, got 0\.$/],
    [{ align: -900 }, /align must be/],
    [{ align: 0.5 }, /align must be/],
    [{ align: Number.POSITIVE_INFINITY }, /align must be/],
    [{ align: '15m' }, /align must be.*got "15m"/],
    [{ align: null }, /align must be.*got null/],
    [
      { align: 900, uses: 3 },
      /^sign: align needs an id for a link with uses: without one, each link gets a random id, and is another\.$/,
    ],
    [{ notBefore: 7 }, /notBefore must be a Date/],
    [{ ip: 'localhost' }, /ip must be an address, or a network/],
    [{ ip: '192.0.2.1/33' }, /ip must be/],
    [{ ip: '2001:db8::/129' }, /ip must be/],
    [{ ip: '192.0.2.1/024' }, /ip must be/],
    [{ ip: 'fe80::1%eth0' }, /ip must be/],
    [{ filename: '' }, /filename must be a non-empty string/],
    [{ filename: 'x'.repeat(1000) }, /claims are too long for a link/],
    [{ disposition: 'form-data' }, /disposition must be 'inline' or 'attachment'/],
    [{ prefix: 'a' }, /prefix must be true or false/],
    [{ id: 'x'.repeat(65) }, /id must be a string of at most 64 characters/],
    [{ id: 7 }, /id must be a non-empty string/],
    [{ uses: 0 }, /uses must be a whole number from 1 to 1,000,000, got 0\./],
    [{ uses: 1_000_001 }, /uses must be a whole number from 1 to 1,000,000, got 1000001\./],
    [{ uses: 1.5 }, /uses must be.*got 1.5/],
    [{ uses: '3' }, /uses must be.*got "3"/],
    [{ uses: null }, /uses must be.*got null/],
    [{ rate: 0 }, /rate must be a whole number of bytes per second, 1 or more, got 0\./],
    [{ rate: 2 ** 53 }, /rate must be/],
    [{ rate: Number.NaN }, /rate must be/],
    [{ rate: Number.POSITIVE_INFINITY }, /rate must be/],
    [{ rate: '1k' }, /rate must be.*got "1k"/],
    [{ user: 'x' }, /unknown claim "user"/],
  ])('throws a TypeError for the claims %j', (claims, message) => {
    const act = (): unknown => signerOf().sign('a.txt', claims as LinkClaims);
    expect(act).toThrow(TypeError);
    expect(act).toThrow(message);
    const [option] = Object.keys(claims);
    expect(act).toThrow(expect.objectContaining({ option }));
  });

  it('names the claim that a scheme cannot carry, and the path, in errors about them', () => {
    expect(() => signerOf({ scheme: 'secdownload' }).sign('a', { id: 'x' })).toThrow(
      expect.objectContaining({ option: 'id' }),
    );
    expect(() => signerOf().sign('..')).toThrow(expect.objectContaining({ option: 'path' }));
  });

  it.each<[TokenOptions['scheme'], LinkClaims]>([
    ['wsgi-xsendfile', { expiresIn: 60 }],
    ['wsgi-xsendfile', { filename: 'x' }],
    ['mod-auth-token', { ip: '192.0.2.1' }],
    ['mod-auth-token', { expires: new Date(NOW) }],
    ['secure-link', { prefix: true }],
    ['secure-link', { ip: '192.0.2.1' }],
    ['secure-link', { id: 'x' }],
    ['secdownload', { disposition: 'inline' }],
    ['secdownload', { notBefore: new Date(NOW) }],
    ['wsgi-xsendfile', { uses: 1 }],
    ['mod-auth-token', { rate: 1000 }],
    ['secure-link', { uses: 1 }],
    ['secdownload', { rate: 1000 }],
  ])('throws for claims that %s cannot carry: %j', (scheme, claims) => {
    const act = (): unknown => signerOf({ scheme }).sign('a.txt', claims);
    expect(act).toThrow(TypeError);
    expect(act).toThrow(new RegExp(`links of scheme '${scheme}' cannot carry`));
  });

  it('requires the address that limitByIp signs', () => {
    const signer = signerOf({ scheme: 'secure-link', limitByIp: true });
    expect(() => signer.sign('a.txt')).toThrow(
      /ip must be the client's address, which limitByIp requires/,
    );
    expect(() => signer.sign('a.txt', { ip: '192.0.2.0/24' })).toThrow(/ip must be an address/);
  });

  it('rounds the expiry up to a multiple of align, never down', () => {
    const endOf = (at: number, claims: LinkClaims): number => {
      const signer = signerOf({ now: () => at * 1000 });
      return (signer.verify(signer.sign('a.txt', claims)).claims?.expires.getTime() ?? 0) / 1000;
    };
    const start = 1_800_000_000;
    expect(endOf(start, { expiresIn: 3600, align: 900 })).toBe(start + 3600);
    expect(endOf(start + 1, { expiresIn: 3600, align: 900 })).toBe(start + 4500);
    expect(endOf(start + 899, { expiresIn: 3600, align: 900 })).toBe(start + 4500);
    expect(endOf(start + 900, { expiresIn: 3600, align: 900 })).toBe(start + 4500);
    expect(endOf(start + 1, { align: 7200 })).toBe(start + 7200);
    expect(endOf(start + 1, { expires: new Date((start + 50) * 1000), align: 60 })).toBe(
      start + 60,
    );
    expect(endOf(start + 1, { expiresIn: 60, align: 1 })).toBe(start + 61);
  });

  it.each<[TokenOptions, LinkClaims]>([
    [{}, {}],
    [{}, { prefix: true, filename: 'x', id: 'y' }],
    [{}, { uses: 3, id: 'y' }],
    [{ scheme: 'secure-link' }, {}],
    [{ scheme: 'secure-link', limitByIp: true }, { ip: '192.0.2.7' }],
  ])('makes one link within align, with %j: %j', (options, claims) => {
    const at = (seconds: number): string =>
      signerOf({ ...options, now: () => (1_800_000_000 + seconds) * 1000 }).sign('a.txt', {
        ...claims,
        expiresIn: 3600,
        align: 900,
      });
    expect(at(1)).toBe(at(900));
    expect(at(901)).not.toBe(at(900));
  });

  it.each<TokenOptions['scheme']>(['wsgi-xsendfile', 'mod-auth-token', 'secdownload'])(
    'throws for align in %s, and says why',
    (scheme) => {
      const act = (): unknown => signerOf({ scheme }).sign('a.txt', { align: 900 });
      expect(act).toThrow(TypeError);
      expect(act).toThrow(
        `sign: links of scheme '${scheme}' do not carry when they expire but when they were made, so each is another. Leave out align, or use another scheme.`,
      );
      expect(act).toThrow(expect.objectContaining({ option: 'align' }));
    },
  );

  it('throws if align may exceed maxLifetime, whatever time it is', () => {
    for (const second of [0, 1, 899]) {
      const signer = signerOf({ maxLifetime: 4498, now: () => (1_800_000_000 + second) * 1000 });
      const claims = { expiresIn: 3600, align: 900 };
      expect(() => signer.sign('a.txt', claims)).toThrow(
        'sign: expiry must be within maxLifetime, 4498 seconds, got 3600, which align rounds up by at most 899.',
      );
      expect(() => signer.sign('a.txt', { ...claims, expiresIn: 3599 })).not.toThrow();
      expect(() => signer.sign('a.txt', { align: 900 })).not.toThrow();
    }
    const expires = new Date(1_800_000_060_000);
    const signer = signerOf({ maxLifetime: 60, now: () => 1_800_000_000_000 });
    expect(() => signer.sign('a.txt', { expires, align: 60 })).not.toThrow();
    expect(() => signer.sign('a.txt', { expires, align: 61 })).toThrow(/which align rounds up/);
  });

  it('throws if align reaches beyond the last second of links', () => {
    const late = signerOf({ now: () => (0xffffffff - 600) * 1000 });
    expect(() => late.sign('a.txt', { align: 900 })).toThrow(
      'sign: expiry must be before 2106, got 2106-02-07T06:20:15.000Z: 120 seconds from now, the default, which align rounds up by at most 899.',
    );
  });

  it('names the default expiry in an error', () => {
    const late = signerOf({ now: () => (0xffffffff - 60) * 1000 });
    expect(() => late.sign('a.txt')).toThrow(
      'sign: expiry must be before 2106, got 2106-02-07T06:29:15.000Z: 120 seconds from now, the default.',
    );
    expect(() => signerOf({ maxLifetime: 0.5 }).sign('a.txt')).toThrow(
      'sign: expiry must be within maxLifetime, 0.5 seconds, got 2026-11-22T12:00:01.000Z: 1 seconds from now, the default.',
    );
  });

  it.each<[unknown, string]>([
    [SECRET, 'a string of 35 characters'],
    [null, 'null'],
  ])('throws for claims that are %j, and shows only their type', (claims, shown) => {
    expect(() => signerOf().sign('a.txt', claims as LinkClaims)).toThrow(
      `sign: claims must be an object, got ${shown}.`,
    );
  });

  it('rejects an expiry beyond maxLifetime', () => {
    const signer = signerOf({ maxLifetime: 60 });
    expect(() => signer.sign('a.txt', { expiresIn: 61 })).toThrow(/within maxLifetime, 60 seconds/);
    expect(signer.verify(signer.sign('a.txt')).ok).toBe(true);
    const long = signerOf().sign('a.txt', { expiresIn: 61 });
    expect(codeOf(signer.verify(long))).toBe('404 LIFETIME');
  });

  it('warns once of a private address', () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    signerOf().sign('a.txt', { ip: '192.0.2.1' });
    expect(emitWarning).not.toHaveBeenCalled();
    for (const ip of ['127.0.0.1', '10.1.2.3', '::1']) signerOf().sign('a.txt', { ip });
    expect(emitWarning.mock.calls).toEqual([
      [
        expect.stringMatching(/bound to 127.0.0.1\/32.*trust proxy/),
        warningOptions('XSENDFILE_PRIVATE_ADDRESS'),
      ],
    ]);
    emitWarning.mockRestore();
  });
});

describe('signer.verify(urlPath)', () => {
  it('returns all claims', () => {
    const claims: LinkClaims = {
      expires: new Date(NOW + 60_000),
      notBefore: new Date(NOW),
      ip: '2001:DB8:0::1',
      filename: 'Q3 "für" 是/?&=%.pdf',
      disposition: 'inline',
      id: 'user-7 / order=8',
      uses: 3,
      rate: 1_000_000,
    };
    const signer = signerOf();
    const clientAddress = '2001:db8::ffff';
    expect(signer.verify(signer.sign('dir/a.txt', claims), { clientAddress })).toEqual({
      ok: true,
      claims: {
        ...claims,
        ip: '2001:db8::1/64',
        path: 'dir/a.txt',
        segments: ['dir', 'a.txt'],
        keyIndex: 0,
      },
    });
  });

  it.each<LinkClaims>([
    { uses: 1 },
    { uses: 1_000_000 },
    { rate: 1 },
    { rate: Number.MAX_SAFE_INTEGER },
  ])('gives back %j', (claims) => {
    const result = signerOf().verify(signerOf().sign('a.txt', claims));
    expect(result).toMatchObject({ ok: true, claims });
  });

  it('gives each link for a number of uses its own id, unless one is given', () => {
    const signer = signerOf();
    const idOf = (claims: LinkClaims): string | undefined =>
      signer.verify(signer.sign('a.txt', claims)).claims?.id;
    expect(idOf({ uses: 3 })).toMatch(/^[\w-]{22}$/);
    expect(idOf({ uses: 3 })).not.toBe(idOf({ uses: 3 }));
    expect(idOf({ uses: 3, id: 'shared' })).toBe('shared');
    expect(idOf({ rate: 1000 })).toBeUndefined();
  });

  it.each<[string, LinkClaims, number, string]>([
    ['in its last second', { expiresIn: 60 }, 60, 'ok'],
    ['after it', { expiresIn: 60 }, 61, '410 EXPIRED'],
    ['within the default timeout', {}, 120, 'ok'],
    ['after it', {}, 121, '410 EXPIRED'],
    [
      'before it begins',
      { expiresIn: 60, notBefore: new Date(NOW + 10_000) },
      9,
      '404 NOT_YET_VALID',
    ],
    ['when it begins', { expiresIn: 60, notBefore: new Date(NOW + 10_000) }, 10, 'ok'],
  ])('checks the times of a link %s: %j after %d s is %s', (_title, claims, seconds, expected) => {
    const link = signerOf().sign('a.txt', claims);
    expect(codeOf(signerOf({ now: at(seconds) }).verify(link))).toBe(expected);
  });

  it.each<[string, string | undefined, string]>([
    ['192.0.2.1', '192.0.2.1', 'ok'],
    ['192.0.2.1', '::ffff:192.0.2.1', 'ok'],
    ['::ffff:192.0.2.1', '192.0.2.1', 'ok'],
    ['::ffff:c000:201', '192.0.2.1', 'ok'],
    ['192.0.2.1', '0:0:0:0:0:FFFF:C000:0201', 'ok'],
    ['::ffff:192.0.2.0/120', '192.0.2.200', 'ok'],
    ['::ffff:192.0.2.0/120', '192.0.3.1', '404 ADDRESS'],
    ['192.0.2.1', '192.0.2.2', '404 ADDRESS'],
    ['192.0.2.0/24', '192.0.2.200', 'ok'],
    ['192.0.2.0/24', '192.0.3.1', '404 ADDRESS'],
    ['2001:db8::1', '2001:db8:0:0:aaaa::1', 'ok'],
    ['2001:db8::1', '2001:db8:0:1::1', '404 ADDRESS'],
    ['2001:db8::1/128', '2001:db8::2', '404 ADDRESS'],
    ['192.0.2.1', '2001:db8::1', '404 ADDRESS'],
    ['192.0.2.1', 'rubbish', '404 ADDRESS'],
    ['192.0.2.1', undefined, '404 ADDRESS'],
    ['0.0.0.0/0', '198.51.100.1', 'ok'],
  ])('verifies a link for %s used from %s as %s', (ip, clientAddress, expected) => {
    const link = signerOf().sign('a.txt', { ip });
    expect(codeOf(signerOf().verify(link, { clientAddress }))).toBe(expected);
  });

  it.each<[string, string]>([
    ['a/x', 'ok'],
    ['a/b/c.ts', 'ok'],
    ['ab', '404 MALFORMED'],
    ['ab/x', '404 FORGED'],
    ['x', '404 MALFORMED'],
    ['', '404 MALFORMED'],
    ['a', '404 MALFORMED'],
    ['a/', '404 MALFORMED'],
    ['a/../b', '404 MALFORMED'],
    ['a%2f../b', '404 MALFORMED'],
    ['a%2fb', '404 MALFORMED'],
    ['a/./x', '404 MALFORMED'],
    ['A/x', '404 FORGED'],
  ])('verifies a link for the directory a/ used for %j as %s', (path, expected) => {
    const signer = signerOf();
    const link = signer.sign('a', { prefix: true });
    expect(link).toMatch(/\/a\/$/);
    expect(signer.sign('a/', { prefix: true })).toBe(link);
    expect(codeOf(signer.verify(link.replace(/a\/$/, path)))).toBe(expected);
  });

  it('accepts a link for the whole root for all of it', () => {
    const signer = signerOf();
    const link = signer.sign('', { prefix: true });
    expect(codeOf(signer.verify(`${link}a/b.txt`))).toBe('ok');
    expect(codeOf(signer.verify(link))).toBe('404 MALFORMED');
  });

  it('rejects a link for another purpose', () => {
    const link = signerOf({ purpose: 'invoices' }).sign('a.txt');
    expect(codeOf(signerOf({ purpose: 'invoices' }).verify(link))).toBe('ok');
    expect(codeOf(signerOf({ purpose: 'photos' }).verify(link))).toBe('404 FORGED');
    expect(codeOf(signerOf().verify(link))).toBe('404 FORGED');
  });

  it('returns the claims of an expired link, whose signature is right', () => {
    const link = signerOf().sign('a.txt', { id: 'x' });
    expect(signerOf({ now: at(500) }).verify(link)).toMatchObject({
      ok: false,
      claims: { path: 'a.txt', id: 'x' },
    });
    expect(signerOf({ now: at(500) }).verify(link.replace('a.txt', 'b.txt'))).toEqual({
      ok: false,
      error: expect.objectContaining({ code: 'ERR_XSENDFILE_TOKEN_FORGED', message: 'Not Found' }),
    });
  });

  it.each(['sha384', 'sha512'])('accepts %s', (algorithm) => {
    const signer = signerOf({ algorithm });
    expect(codeOf(signer.verify(signer.sign('a.txt')))).toBe('ok');
    expect(codeOf(signerOf().verify(signer.sign('a.txt')))).toBe('404 FORGED');
  });

  it.each([undefined, null, 5, {}, [], ['/a']])('rejects %j, which is not a string', (link) => {
    expect(codeOf(signerOf().verify(link as unknown as string))).toBe('404 MALFORMED');
  });

  it('treats a clock that returns no number as expired', () => {
    const link = signerOf().sign('a.txt');
    expect(codeOf(signerOf({ now: () => Number.NaN }).verify(link))).toBe('410 EXPIRED');
  });

  it('reads the time at each call, also from a clock that is installed later', () => {
    const signer = createUrlSigner(SECRET);
    const link = signer.sign('a.txt', { expiresIn: 60 });
    jest.useFakeTimers({ now: Date.now() + 61_000, doNotFake: ['nextTick', 'setImmediate'] });
    try {
      expect(codeOf(signer.verify(link))).toBe('410 EXPIRED');
    } finally {
      jest.useRealTimers();
    }
  });

  it.each<[string, string]>([
    ['a~b-c_d.txt', 'a%7Eb%2Dc%5Fd%2Etxt'],
    ['a~b-c_d.txt', '%61%7e%62%2d%63%5f%64%2e%74%78%74'],
    ['dir/ä.txt', 'dir/%c3%a4.txt'],
    ["it's (1)!*.txt", "it's%20(1)!*.txt"],
  ])('accepts the link for %j spelt %j', (path, spelt) => {
    const [, token = ''] = /^\/([^/]+)/.exec(signerOf().sign(path)) ?? [];
    const encoded = token.replace(/[-._a]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
    for (const link of [`/${token}/${spelt}`, `/${encoded}/${spelt}`]) {
      expect(signerOf().verify(link)).toMatchObject({ ok: true, claims: { path } });
    }
  });

  it('accepts the arguments of secure-link in another spelling', () => {
    const signer = signerOf({ scheme: 'secure-link', mountPath: '/dl' });
    const names = Array.from({ length: 20 }, (_each, index) => `a~${index}.txt`);
    for (const name of names) {
      const spelt = signer
        .sign(name)
        .replace(/[-_~]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
      expect(codeOf(signer.verify(spelt))).toBe('ok');
    }
  });

  it.each(['%2e%2e/a.txt', '%2E/a.txt', 'a%2Ftxt', '/a.txt', 'a.txt%00'])(
    'rejects %j, which is no spelling of a path that can be signed',
    (path) => {
      const link = signerOf().sign('', { prefix: true });
      expect(codeOf(signerOf().verify(link + path))).toBe('404 MALFORMED');
    },
  );

  it('reads the clock option at each call', () => {
    let now = NOW;
    const signer = createUrlSigner(SECRET, { now: () => now });
    const link = signer.sign('a.txt');
    now += 121_000;
    expect(codeOf(signer.verify(link))).toBe('410 EXPIRED');
  });

  it('accepts a custom scheme', () => {
    const scheme: TokenScheme = {
      name: 'plain',
      carries: ['expiresIn'],
      format: ({ segments, expires }, key) => `/${key.toString()}-${expires}/${segments.join('/')}`,
      parse: ({ segments: [token = '', ...segments] }) => {
        const [mac = '', expires = ''] = token.split('-');
        return {
          mac,
          expectedMac: (key) => key.toString(),
          segments,
          expires: Number(expires),
          claims: {},
        };
      },
    };
    const signer = createUrlSigner('verysecretindeed', { scheme, now: at(0) });
    expect(signer.scheme).toBe('plain');
    expect(codeOf(signer.verify(signer.sign('a.txt', { expiresIn: 5 })))).toBe('ok');
    expect(codeOf(signer.verify('/wrong-9999999999/a.txt'))).toBe('404 FORGED');
    expect(() => signer.sign('a.txt', { id: 'x' })).toThrow(/cannot carry id/);
  });
});
