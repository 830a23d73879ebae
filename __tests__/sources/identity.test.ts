import { statSync } from 'node:fs';
import { type FileIdentity, identityOf, isSameIdentity } from '../../lib/sources/identity.js';

const identity: FileIdentity = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n };

it('identityOf(stats) takes the five fields', () => {
  const stats = statSync(__filename, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  expect(identityOf(stats)).toEqual({ dev, ino, size, mtimeNs, ctimeNs });
});

describe('isSameIdentity(one, other)', () => {
  it('is true for equal fields', () => {
    expect(isSameIdentity(identity, { ...identity })).toBe(true);
  });

  it.each(Object.keys(identity))('is false for another %s', (field) => {
    expect(isSameIdentity(identity, { ...identity, [field]: 9n })).toBe(false);
    expect(isSameIdentity({ ...identity, [field]: 9n }, identity)).toBe(false);
  });
});
