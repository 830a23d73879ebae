import type { Traits } from '../../lib/servers/contract.js';
import { isControlHeader, nameForRestoring } from '../../lib/servers/headers.js';
import { TRAITS } from '../../lib/servers/names.js';

describe.each(Object.entries<Traits>(TRAITS))('the traits of %s', (key, traits) => {
  it('have its name', () => {
    expect(traits.name).toBe(key);
  });

  it('list headers that no client can send to it, or see', () => {
    const { header, controls = [], restored = [], downloadIdHeader = [] } = traits;
    const names = [header, controls, restored.map(nameForRestoring), downloadIdHeader].flat();
    expect(names.filter((name) => !isControlHeader(name))).toEqual([]);
  });
});
