import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { createUrlSigner, type LinkClaims, type TokenOptions } from '../../lib/index.js';
import { formatClaims, parseClaims } from '../../lib/links/claims.js';
import { anyCharacter } from '../helpers/any-character.js';
import { builtPackage } from '../helpers/built-package.js';

const SECRET = 'a secret of more than sixteen bytes';
const NOW = Date.UTC(2026, 10, 22, 12);
const now = (): number => NOW;

const SCHEMES: readonly TokenOptions[] = [
  { scheme: 'hmac' },
  { scheme: 'wsgi-xsendfile' },
  { scheme: 'mod-auth-token' },
  { scheme: 'secure-link', mountPath: '/dl' },
  { scheme: 'secdownload', algorithm: 'md5' },
  { scheme: 'secdownload', algorithm: 'hmac-sha256' },
];

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !/^\.{1,2}$|[/\p{Cc}\p{Cs}]/u.test(text));
const segments = fc.array(name, { minLength: 1, maxLength: 4 });
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((value) => !/\p{Cs}/u.test(value));
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const claims: fc.Arbitrary<LinkClaims> = fc.record({
  expiresIn: optional(fc.integer({ min: 1, max: 1e8 })),
  notBefore: optional(fc.date({ min: new Date(0), max: new Date(NOW), noInvalidDate: true })),
  ip: optional(fc.oneof(fc.ipV4(), fc.ipV6())),
  filename: optional(text),
  disposition: optional(fc.constantFrom('inline', 'attachment')),
  prefix: optional(fc.boolean()),
  id: optional(text),
  uses: optional(fc.integer({ min: 1, max: 1_000_000 })),
  rate: optional(fc.maxSafeNat().map((rate) => Math.max(rate, 1))),
});

