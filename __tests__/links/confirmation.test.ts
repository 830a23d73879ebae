import { createHmac } from 'node:crypto';
import { formatConfirmation, readConfirmation } from '../../lib/links/confirmation.js';
import { createLinkSigner } from '../../lib/links/signer.js';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const LINK = 'the signature of a link';
const NOW = 1_800_000_000;

const sign = (message: string): string =>
  createHmac('sha256', KEY)
    .update(`xsendfile-confirmation-1\0${LINK}\0${message}`)
    .digest('base64url');

describe('formatConfirmation(key, link, now)', () => {
  it('signs the link, the second in which it ends, and random bytes', () => {
    const text = formatConfirmation(KEY, LINK, NOW);
    const [, mac = '', message = ''] = /^([^.]+)\.(6b49d32c\.[\w-]{8})$/.exec(text) ?? [];
    expect(0x6b49d32c).toBe(NOW + 300);
    expect(mac).toBe(sign(message));
    expect(formatConfirmation(KEY, LINK, NOW)).not.toBe(text);
  });
});

describe('readConfirmation(text, key, link, now)', () => {
  const text = formatConfirmation(KEY, LINK, NOW);
  const read = (given: string, key = KEY, link = LINK, now = NOW) =>
    readConfirmation(given, key, link, now);

  it('is fresh for five minutes, then late', () => {
    expect(read(text)).toBe('fresh');
    expect(read(text, KEY, LINK, NOW + 300)).toBe('fresh');
    expect(read(text, KEY, LINK, NOW + 301)).toBe('late');
  });

  it('is missing with another key or link, and for everything else', () => {
    expect(read(text, Buffer.alloc(32))).toBe('missing');
    expect(read(text, KEY, 'another')).toBe('missing');
    expect(read('')).toBe('missing');
  });

  // These would be genuine otherwise.
  it.each([
    '',
    '6b49d32c',
    '6b49d32c.',
    '6b49d32c.abcdefg',
    '6b49d32c.abcdefghi',
    '6B49D32C.abcdefgh',
  ])('is missing for %j, although it is signed', (message) => {
    expect(read(`${sign(message)}.${message}`)).toBe('missing');
  });

  it('is missing with anything around it', () => {
    expect(read(`a${text}`)).toBe('missing');
    expect(read(`${text}a`)).toBe('missing');
    expect(read(`${text}\n`)).toBe('missing');
  });
});

describe('confirm(link, claims) and readConfirmation(link, claims, text)', () => {
  it('use the key and the signature of the link, and the clock of the signer', () => {
    const OTHER = 'fedcba9876543210fedcba9876543210';
    let time = NOW;
    const open = (secrets: readonly string[]) =>
      createLinkSigner(secrets, { now: () => time * 1000 }, 'the test');
    const old = open([OTHER]);
    const signer = open([KEY.toString(), OTHER]);
    const [link, another] = ['a', 'b'].map((name) => ({
      segments: old.sign(name, { expiresIn: 3600 }).split('/').slice(1),
      query: '',
      clientAddress: undefined,
    })) as [{ segments: string[]; query: string; clientAddress: undefined }, never];
    const claimsOf = (received: typeof link, by: typeof signer) => {
      const { claims } = by.verifyParts(received);
      if (claims === undefined) throw new Error('The link is not genuine.');
      return claims;
    };
    const text = signer.confirm(link, claimsOf(link, signer));
    expect(text.split('.')[1]).toBe('6b49d32c');
    // The link was signed with the second secret of one, and with the only one of the other.
    expect(old.readConfirmation(link, claimsOf(link, old), text)).toBe('fresh');
    expect(signer.readConfirmation(another, claimsOf(another, signer), text)).toBe('missing');
    time += 301;
    expect(signer.readConfirmation(link, claimsOf(link, signer), text)).toBe('late');
  });
});
