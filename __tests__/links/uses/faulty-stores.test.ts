import { execFileSync } from 'node:child_process';
import type { AuthTokenOptions, RefusedError } from '../../../lib/index.js';
import { createRevocations, limitUses, redisUses } from '../../../lib/uses/index.js';
import { builtPackage } from '../../helpers/built-package.js';
import { expectResponse } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { createTree } from '../../helpers/tree.js';
import { warningOptions } from '../../helpers/warning-options.js';
import { CLIENTS } from './clients.js';
import { createRedisServer } from './redis-server.js';
import { clientOf, startLinkSite } from './site.js';

/** A store that fails is answered with 503, never with a file. */

const root = createTree({ 'a.pdf': 'a' });
const UNAVAILABLE = {
  status: 503,
  headers: { 'Retry-After': '5', 'X-Sendfile': null },
  body: 'Service Unavailable\n',
};
/** Seconds. */
const timeout = 0.2;

const SENDERS: readonly (readonly [string, AuthTokenOptions])[] = [
  ['serve', { sender: 'serve' }],
  ['a header sender', { sender: 'lighttpd', handshake: false }],
];

const FAULTS: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['answers nothing', () => undefined, /must return (true or false|a time.*), got undefined/],
  ['answers null', () => null, /got null/],
  ['answers 0', () => 0, /got a number/],
  ["answers 'true'", () => 'true', /got a string of 4 characters/],
  ['answers an object', async () => ({ allowed: true }), /got an object/],
  [
    'throws',
    () => {
      throw new Error('broken');
    },
    /^broken$/,
  ],
  ['rejects', () => Promise.reject(new Error('refused')), /^refused$/],
  ['rejects with nothing', () => Promise.reject(), /^$/],
  ['never answers', () => new Promise(() => {}), /did not respond within 200 ms/],
];

describe.each(SENDERS)('with %s, a store that', (_name, options) => {
  it.each(FAULTS)('%s is answered with 503 for GET and HEAD', async (_what, fault, message) => {
    const errors: RefusedError[] = [];
    const store = { take: fault, peek: fault, release: () => {} } as never;
    const { sign, respond, outcomes } = await startLinkSite(
      root,
      {
        ...options,
        onRefused: (error, { next }) => {
          errors.push(error);
          next(error);
        },
      },
      { store, timeout },
    );
    const link = sign('a.pdf');
    expectResponse(await respond('a', link), UNAVAILABLE);
    expectResponse(await respond('a', link, { method: 'HEAD' }), { ...UNAVAILABLE, body: '' });
    expect(outcomes).toMatchObject([
      { kind: 'refused', status: 503, code: 'ERR_XSENDFILE_STORE_UNAVAILABLE', bytes: 0 },
      { kind: 'refused', status: 503, code: 'ERR_XSENDFILE_STORE_UNAVAILABLE', bytes: 0 },
    ]);
    for (const { cause } of errors)
      expect(String((cause as Error)?.message ?? '')).toMatch(message);
    expect(errors).toHaveLength(2);
  });

  it.each(FAULTS)('%s about revocations is answered with 503', async (_what, fault) => {
    const store = { revoke: fault, isRevoked: fault } as never;
    const { allow } = createRevocations({ store, timeout });
    const { sign, respond } = await startLinkSite(root, { ...options, allow });
    expectResponse(await respond('a', sign('a.pdf', { id: 'a' })), UNAVAILABLE);
    expectResponse(await respond('a', sign('a.pdf', {})), { status: 200 });
  });

  it('gives back a use that was taken too late for the request', async () => {
    let answer: (downloadExpires: number) => void = () => {};
    const release = jest.fn();
    const take = () =>
      new Promise<number>((resolve) => {
        answer = resolve;
      });
    const { sign, ask } = await startLinkSite(root, options, {
      store: { take, peek: () => true, release },
      timeout,
    });
    expect(await ask('a', sign('a.pdf', { uses: 1, id: 'late' }))).toBe(503);
    expect(release).not.toHaveBeenCalled();
    answer(12_345);
    await eventually(() => release.mock.calls.length === 1);
    expect(release.mock.calls).toEqual([
      [{ id: 'late', download: expect.any(String), downloadExpires: 12_345 }],
    ]);
  });

  it('cannot give a use back only causes a warning', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { sign, ask } = await startLinkSite(root, {
      ...options,
      allow: [
        limitUses({
          client: clientOf,
          store: {
            take: () => 1,
            peek: () => true,
            release: async () => Promise.reject('down'),
          },
        }),
        () => false,
      ],
    });
    expect(await ask('a', sign('a.pdf'))).toBe(404);
    await eventually(() => emitWarning.mock.calls.length > 0);
    expect(emitWarning.mock.calls).toEqual([
      [expect.stringMatching(/down/), warningOptions('XSENDFILE_OBSERVER_THREW')],
    ]);
    emitWarning.mockRestore();
  });
});

