import type { Embedding } from '../../lib/index.js';
import { createTree } from '../helpers/tree.js';
import { createWebFixture } from './site.js';
import { WAYS } from './ways.js';

const root = createTree({ 'a.txt': 'text' });
const VARY = 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest';

describe.each(WAYS)('embedding with $name', (way) => {
  it.each<[Embedding | undefined, string, number, number]>([
    [undefined, 'same-site', 200, 403],
    ['same-origin', 'same-origin', 403, 403],
    ['same-site', 'same-site', 200, 403],
    ['any', 'cross-origin', 200, 200],
  ])('%s is a header, and decides', async (embedding, value, sameSite, crossSite) => {
    const { check } = await createWebFixture(way, root, { embedding });
    const headers = { 'Cross-Origin-Resource-Policy': value };
    const target = '/files/a.txt';
    const vary = value === 'cross-origin' ? null : VARY;
    await check({ target }, { status: 200, headers: { ...headers, Vary: vary } });
    await check({ target: '/files/missing' }, { status: 404, headers });
    for (const [site, status] of [
      ['same-site', sameSite],
      ['cross-site', crossSite],
    ] as const) {
      const fetchMetadata = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'no-cors' };
      await check({ target, headers: fetchMetadata }, { status, headers });
    }
    const navigation = {
      ...{ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' },
      'Sec-Fetch-Dest': 'document',
    };
    await check({ target, headers: navigation }, { status: 200, headers });
  });
});
