import { setTimeout as delay } from 'node:timers/promises';
import {
  memoryUses,
  type RevocationStore,
  redisUses,
  type Use,
  type UseStore,
} from '../../../lib/uses/index.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { CLIENTS, type ConnectedClient } from './clients.js';
import { createRedisServer } from './redis-server.js';

/** What every store must do, in memory and in Redis with each client. */

type Store = UseStore & RevocationStore;

let count = 0;

function use(details: Partial<Use> = {}): Use {
  const expires = Date.now() + 60_000;
  return {
    id: `link ${count++}`,
    max: 1,
    expires,
    download: 'a',
    downloadExpires: expires,
    ...details,
  };
}

const STRANGE_IDS = [
  'a:b',
  'a}:{b',
  '{}',
  ' ',
  'a\nb\0c',
  'größe-文件-👍',
  'x'.repeat(64),
  `${'x'.repeat(63)}y`,
  '__proto__',
  'link:uses',
];

/** Whether the store remembers the download, now or already before. */
async function take(store: UseStore, download: Use): Promise<boolean> {
  return (await store.take(download)) !== false;
}

function describeStore(store: () => Store): void {
  it('gives as many uses as the link has', async () => {
    const link = use({ max: 3 });
    const answers: boolean[] = [];
    for (const download of ['a', 'b', 'c', 'd', 'e']) {
      answers.push(await take(store(), { ...link, download }));
    }
    expect(answers).toEqual([true, true, true, false, false]);
  });

  it('takes one use for all requests of a download', async () => {
    const link = use({ max: 2 });
    for (let request = 0; request < 5; request++) expect(await take(store(), link)).toBe(true);
    expect(await take(store(), { ...link, download: 'b' })).toBe(true);
    expect(await take(store(), { ...link, download: 'c' })).toBe(false);
    expect(await take(store(), link)).toBe(true);
  });

  it('answers peek() as take(), and takes nothing', async () => {
    const link = use();
    for (let request = 0; request < 3; request++) expect(await store().peek(link)).toBe(true);
    expect(await take(store(), link)).toBe(true);
    expect(await store().peek(link)).toBe(true);
    expect(await store().peek({ ...link, download: 'b' })).toBe(false);
  });

  it('forgets a download when its window ends, but not its use', async () => {
    const link = use({ max: 2, downloadExpires: Date.now() + 300 });
    expect(await take(store(), link)).toBe(true);
    await delay(320);
    expect(await take(store(), link)).toBe(true);
    expect(await take(store(), { ...link, download: 'b' })).toBe(false);
  });

  it('does not prolong the window with further requests', async () => {
    const link = use({ downloadExpires: Date.now() + 300 });
    expect(await take(store(), link)).toBe(true);
    expect(await take(store(), { ...link, downloadExpires: link.expires })).toBe(true);
    await delay(320);
    expect(await take(store(), link)).toBe(false);
  });

  it('gives a use back, once', async () => {
    const link = use({ max: 2 });
    expect(await take(store(), link)).toBe(true);
    await store().release(link);
    await store().release(link);
    for (const download of ['b', 'c'])
      expect(await take(store(), { ...link, download })).toBe(true);
    expect(await take(store(), link)).toBe(false);
  });

  it('returns until when it remembers a download: as long as its first request says', async () => {
    const link = use({ max: 2 });
    const later = { ...link, downloadExpires: link.expires - 1000 };
    expect(await store().take(link)).toBe(link.downloadExpires);
    expect(await store().take(later)).toBe(link.downloadExpires);
    expect(await store().take({ ...later, download: 'b' })).toBe(later.downloadExpires);
    expect(await store().take({ ...link, download: 'c' })).toBe(false);
  });

  it('gives no use back for a request of a download whose window has ended', async () => {
    const link = use({ max: 2 });
    const first = { ...link, downloadExpires: Date.now() + 300 };
    expect(await take(store(), first)).toBe(true);
    expect(await take(store(), link)).toBe(true);
    await delay(320);
    // The same client begins a second download, with another end, and gets it.
    expect(await store().take(link)).toBe(link.downloadExpires);
    await store().release(first);
    expect(await take(store(), { ...link, download: 'b' })).toBe(false);
  });

  it('gives no use back if the download has other requests', async () => {
    const link = use();
    await take(store(), link);
    await take(store(), link);
    await store().release(link);
    expect(await take(store(), { ...link, download: 'b' })).toBe(false);
    expect(await take(store(), link)).toBe(true);
  });

  it('releases the use when all requests of a download delivered nothing', async () => {
    const link = use();
    for (let request = 0; request < 3; request++) await take(store(), link);
    for (let request = 0; request < 3; request++) await store().release(link);
    expect(await take(store(), { ...link, download: 'b' })).toBe(true);
    await store().release(link);
    expect(await take(store(), link)).toBe(false);
  });

  it('gives nothing back for a link or download that it does not know', async () => {
    const link = use();
    await store().release(link);
    expect(await take(store(), link)).toBe(true);
    await store().release({ ...link, download: 'b' });
    expect(await take(store(), { ...link, download: 'b' })).toBe(false);
  });

  it('remembers the uses until the last link with that id expires', async () => {
    const link = use({ max: 2 });
    const soon = Date.now() + 300;
    expect(await take(store(), link)).toBe(true);
    const short = { ...link, download: 'b', expires: soon, downloadExpires: soon };
    expect(await take(store(), short)).toBe(true);
    await delay(320);
    expect(await take(store(), { ...link, download: 'c' })).toBe(false);
  });

  it.each([
    ['is refused', 'b', false],
    ['belongs to a download', 'a', true],
  ])(
    'remembers the uses until a link expires whose request %s',
    async (_what, download, isTaken) => {
      const link = use();
      const soon = Date.now() + 300;
      const short = { ...link, expires: soon, downloadExpires: soon };
      expect(await take(store(), short)).toBe(true);
      expect(await take(store(), { ...link, download })).toBe(isTaken);
      await delay(320);
      expect(await take(store(), { ...link, download: 'c' })).toBe(false);
    },
  );

  it('forgets a download when its window ends, even if an earlier one is remembered', async () => {
    const link = use({ max: 2 });
    expect(await take(store(), link)).toBe(true);
    const short = { ...link, download: 'b', downloadExpires: Date.now() + 300 };
    expect(await take(store(), short)).toBe(true);
    await delay(320);
    expect([await store().peek(short), await take(store(), short)]).toEqual([false, false]);
    expect(await take(store(), link)).toBe(true);
  });

  it('fails for a link that has expired by its own clock, which it could not remember', async () => {
    const link = use({ expires: Date.now() - 1, downloadExpires: Date.now() - 1 });
    await expect(take(store(), link)).rejects.toThrow(/the link has expired by/);
  });

  it.each([
    ['NaN', Number.NaN],
    ['0', 0],
    ['a negative number', -1],
  ])('gives no use of a link for %s downloads', async (_what, max) => {
    expect(await take(store(), use({ max }))).toBe(false);
  });

  it('keeps ids apart that contain separators, Unicode or 64 characters', async () => {
    const links = STRANGE_IDS.map((id) => use({ id: `${id}${count}` }));
    for (const link of links) expect(await take(store(), link)).toBe(true);
    for (const link of links) {
      expect(await take(store(), { ...link, download: 'b' })).toBe(false);
      expect(await store().isRevoked(link.id)).toBe(false);
    }
    for (const { id, expires } of links) {
      await store().revoke(id, expires);
      expect(await store().isRevoked(id)).toBe(true);
      expect(await store().isRevoked(`${id}x`)).toBe(false);
    }
  });

  it('remembers a revocation until the last link with that id expires', async () => {
    const { id, expires } = use();
    const soon = Date.now() + 300;
    await store().revoke(id, soon);
    expect(await store().isRevoked(id)).toBe(true);
    await delay(320);
    expect(await store().isRevoked(id)).toBe(false);
    await store().revoke(id, expires);
    await store().revoke(id, soon);
    expect(await store().isRevoked(id)).toBe(true);
  });
}

