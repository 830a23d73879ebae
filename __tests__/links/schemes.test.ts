import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUrlSigner, type TokenOptions } from '../../lib/index.js';

/** Digests that Python's hashlib and hmac computed: what the original and the servers would. */

interface Vectors {
  readonly time: number;
  readonly secret: string;
  readonly wsgi: { path: string; algorithm: string; digest: string }[];
  readonly modAuthToken: { path: string; ip: string | null; mac: string }[];
  readonly secureLink: {
    path: string;
    ip: string | null;
    mountPath: string;
    expires: number;
    mac: string;
  }[];
  readonly secdownload: { path: string; algorithm: string; mac: string }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/token-vectors.json'), 'utf8'),
);
const NOW = vectors.time * 1000;
const HEX_TIME = '4bf28ba2';
const encode = (path: string): string =>
  path
    .split('/')
    .map((name) =>
      encodeURIComponent(name).replace(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/');

beforeAll(() => {
  // The secret of the vectors is as short as the original's.
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

function signerOf(options: TokenOptions) {
  return createUrlSigner(vectors.secret, { now: () => NOW, ...options });
}

describe("scheme 'wsgi-xsendfile'", () => {
  it.each(vectors.wsgi)('signs $path with $algorithm', ({ path, algorithm, digest }) => {
    const signer = signerOf({ scheme: 'wsgi-xsendfile', algorithm });
    const link = `/${digest}-${HEX_TIME}/${encode(path)}`;
    expect(signer.sign(path)).toBe(link);
    expect(signer.verify(link)).toMatchObject({ ok: true, claims: { path, keyIndex: 0 } });
  });

  it.each([
    ['foo.txt', '11b98caf339fb67cf1514512298fdc67'],
    ['¡mañana!.txt', 'cf74d859aab5d1ce9bbc4a92fd91b0e2'],
  ])("verifies the original's link to %s", (path, digest) => {
    const signer = signerOf({ scheme: 'wsgi-xsendfile' });
    expect(signer.verify(`/${digest}-${HEX_TIME}/${encode(path)}`)).toMatchObject({ ok: true });
  });

  it('accepts a function as the hash, like the original', () => {
    const algorithm = (text: string): string => Buffer.from(text).toString('hex');
    const signer = signerOf({ scheme: 'wsgi-xsendfile', algorithm });
    const link = signer.sign('foo.txt');
    expect(link).toBe(
      `/${Buffer.from(`s3cr3tfoo.txt${HEX_TIME}`).toString('hex')}-${HEX_TIME}/foo.txt`,
    );
    expect(signer.verify(link).ok).toBe(true);
  });
});

describe("scheme 'mod-auth-token'", () => {
  it.each(vectors.modAuthToken)('signs $path for $ip', ({ path, ip, mac }) => {
    const signer = signerOf({ scheme: 'mod-auth-token', limitByIp: ip !== null });
    const link = `/${mac}/${HEX_TIME}/${encode(path)}`;
    const clientAddress = ip ?? undefined;
    expect(signer.sign(path, { ip: clientAddress })).toBe(link);
    expect(signer.verify(link, { clientAddress })).toMatchObject({ ok: true, claims: { path } });
    const shouting = link.replace(mac, mac.toUpperCase());
    expect(signer.verify(shouting, { clientAddress }).ok).toBe(true);
    expect(signer.verify(link, { clientAddress: '192.0.2.8' }).ok).toBe(ip === null);
  });
});

describe("scheme 'secure-link'", () => {
  it.each(vectors.secureLink)(
    'signs $path below "$mountPath" for $ip',
    ({ path, ip, mountPath, expires, mac }) => {
      const signer = signerOf({ scheme: 'secure-link', mountPath, limitByIp: ip !== null });
      const link = `/${encode(path)}?md5=${mac}&expires=${expires}`;
      const clientAddress = ip ?? undefined;
      expect(signer.sign(path, { ip: clientAddress, expiresIn: 3600 })).toBe(link);
      expect(signer.verify(link, { clientAddress })).toMatchObject({
        ok: true,
        claims: { path, expires: new Date(expires * 1000) },
      });
    },
  );

  it.each([
    ['other arguments around', '?a=1&md5=M&b=2&expires=E&c', true],
    ['the other order', '?expires=E&md5=M', true],
    ['the signature twice', '?md5=M&md5=M&expires=E', false],
    ['the time twice', '?md5=M&expires=E&expires=9999999999', false],
    ['a list', '?md5[]=M&expires[]=E', false],
    ['no time', '?md5=M', false],
    ['no signature', '?expires=E', false],
    ['an encoded name', '?m%645=M&expires=E', false],
    ['a padded signature', '?md5=M==&expires=E', false],
    ['a sign before the time', '?md5=M&expires=+E', false],
    ['a zero before the time', '?md5=M&expires=0E', false],
    ['nothing', '', false],
  ])('reads a query: %s', (_what, query, ok) => {
    const signer = signerOf({ scheme: 'secure-link' });
    const [, mac = '', expires = ''] = /md5=(.+)&expires=(.+)$/.exec(signer.sign('a.txt')) ?? [];
    const link = `/a.txt${query.replaceAll('M', mac).replaceAll('E', expires)}`;
    expect(signer.verify(link).ok).toBe(ok);
  });

  it('accepts other names for its arguments', () => {
    const queryArguments = { mac: 'st', expires: 'e' };
    const signer = signerOf({ scheme: 'secure-link', queryArguments });
    const link = signer.sign('a.txt');
    expect(link).toMatch(/^\/a\.txt\?st=[\w-]{22}&e=\d{10}$/);
    expect(signer.verify(link).ok).toBe(true);
  });
});

describe("scheme 'secdownload'", () => {
  it.each(vectors.secdownload)('signs $path with $algorithm', ({ path, algorithm, mac }) => {
    const signer = signerOf({ scheme: 'secdownload', algorithm });
    const link = `/${mac}/${HEX_TIME}/${encode(path)}`;
    expect(signer.sign(path)).toBe(link);
    expect(signer.verify(link)).toMatchObject({ ok: true, claims: { path } });
    expect(signer.verify(link.replace(mac, mac.toUpperCase())).ok).toBe(algorithm === 'md5');
  });
});

describe('schemes that sign the time of creation', () => {
  it.each<[TokenOptions['scheme'], number, string]>([
    ['wsgi-xsendfile', 120, 'ok'],
    ['wsgi-xsendfile', 121, 'ERR_XSENDFILE_TOKEN_EXPIRED'],
    ['mod-auth-token', 120, 'ok'],
    ['mod-auth-token', 121, 'ERR_XSENDFILE_TOKEN_EXPIRED'],
    ['secdownload', 120, 'ok'],
    ['secdownload', 121, 'ERR_XSENDFILE_TOKEN_EXPIRED'],
    ['wsgi-xsendfile', -120, 'ok'],
    ['wsgi-xsendfile', -121, 'ERR_XSENDFILE_TOKEN_NOT_YET_VALID'],
    ['mod-auth-token', -121, 'ERR_XSENDFILE_TOKEN_NOT_YET_VALID'],
    ['secdownload', -121, 'ERR_XSENDFILE_TOKEN_NOT_YET_VALID'],
  ])('verify a link of %s after %d seconds as %s', (scheme, age, expected) => {
    const link = signerOf({ scheme }).sign('a.txt');
    const result = signerOf({ scheme, now: () => NOW + age * 1000 }).verify(link);
    expect(result.ok ? 'ok' : result.error.code).toBe(expected);
  });

  it('accept any time ahead with clockTolerance: Infinity, like the original', () => {
    const options: TokenOptions = {
      scheme: 'wsgi-xsendfile',
      clockTolerance: Number.POSITIVE_INFINITY,
    };
    const link = signerOf({ ...options, now: () => NOW + 18_000_000 }).sign('a.txt');
    expect(signerOf(options).verify(link).ok).toBe(true);
  });

  it.each(['wsgi-xsendfile', 'mod-auth-token', 'secdownload'] as const)(
    'sign exactly eight digits with %s, so none can come from the path',
    (scheme) => {
      const options: TokenOptions = {
        scheme,
        clockTolerance: Number.POSITIVE_INFINITY,
        ...(scheme === 'secdownload' ? { algorithm: 'md5' } : {}),
      };
      const signer = signerOf(options);
      const link = signer.sign('inv/1234');
      const forged = link.replace(HEX_TIME, `4${HEX_TIME}`).replace('1234', '123');
      expect(forged).not.toBe(link);
      expect(signer.verify(forged)).toMatchObject({ ok: false, error: { status: 404 } });
      expect(signer.verify(link.replace(HEX_TIME, `0${HEX_TIME}`)).ok).toBe(false);
      expect(signer.verify(link.replace(HEX_TIME, HEX_TIME.slice(1))).ok).toBe(false);
    },
  );
});