describe('revoke() with a store that', () => {
  it.each(FAULTS.filter(([what]) => !what.startsWith('answers')))(
    '%s rejects',
    async (_what, fault) => {
      const { revoke } = createRevocations({
        store: { revoke: fault, isRevoked: () => false },
        timeout,
      });
      await expect(revoke('a', Date.now() + 60_000)).rejects.toMatchObject({
        code: 'ERR_XSENDFILE_STORE_UNAVAILABLE',
        status: 503,
      });
    },
  );
});

it('a store that rejects after the timeout causes no unhandled rejection', () => {
  const script = `
    import { createRevocations, limitUses } from 'xsendfile/uses';
    const late = () => new Promise((_resolve, reject) => setTimeout(reject, 100, new Error('late')));
    const store = { take: late, peek: late, release: late, revoke: late, isRevoked: late };
    const revocations = createRevocations({ store, timeout: 0.01 });
    const claims = { id: 'a', uses: 1, expires: new Date(Date.now() + 60_000) };
    const file = { segments: ['a'], etag: '"a"' };
    const observers = [];
    const onFinish = (observer) => observers.push(observer);
    const context = (method) => ({ req: { method, headers: {}, socket: {} }, claims, status: 200, onFinish, onDelivered: onFinish });
    const limit = limitUses({ store, timeout: 0.01, client: () => 'a' });
    const calls = [
      limit(file, context('GET')), limit(file, context('HEAD')),
      revocations.allow(file, context('GET')), revocations.revoke('a', claims.expires),
    ];
    const results = await Promise.allSettled(calls);
    await Promise.all(observers.map((observer) => observer({ kind: 'refused', bytes: 0 })));
    await new Promise((resolve) => setTimeout(resolve, 200));
    console.log(results.map(({ reason }) => reason.status).join());
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: builtPackage(),
    encoding: 'utf8',
  });
  expect(output).toBe('503,503,503,503\n');
});

describeWithPrograms('Redis', ['redis'], () => {
  describe.each(Object.entries(CLIENTS))('with %s', (_name, open) => {
    it.each(SENDERS)(
      'that stops or dies gives no free download, and recovers: %s',
      async (_title, options) => {
        const server = createRedisServer();
        await server.start();
        const { client, close } = await open(server.socketPath);
        const store = redisUses(client);
        const revocations = createRevocations({ store, timeout });
        const { sign, ask, respond } = await startLinkSite(root, {
          ...options,
          allow: [revocations.allow, limitUses({ store, timeout, client: clientOf })],
        });
        const used = sign('a.pdf');
        expect(await ask('a', used)).toBe(200);

        await server.signal('SIGSTOP');
        const link = sign('a.pdf');
        for (const each of [used, link]) expectResponse(await respond('b', each), UNAVAILABLE);
        await server.signal('SIGCONT');
        // What was asked meanwhile is answered now, and its use is given back.
        await eventually(async () => (await ask('c', link)) === 200);
        expect([await ask('d', link), await ask('b', used)]).toEqual([410, 410]);

        await server.signal('SIGKILL');
        const another = sign('a.pdf');
        for (const each of [used, another]) expectResponse(await respond('b', each), UNAVAILABLE);
        await server.start();
        await eventually(async () => (await ask('c', another)) === 200);
        expect(await ask('d', another)).toBe(410);
        close();
      },
    );
  });
});
