/**
 * Functions for the option `allow` that count the uses of links and revoke links, and their stores.
 *
 * @module
 */

export {
  type CountingContext,
  type CountingFunction,
  type LimitUsesOptions,
  limitUses,
} from '../links/uses/limit-uses.js';
export { type MemoryUsesOptions, memoryUses } from '../links/uses/memory.js';
export {
  type IoRedisClient,
  type NodeRedisClient,
  type RedisUsesOptions,
  redisUses,
} from '../links/uses/redis.js';
export {
  createRevocations,
  type Revocations,
  type RevocationsOptions,
} from '../links/uses/revocations.js';
export type { ReleasedUse, RevocationStore, Use, UseStore } from '../links/uses/store.js';
export { BadOptionError } from '../shared/errors.js';
