import { createHmac } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import {
  BadOptionError,
  type CookieOptions,
  createUrlSigner,
  type TokenOptions,
  type TokenScheme,
  type UrlSigner,
} from '../../lib/index.js';
import { parseCookies } from '../../lib/links/cookies.js';
import { anyCharacter } from '../helpers/any-character.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const NOW = 1_800_000_000;
const now = (): number => NOW * 1000;
const signerOf = (options: TokenOptions = {}): UrlSigner =>
  createUrlSigner(SECRET, { now, ...options });
const MEDIA: CookieOptions = { name: 'files', mountPath: '/media', expiresIn: 3600 };

/** The attributes of a Set-Cookie header without the cookie itself. */
const attributesOf = (cookie: string): string => cookie.replace(/^[^;]*; /, '');
const pathOf = (cookie: string): string | undefined => /; Path=([^;]*);/.exec(cookie)?.[1];

describe('signer.cookie(path, options)', () => {
  it('returns the value of a Set-Cookie header', () => {
    const cookie = signerOf().cookie('videos/42', MEDIA);
    expect(cookie).toMatch(/^files=[\w-]{43}\.6b49e010\.[\w-]+; /);
    expect(attributesOf(cookie)).toBe(
      'Path=/media/videos/42; Max-Age=3600; Expires=Fri, 15 Jan 2027 09:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    );
  });

  it('signs what docs/token-format.md says', () => {
    const message = ['xsendfile-cookie-1', 'videos', '6b49e010', 'cD0y', 'videos/42'].map(
      (text) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(text.length);
        return Buffer.concat([length, Buffer.from(text)]);
      },
    );
    const mac = createHmac('sha256', SECRET).update(Buffer.concat(message)).digest('base64url');
    const cookie = signerOf({ purpose: 'videos' }).cookie('videos/42', MEDIA);
    expect(cookie.split(';')[0]).toBe(`files=${mac}.6b49e010.cD0y`);
  });

  it('takes the name from the option cookie, unless it is given one', () => {
    const signer = signerOf({ cookie: 'own' });
    expect(signer.cookie('a', { mountPath: '/' })).toMatch(/^own=/);
    expect(signer.cookie('a', { mountPath: '/', name: 'other' })).toMatch(/^other=/);
  });

  it.each<[string, string, string | readonly string[]]>([
    ['/media/videos/42', '/media', 'videos/42'],
    ['/media/videos/42', '/media/', ['videos', '42']],
    ['/media/videos/42', '/media', 'videos/42/'],
    ['/media', '/media', ''],
    ['/videos/42', '/', 'videos/42'],
    ['/videos/42', '', 'videos/42'],
    ['/', '/', ''],
    ['/m%C3%A4dia/a%20b/%E6%98%AF', '/mädia', 'a b/是'],
    // Some encoders encode these, and some do not: a shorter Path matches all spellings.
    ['/media/videos', '/media', 'videos/a;b/c'],
    ['/media', '/media', "it's/x"],
    ['/', '/@media', 'videos/42'],
  ])('has the Path %j for the mount path %j and %j', (expected, mountPath, path) => {
    const cookie = signerOf().cookie(path, { ...MEDIA, mountPath });
    expect(pathOf(cookie)).toBe(expected);
  });

  it.each<[CookieOptions, string]>([
    [{ ...MEDIA, expiresIn: 1 }, 'Max-Age=1; Expires=Fri, 15 Jan 2027 08:00:01 GMT'],
    [{ name: 'x', mountPath: '/' }, 'Max-Age=120; Expires=Fri, 15 Jan 2027 08:02:00 GMT'],
    [
      { name: 'x', mountPath: '/', expires: new Date((NOW + 60) * 1000) },
      'Max-Age=60; Expires=Fri, 15 Jan 2027 08:01:00 GMT',
    ],
    [
      { name: 'x', mountPath: '/', expires: new Date(0) },
      'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ],
  ])('expires with its token: %j', (options, expected) => {
    expect(signerOf().cookie('a', options)).toContain(`; ${expected}; `);
  });

  it('is for HTTPS only, unless the caller says otherwise', () => {
    const cookie = signerOf().cookie('a', { ...MEDIA, secure: false });
    expect(attributesOf(cookie)).toMatch(/ GMT; HttpOnly; SameSite=Lax$/);
  });

  it.each<[Partial<CookieOptions>, string]>([
    [{ sameSite: 'lax' }, 'Secure; SameSite=Lax'],
    [{ sameSite: 'strict' }, 'Secure; SameSite=Strict'],
    [{ sameSite: 'strict', secure: false }, 'SameSite=Strict'],
    [{ sameSite: 'none' }, 'Secure; SameSite=None'],
    [{ sameSite: 'none', partitioned: true }, 'Secure; SameSite=None; Partitioned'],
    [{ sameSite: 'none', partitioned: false }, 'Secure; SameSite=None'],
  ])('says to which requests browsers add it: %j', (options, expected) => {
    const cookie = signerOf().cookie('a', { ...MEDIA, ...options });
    expect(cookie.split('; HttpOnly; ')[1]).toBe(expected);
  });

  it('stays the same with align, but for Max-Age', () => {
    const at = (seconds: number): string =>
      signerOf({ now: () => (NOW + seconds) * 1000 }).cookie('a', { ...MEDIA, align: 900 });
    expect(at(1)).not.toBe(at(900));
    expect(at(1).replace('Max-Age=4499', 'Max-Age=3600')).toBe(at(900));
    expect(at(901).split(';')[0]).not.toBe(at(900).split(';')[0]);
  });

  it('has the Path that browsers require with __Host-', () => {
    const { cookie } = signerOf();
    expect(pathOf(cookie('videos/42', { ...MEDIA, name: '__Host-files' }))).toBe('/');
    expect(pathOf(cookie('videos/42', { ...MEDIA, name: '__Secure-files' }))).toBe(
      '/media/videos/42',
    );
    expect(pathOf(cookie('videos/42', { ...MEDIA, name: 'x__Host-files' }))).toBe(
      '/media/videos/42',
    );
    const plain = { ...MEDIA, secure: false, name: 'x__Secure-files' };
    expect(() => cookie('videos/42', plain)).not.toThrow();
    expect(() => cookie('videos/42', { ...plain, name: '__Secure-files' })).toThrow(/__Secure-/);
  });

  it('is one header line of characters that cookies may have, whatever is signed', () => {
    const text = fc
      .string({ unit: anyCharacter, minLength: 1, maxLength: 12 })
      .filter((value) => !/^\.{1,2}$|[/\p{Cc}\p{Cs}]/u.test(value));
    fc.assert(
      fc.property(fc.array(text), text, (path, id) => {
        const cookie = signerOf().cookie(path, { ...MEDIA, id, filename: id });
        expect(cookie).toMatch(/^files=[\w.-]+; Path=\/[\w%./~-]*; Max-Age=3600; [\w ,:;=-]+$/);
      }),
    );
  });

  it.each<[unknown, RegExp]>([
    [undefined, /^cookie: options must be an object, got undefined\./],
    [{ mountPath: '/' }, /^cookie: name must be the name of a cookie.*, got undefined\.$/],
    [{ name: '', mountPath: '/' }, /^cookie: name must be the name of a cookie.*got ""/],
    [{ name: 'a b', mountPath: '/' }, /got "a b"/],
    [{ name: 'a=b', mountPath: '/' }, /got "a=b"/],
    [{ name: 'a;b', mountPath: '/' }, /got "a;b"/],
    [{ name: 'a\r\nb', mountPath: '/' }, /name must be/],
    [{ name: 'ä', mountPath: '/' }, /name must be/],
    [{ name: 'x' }, /^cookie: mountPath must be .*such as '\/media', or '\/', got undefined\.$/],
    [{ name: 'x', mountPath: 'media' }, /^cookie: mountPath must be .*got "media"/],
    [{ name: 'x', mountPath: '/a/../b' }, /mountPath must be/],
    [{ name: 'x', mountPath: null }, /mountPath must be .*got null/],
    [{ name: 'x', mountPath: '/', secure: 1 }, /^cookie: secure must be true or false, got 1\.$/],
    [
      { name: '__Host-x', mountPath: '/', secure: false },
      /^cookie: secure must be true for the name "__Host-x", got false\.$/,
    ],
    [{ name: '__secure-x', mountPath: '/', secure: false }, /secure must be true for the name/],
    [
      { name: 'x', mountPath: '/', secure: false, sameSite: 'none' },
      /^cookie: secure must be true for sameSite: 'none', got false\.$/,
    ],
    [
      { name: 'x', mountPath: '/', sameSite: 'None' },
      /^cookie: sameSite must be 'lax', 'strict', 'none', got "None"\.$/,
    ],
    [{ name: 'x', mountPath: '/', sameSite: true }, /^cookie: sameSite must be .*, got true\.$/],
    [
      { name: 'x', mountPath: '/', partitioned: 1 },
      /^cookie: partitioned must be true or false, got 1\.$/,
    ],
    [
      { name: 'x', mountPath: '/', partitioned: true },
      /^cookie: partitioned is for cookies on pages of other sites, which need sameSite: 'none'\.$/,
    ],
    [
      { name: 'x', mountPath: '/', secure: false, sameSite: 'none', partitioned: true },
      /^cookie: secure must be true/,
    ],
    [{ name: 'x', mountPath: '/', prefix: true }, /^cookie: unknown option "prefix"/],
    [{ name: 'x', mountPath: '/', maxAge: 1 }, /unknown option "maxAge".*name, mountPath, secure/],
  ])('throws a BadOptionError for %j', (options, message) => {
    const act = (): unknown => signerOf().cookie('a', options as CookieOptions);
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
  });

  it.each<[unknown, object, RegExp]>([
    ['..', {}, /^cookie: path must name a file below the root/],
    [7, {}, /^cookie: path must/],
    ['a', { expiresIn: 0 }, /^cookie: expiresIn must be/],
    ['a', { expiresIn: undefined, expires: 7 }, /^cookie: expires must be a Date/],
    ['a', { ip: 'x' }, /^cookie: ip must be/],
    ['a', { id: 7 }, /^cookie: id must be/],
    ['a', { uses: 0 }, /^cookie: uses must be/],
    ['a', { disposition: 'x' }, /^cookie: disposition must be/],
    ['a', { align: 0 }, /^cookie: align must be/],
    ['a', { align: 60, uses: 1 }, /^cookie: align needs an id/],
  ])('throws a TypeError for %j with %j', (path, claims, message) => {
    const act = (): unknown => signerOf().cookie(path as string, { ...MEDIA, ...claims });
    expect(act).toThrow(TypeError);
    expect(act).toThrow(message);
  });
});

describe('cookies and schemes', () => {
  const custom: TokenScheme = {
    name: 'x',
    carries: [],
    format: () => '/x',
    parse: () => undefined,
  };

  it.each<[TokenOptions['scheme'], RegExp]>([
    [
      'wsgi-xsendfile',
      /^createUrlSigner: scheme 'wsgi-xsendfile' has no cookie; it is for hmac\.$/,
    ],
    ['mod-auth-token', /has no cookie/],
    ['secure-link', /has no cookie/],
    ['secdownload', /has no cookie/],
    [custom, /^createUrlSigner: a custom scheme has no cookie; use scheme 'hmac'\.$/],
  ])('there are none for %p', (scheme, message) => {
    const act = (): unknown => signerOf({ scheme, cookie: 'x' });
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
    expect(() => signerOf({ scheme }).cookie('a', MEDIA)).toThrow(
      /^cookie: scheme must be 'hmac', got "[\w-]+", whose links cannot be cookies\.$/,
    );
  });

  it.each(['', 'a b', 'a,b', 7, null])('the name of one cannot be %j', (cookie) => {
    const act = (): unknown => signerOf({ cookie: cookie as string });
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(/^createUrlSigner: cookie must be the name of a cookie/);
  });

  it('a cookie is not a link', () => {
    const signer = signerOf();
    const [, token] = /^files=([^;]+)/.exec(signer.cookie('a', MEDIA)) ?? [];
    expect(signer.verify(`/${token}/a/b.txt`)).toMatchObject({
      ok: false,
      error: { code: 'ERR_XSENDFILE_TOKEN_FORGED' },
    });
  });
});

describe('parseCookies(header, name)', () => {
  it.each<[string, readonly string[]]>([
    ['', []],
    ['x=1', ['1']],
    ['a=0; x=1; b=2', ['1']],
    ['x=1; x=2; y=3; x=1', ['1', '2', '1']],
    ['x=1;x=2', ['1', '2']],
    ['  x=1\t;\t x=2 ', ['1', '2']],
    ['x', []],
    ['x=', ['']],
    ['=x', []],
    [';;=;x=1;', ['1']],
    ['X=1', []],
    ['xx=1; ax=2; x =3', []],
    ['x=a=b=', ['a=b=']],
    ['x="1"', ['"1"']],
    ['y="; x=1; "', ['1']],
    ['$Version=1; x=1; $Path=/', ['1']],
    ['x=%2e\u0000ä', ['%2e\u0000ä']],
    [Array.from({ length: 20 }, (_each, index) => `x=${index}`).join('; '), [...'01234567']],
  ])('of %j: %j', (header, expected) => {
    expect(parseCookies(header, 'x')).toEqual(expected);
  });

  it('never throws, and finds nothing that is not there', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (header) => {
        for (const value of parseCookies(header, 'x')) expect(header).toContain(`x=${value}`);
      }),
    );
  });

  it.each([
    [';'.repeat(1_000_000)],
    [' '.repeat(1_000_000)],
    [`x${' '.repeat(1_000_000)}=1`],
    ['x=1;'.repeat(250_000)],
    [`x=${'='.repeat(1_000_000)}`],
  ])('takes linear time for a huge header', (header) => {
    const start = performance.now();
    parseCookies(header, 'x');
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