beforeAll(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

describe.each(SCHEMES)('links of %j', (options) => {
  const signer = createUrlSigner(SECRET, { ...options, now });

  it('are verified as what was signed', () => {
    fc.assert(
      fc.property(segments, (path) => {
        const result = signer.verify(signer.sign(path));
        expect(result).toMatchObject({ ok: true, claims: { segments: path } });
      }),
    );
  });

  it('are invalid, or mean the same, after any change', () => {
    const change = fc.record({
      at: fc.nat(),
      length: fc.nat(3),
      insert: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('/', '%', '0', 'a', '.', '-')),
    });
    fc.assert(
      fc.property(segments, change, (path, { at, length, insert }) => {
        const link = signer.sign(path);
        const position = at % link.length;
        const changed = link.slice(0, position) + insert + link.slice(position + length);
        const original = signer.verify(link);
        const result = signer.verify(changed);
        if (result.ok) expect(result).toEqual(original);
        else expect([404, 410]).toContain(result.error.status);
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot be made by moving characters between their parts', () => {
    fc.assert(
      fc.property(segments, fc.nat(), fc.integer({ min: -4, max: 4 }), (path, which, distance) => {
        const link = signer.sign(path);
        const separators = [...link.matchAll(/[/.\-?&=]/g)].map(({ index }) => index);
        const from = separators[which % separators.length] ?? 0;
        const without = link.slice(0, from) + link.slice(from + 1);
        const to = Math.max(0, from + distance);
        const moved = without.slice(0, to) + link[from] + without.slice(to);
        const result = signer.verify(moved);
        if (result.ok) expect(result).toEqual(signer.verify(link));
      }),
      { numRuns: 1000 },
    );
  });

  it('never make verify() throw', () => {
    const anything = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.webPath(),
      fc.string().map((rest) => `/${rest}`),
      fc.tuple(segments, fc.string()).map(([path, rest]) => signer.sign(path) + rest),
    );
    fc.assert(
      fc.property(anything, fc.option(fc.string(), { nil: undefined }), (link, clientAddress) => {
        const result = signer.verify(link, { clientAddress });
        if (!result.ok) expect([404, 410]).toContain(result.error.status);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('links of hmac', () => {
  const signer = createUrlSigner(SECRET, { now });

  it('are verified with the claims that were signed', () => {
    fc.assert(
      fc.property(segments, claims, (path, given) => {
        const link = signer.sign(path, given);
        const file = given.prefix ? [...path, 'file'] : path;
        const address = given.ip?.replace(/\/.*/, '');
        const result = signer.verify(given.prefix ? `${link}file` : link, {
          clientAddress: address,
        });
        expect(result).toMatchObject({ ok: true, claims: { segments: file } });
        if (!result.ok) return;
        expect(result.claims.expires.getTime()).toBe(NOW + (given.expiresIn ?? 120) * 1000);
        expect(result.claims.filename).toBe(given.filename);
        expect(result.claims.disposition).toBe(given.disposition);
        expect(result.claims.id).toEqual(
          given.id ?? (given.uses === undefined ? undefined : expect.stringMatching(/^[\w-]{22}$/)),
        );
        expect(result.claims.uses).toBe(given.uses);
        expect(result.claims.rate).toBe(given.rate);
        expect(result.claims.prefix).toBe(given.prefix || undefined);
      }),
    );
  });

  it('sign different bytes for different claims', () => {
    // The "hash" of this scheme shows what goes into the MAC.
    const fields = fc.record({
      purpose: fc.string({ maxLength: 6 }),
      path: segments,
      expiresIn: fc.integer({ min: 1, max: 3 }),
      id: optional(fc.constantFrom('a', 'b')),
    });
    const macOf = ({ purpose, path, ...rest }: { purpose: string; path: string[] } & LinkClaims) =>
      /^\/([\w-]{43})\./.exec(createUrlSigner(SECRET, { now, purpose }).sign(path, rest))?.[1];
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(macOf(one) === macOf(other)).toBe(isSame);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('claims as a string', () => {
  it('have one spelling', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), (raw) => {
        for (const text of [raw, Buffer.from(raw).toString('base64url')]) {
          const parsed = parseClaims(text);
          if (parsed !== undefined) expect(formatClaims(parsed)).toBe(text);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    'x=1',
    'i=a&d=a',
    'i=a&i=b',
    'd=x',
    'n=1',
    'n=0000000g',
    'p=01',
    'p=-1',
    'p=',
    'i=%41',
    'i=a&',
    'r=192.0.2.1',
    'f=%zz',
    'i',
    'u=',
    'u=0',
    'u=01',
    'u=-1',
    'u=1.5',
    'u=0x10',
    'u=1e3',
    'u=1000001',
    'u=NaN',
    's=',
    's=0',
    's=007',
    's=+1',
    's=1%20',
    's=9007199254740992',
    's=Infinity',
    'u=1&s=1',
    's=1&s=1',
    's=1&i=a',
  ])('are rejected in any other spelling: %s', (plain) => {
    expect(parseClaims(Buffer.from(plain).toString('base64url'))).toBeUndefined();
  });
});

describe('links and the time zone', () => {
  it.each(['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin'])(
    'are the same in %s',
    (zone) => {
      // 2026-10-25 01:30 UTC is in the hour that Europe/Berlin has twice.
      const program = `
      const { createUrlSigner } = require(${JSON.stringify(join(builtPackage(), 'dist/cjs/index.js'))});
      const now = () => Date.UTC(2026, 9, 25, 1, 30);
      const links = ['hmac', 'wsgi-xsendfile', 'mod-auth-token', 'secure-link', 'secdownload'].map(
        (scheme) => createUrlSigner(${JSON.stringify(SECRET)}, { scheme, now }).sign('a.txt'),
      );
      process.stdout.write(JSON.stringify(links));
    `;
      const printed = execFileSync(process.execPath, ['-e', program], {
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      });
      const berlin = (): number => Date.UTC(2026, 9, 25, 1, 30);
      const schemes: (TokenOptions['scheme'] & string)[] = [
        'hmac',
        'wsgi-xsendfile',
        'mod-auth-token',
        'secure-link',
        'secdownload',
      ];
      const expected = schemes.map((scheme) =>
        createUrlSigner(SECRET, { scheme, now: berlin }).sign('a.txt'),
      );
      expect(JSON.parse(printed)).toEqual(expected);
    },
  );
});
