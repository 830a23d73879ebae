/**
 * Functions for the option `allow` that count the uses of links and revoke links, and their stores.
 *
 * @module
 */

export { BadOptionError } from '../shared/errors.js';
export { type LimitUsesOptions, limitUses } from './limit-uses.js';
export { type MemoryUsesOptions, memoryUses } from './memory.js';
export {
  type IoRedisClient,
  type NodeRedisClient,
  type RedisUsesOptions,
  redisUses,
} from './redis.js';
export { createRevocations, type Revocations, type RevocationsOptions } from './revocations.js';
export type { RevocationStore, Use, UseInVain, UseStore } from './store.js';