describe('memoryUses()', () => {
  const store = memoryUses();
  describeStore(() => store);

  it('fails when it is full, forgets no count, and has room again when a link expires', () => {
    let time = 1_000_000;
    const small = memoryUses({ maxLinks: 3, now: () => time });
    const link = (id: string, seconds: number): Use => {
      const expires = 1_000_000 + seconds * 1000;
      return { id, max: 1, expires, download: 'a', downloadExpires: expires };
    };
    for (const id of ['a', 'b', 'c']) expect(small.take(link(id, 60))).toBe(1_060_000);
    expect(() => small.take(link('d', 90))).toThrow(
      'memoryUses: there are already 3 entries (maxLinks), and none has expired.',
    );
    expect(small.take({ ...link('a', 60), download: 'b' })).toBe(false);
    time += 60_000;
    expect(small.take(link('d', 90))).toBe(1_090_000);
    expect(small.take({ ...link('d', 90), download: 'b' })).toBe(false);
  });

  it('bounds the downloads of links with many uses, too', () => {
    const small = memoryUses({ maxLinks: 3 });
    const link = use({ max: 1_000_000 });
    const downloads = ['a', 'b', 'c', 'd'].map((download) => ({ ...link, download }));
    const take = () => downloads.map((download) => small.take(download));
    expect(take).toThrow(/maxLinks/);
    // The one that failed has taken no use.
    expect(small.peek({ ...link, max: 4, download: 'd' })).toBe(true);
    expect(small.peek({ ...link, max: 3, download: 'd' })).toBe(false);
  });

  it('bounds revocations, too, and forgets none', () => {
    const small = memoryUses({ maxLinks: 1, now: () => 0 });
    small.revoke('a', 10);
    expect(() => small.revoke('b', 10)).toThrow(/maxLinks/);
    expect([small.isRevoked('a'), small.isRevoked('b')]).toEqual([true, false]);
  });

  it('takes little time while it is full, and while links expire', () => {
    let time = 0;
    const full = memoryUses({ maxLinks: 15_000, now: () => time });
    const started = performance.now();
    let refused = 0;
    for (let index = 0; index < 200_000; index++) {
      const expires = (Math.floor(time / 1000) + 20) * 1000;
      try {
        full.take({ id: `${index}`, max: 1, expires, download: 'a', downloadExpires: expires });
      } catch {
        refused += 1;
      }
      if (index % 100 === 0) time += 100;
    }
    expect(refused).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.each([
    ['maxLinks', { maxLinks: 0 }, /maxLinks must be a whole number, 1 or more, got 0/],
    ['now', { now: 1 }, /now must be a function, got 1/],
    ['an unknown option', { max: 1 }, /unknown option "max"/],
  ])('throws for a wrong value of %s', (_name, options, message) => {
    expect(() => memoryUses(options as never)).toThrow(message);
  });
});

describeWithPrograms('redisUses()', ['redis'], () => {
  const server = createRedisServer();
  beforeAll(() => server.start());

  describe.each(Object.entries(CLIENTS))('with %s', (_name, open) => {
    let connected: ConnectedClient;
    let store: Store;
    beforeAll(async () => {
      connected = await open(server.socketPath);
      store = redisUses(connected.client);
    });
    beforeEach(() => connected.flush());
    afterAll(() => connected.close());

    describeStore(() => store);

    it('leaves no key that does not expire with the link or before', async () => {
      const link = use({ max: 3 });
      await store.take(link);
      await store.take(link);
      await store.release(link);
      await store.take(use({ ...link, download: 'b' }));
      await store.revoke(link.id, link.expires);
      const keys = Object.entries(await connected.keys());
      expect(keys).toHaveLength(4);
      for (const [name, ttl] of keys) {
        expect([name, ttl > 0 && ttl <= 60_000]).toEqual([name, true]);
      }
    });

    it('leaves no key of a use that is given back after Redis lost the link', async () => {
      const link = use();
      await store.take(link);
      await connected.flush();
      await store.release(link);
      expect(await connected.keys()).toEqual({});
    });

    it('has one hash tag in all keys of a link, whatever its id contains', async () => {
      const link = use({ id: '{a}{b}:}{', max: 3 });
      await store.take(link);
      await store.take({ ...link, download: 'b' });
      await store.revoke(link.id, link.expires);
      const tags = Object.keys(await connected.keys()).map((key) =>
        /^xsendfile:\{([\w-]{43})\}:/.exec(key)?.at(1),
      );
      expect(tags).toHaveLength(4);
      expect(new Set(tags).size).toBe(1);
      expect(tags[0]).toBeDefined();
    });

    it('fails when Redis is full, and has taken and forgotten nothing', async () => {
      const soon = Date.now() + 30_000;
      const link = use({ max: 2, expires: soon, downloadExpires: soon });
      expect(await take(store, link)).toBe(true);
      const before = await connected.keys();
      await connected.limitMemory(1);
      try {
        const later = { ...link, expires: link.expires + 30_000 };
        for (const each of [use(), later, { ...later, download: 'b' }]) {
          await expect(store.take(each)).rejects.toThrow(/OOM/);
        }
        await expect(store.revoke(use().id, link.expires)).rejects.toThrow(/OOM/);
        expect([await store.peek(link), await store.peek({ ...link, max: 1 })]).toEqual([
          true,
          true,
        ]);
        expect(await store.take({ ...link, max: 1, download: 'b' })).toBe(false);
        const after = await connected.keys();
        expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
        expect(Math.max(...Object.values(after))).toBeLessThanOrEqual(30_000);
      } finally {
        await connected.limitMemory(0);
      }
      expect(await take(store, { ...link, download: 'b' })).toBe(true);
      expect(await take(store, { ...link, download: 'c' })).toBe(false);
    });

    it('separates applications by prefix', async () => {
      const other = redisUses(connected.client, { prefix: 'other:' });
      const link = use();
      expect([await take(store, link), await take(other, link)]).toEqual([true, true]);
    });
  });
});

describe('redisUses(client, options)', () => {
  it.each([
    ['nothing', undefined, 'undefined'],
    ['an address', 'redis://localhost', 'a string of 17 characters'],
    ['an object without eval()', { hSet() {} }, 'an object'],
    ['a client of redis 3', { eval() {}, hset() {} }, 'an object'],
  ])('throws for %s instead of a client', (_what, client, shown) => {
    expect(() => redisUses(client as never)).toThrow(
      `redisUses: client must be from the package redis (version 4 or newer) or ioredis, got ${shown}.`,
    );
  });

  it.each([
    ['prefix', { prefix: 1 }, /prefix must be a string, got 1/],
    ['an unknown option', { url: '' }, /unknown option "url"/],
  ])('throws for a wrong value of %s', (_name, options, message) => {
    const client = { eval: async () => 1, hSet() {} };
    expect(() => redisUses(client, options as never)).toThrow(message);
  });

  it.each(
    [undefined, null, 'OK', '', 1.5, [1], {}].map((answer) => [JSON.stringify(answer), answer]),
  )('fails if a script answers %s', async (_shown, answer) => {
    const store = redisUses({ eval: async () => answer, hSet() {} });
    await expect(store.take(use())).rejects.toThrow(/the script must return a whole number, got/);
  });
});
