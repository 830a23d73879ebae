import { createHash } from 'node:crypto';
import { showType } from '../../shared/option-checks.js';
import { checked, Option, type Readers, readOptions } from '../../shared/option-reader.js';
import type { ReleasedUse, RevocationStore, Use, UseStore } from './store.js';

/** The parts of a client of the package `redis`, version 4 or newer, that are used. */
export interface NodeRedisClient {
  /** Runs a Lua script. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  /** Only clients of `redis` have it in this spelling. */
  hSet: unknown;
}

/** The parts of a client of the package `ioredis` that are used. */
export interface IoRedisClient {
  /** Runs a Lua script. */
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** Only clients of `ioredis` have it. */
  defineCommand: unknown;
}

/** Options of {@link redisUses}. */
export interface RedisUsesOptions {
  /** Beginning of all keys. @default 'xsendfile:' */
  readonly prefix?: string | undefined;
}

/** Milliseconds by the clock of Redis. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * KEYS: uses, download. ARGV: max, expires, downloadExpires, 'take' or 'peek'. The result is 0, or the time
 * until which the download is or would be remembered. A key that expires in the past is deleted at once,
 * and each use would be the first: that must be an error. HINCRBY is the first command that writes: Redis
 * refuses it at its `maxmemory`, but nothing of a script that has written before.
 */
const TAKE = `${NOW}
local left = tonumber(ARGV[2]) - now
if not (left > 0) then return redis.error_reply('the link has expired by the clock of Redis') end
local running = redis.call('HGET', KEYS[2], 'expires')
local isLeft = running or tonumber(redis.call('GET', KEYS[1]) or 0) < tonumber(ARGV[1])
local downloadExpires = running or ARGV[3]
if ARGV[4] == 'take' then
  if isLeft then
    redis.call('HINCRBY', KEYS[2], 'requests', 1)
    if not running then
      redis.call('INCR', KEYS[1])
      redis.call('HSET', KEYS[2], 'expires', downloadExpires)
    end
    redis.call('PEXPIREAT', KEYS[2], downloadExpires)
  end
  if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
end
return isLeft and tonumber(downloadExpires) or 0
`;

/** KEYS: uses, download. ARGV: downloadExpires. */
const RELEASE = `
if redis.call('HGET', KEYS[2], 'expires') ~= ARGV[1] then return 0 end
if redis.call('HINCRBY', KEYS[2], 'requests', -1) > 0 then return 0 end
redis.call('DEL', KEYS[2])
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end
return 1
`;

/** KEYS: revoked. ARGV: expires. */
const REVOKE = `${NOW}
local left = tonumber(ARGV[1]) - now
if left > 0 and redis.call('PTTL', KEYS[1]) < left then
  redis.call('SET', KEYS[1], 1)
  redis.call('PEXPIREAT', KEYS[1], ARGV[1])
end
return 1
`;

/** KEYS: revoked. */
const IS_REVOKED = `return redis.call('EXISTS', KEYS[1])`;

const OPTIONS = {
  prefix: checked<string>('a string', (value) => typeof value === 'string', 'xsendfile:'),
} satisfies Readers<RedisUsesOptions>;

/**
 * Creates a store in Redis 5 or newer, on a client that the application has connected: for several
 * processes and machines.
 *
 * Each operation is one Lua script. All keys of a link have the same hash tag, so Redis Cluster works,
 * and expire with the link. The clocks of the machines should agree to a second.
 *
 * @param client - of the package `redis` (4 or newer) or `ioredis` (5 or newer).
 * @throws {@link BadOptionError} for any other client, and when an option is unknown or wrong.
 *
 * @example Count in Redis
 * ```ts
 * import { createClient } from 'redis';
 * import { limitUses, redisUses } from 'xsendfile/uses';
 *
 * const client = await createClient({ url: process.env.REDIS_URL }).connect();
 * const allow = limitUses({ store: redisUses(client) });
 * ```
 */
export function redisUses(
  client: NodeRedisClient | IoRedisClient,
  options: RedisUsesOptions = {},
): UseStore & RevocationStore {
  const caller = 'redisUses';
  const { prefix } = readOptions(caller, options, OPTIONS);
  const run = runnerOf(client, caller);

  /** Ids may contain anything; as a digest, they can neither be confused nor end the hash tag. */
  function keyOf(id: string, kind: string): string {
    return `${prefix}{${createHash('sha256').update(id).digest('base64url')}}:${kind}`;
  }

  function keysOf({ id, download }: Pick<Use, 'id' | 'download'>): [string, string] {
    return [keyOf(id, 'uses'), keyOf(id, `download:${download}`)];
  }

  async function take(use: Use, operation: 'take' | 'peek'): Promise<number | false> {
    const { max, expires, downloadExpires } = use;
    const numbers = [max, expires, Math.floor(downloadExpires)].map(String);
    return (await run(TAKE, keysOf(use), [...numbers, operation])) || false;
  }

  return Object.freeze({
    take: (use: Use) => take(use, 'take'),
    peek: async (use: Use) => (await take(use, 'peek')) !== false,
    release: (use: ReleasedUse) => run(RELEASE, keysOf(use), [String(use.downloadExpires)]),
    revoke: (id: string, expires: number) => run(REVOKE, [keyOf(id, 'revoked')], [String(expires)]),
    isRevoked: async (id: string) => (await run(IS_REVOKED, [keyOf(id, 'revoked')], [])) !== 0,
  });
}

/** Runs a script that returns a whole number. */
type Runner = (script: string, keys: string[], args: string[]) => Promise<number>;

function runnerOf(client: NodeRedisClient | IoRedisClient, caller: string): Runner {
  const isIoRedis = typeof (client as Partial<IoRedisClient> | null)?.defineCommand === 'function';
  const isNodeRedis = typeof (client as Partial<NodeRedisClient> | null)?.hSet === 'function';
  if (typeof client?.eval !== 'function' || !(isIoRedis || isNodeRedis)) {
    throw new Option(caller, 'client').error(
      `client must be from the package redis (version 4 or newer) or ioredis, got ${showType(client)}.`,
    );
  }
  return async (script, keys, args) => {
    const answer = await (isIoRedis
      ? (client as IoRedisClient).eval(script, keys.length, ...keys, ...args)
      : (client as NodeRedisClient).eval(script, { keys, arguments: args }));
    // A client may be configured to return numbers as strings.
    if (Number.isSafeInteger(answer)) return answer as number;
    if (typeof answer === 'string' && /^\d+$/.test(answer)) return Number(answer);
    throw new TypeError(
      `${caller}: the script must return a whole number, got ${showType(answer)}.`,
    );
  };
}
