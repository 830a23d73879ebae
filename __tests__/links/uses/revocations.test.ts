import { type AuthTokenOptions, BadOptionError } from '../../../lib/index.js';
import { createRevocations, limitUses, memoryUses } from '../../../lib/uses/index.js';
import { createTree } from '../../helpers/tree.js';
import { clientOf, startLinkSite } from './site.js';

const root = createTree({ 'a.pdf': 'a' });
const expires = new Date(Date.now() + 3_600_000);

const SENDERS: readonly (readonly [string, AuthTokenOptions])[] = [
  ['serve', { sender: 'serve' }],
  ['a header sender', { sender: 'lighttpd', handshake: false }],
];

describe.each(SENDERS)('createRevocations() with %s', (_name, options) => {
  it('answers 410 to all links with a revoked id, and to no others', async () => {
    const revocations = createRevocations();
    const { allow } = revocations;
    const { sign, ask, outcomes } = await startLinkSite(root, { ...options, allow });
    const revoked = sign('a.pdf', { id: 'stolen' });
    const others = [sign('a.pdf', { id: 'stolen 2' }), sign('a.pdf', {})];
    expect(await ask('a', revoked)).toBe(200);
    await revocations.revoke('stolen', expires);
    expect(await ask('a', revoked)).toBe(410);
    expect(outcomes.at(-1)).toMatchObject({
      kind: 'refused',
      code: 'ERR_XSENDFILE_TOKEN_REVOKED',
      tokenId: 'stolen',
    });
    expect(await ask('a', revoked, { method: 'HEAD' })).toBe(410);
    expect(await ask('a', revoked, { headers: { 'If-None-Match': '*' } })).toBe(410);
    for (const other of others) expect(await ask('a', other)).toBe(200);
  });

  it('works in a list with limitUses(), in one store', async () => {
    const store = memoryUses();
    const revocations = createRevocations({ store });
    const allow = [revocations.allow, limitUses({ store, client: clientOf })];
    const { sign, ask } = await startLinkSite(root, { ...options, allow });
    const link = sign('a.pdf', { uses: 1, id: 'order' });
    expect([await ask('a', link), await ask('b', link)]).toEqual([200, 410]);
    await revocations.revoke('order', expires);
    expect(await ask('a', link)).toBe(410);
  });
});

describe('revoke(id, expires)', () => {
  it.each([
    ['a Date', expires],
    ['milliseconds', expires.getTime()],
  ])('remembers the id until the end of the last second of the link: %s', async (_what, when) => {
    const revoke = jest.fn();
    await createRevocations({ store: { revoke, isRevoked: () => false } }).revoke('id', when);
    expect(revoke.mock.calls).toEqual([['id', expires.getTime() + 1000]]);
  });

  it.each([
    ['no id', undefined, expires, 'revoke: id must be the id of a link, got undefined.'],
    ['an empty id', '', expires, 'revoke: id must be the id of a link, got "".'],
    ['no time', 'id', undefined, /^revoke: expires must be a Date, or milliseconds.*got undefined/],
    ['seconds', 'id', 1_900_000_000, /^revoke: expires must be .*got 1900000000/],
    ['an invalid Date', 'id', new Date(Number.NaN), /^revoke: expires must be .*got null/],
  ])('rejects for %s', async (_what, id, when, message) => {
    await expect(createRevocations().revoke(id as string, when as Date)).rejects.toThrow(TypeError);
    await expect(createRevocations().revoke(id as string, when as Date)).rejects.toThrow(message);
  });

  it('does nothing for a link that has expired', async () => {
    const store = memoryUses({ maxLinks: 1 });
    const { revoke } = createRevocations({ store });
    await revoke('a', Date.now() - 2000);
    await revoke('b', expires);
    expect([store.isRevoked('a'), store.isRevoked('b')]).toEqual([false, true]);
  });
});

describe('createRevocations(options)', () => {
  it.each([
    ['options', null, /^createRevocations: options must be an object/],
    ['an unknown option', { window: 1 }, /^createRevocations: unknown option "window"/],
    ['timeout', { timeout: -1 }, /^createRevocations: timeout must be a number of seconds above 0/],
    ['store', { store: { revoke() {} } }, /^createRevocations: store must be .*revoke, isRevoked/],
  ])('throws for a wrong value of %s', (_name, options, message) => {
    expect(() => createRevocations(options as never)).toThrow(BadOptionError);
    expect(() => createRevocations(options as never)).toThrow(message);
  });
});
