import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { createClient } from 'redis';
import { createClient as createClient4 } from 'redis4';
import type { IoRedisClient, NodeRedisClient } from '../../../lib/uses/index.js';

/** A client of Redis that the application has connected. */
export interface ConnectedClient {
  readonly client: NodeRedisClient | IoRedisClient;
  /** Names of all keys, with the milliseconds until they expire. */
  keys(): Promise<Record<string, number>>;
  flush(): Promise<unknown>;
  /** Sets `maxmemory` in bytes; 0 is no limit. */
  limitMemory(bytes: number): Promise<unknown>;
  close(): void;
}

/** How each package connects to a server on a Unix socket. */
export const CLIENTS: Readonly<Record<string, (path: string) => Promise<ConnectedClient>>> = {
  async 'redis 6'(path) {
    const client = createClient({ socket: { path, tls: false } });
    return connect(client, () => client.destroy());
  },
  async 'redis 4'(path) {
    const client = createClient4({ socket: { path } });
    return connect(client, () => void client.disconnect().catch(() => {}));
  },
  'ioredis 6': async (path) => connectedBy(new Redis(path)),
  'ioredis 5': async (path) => connectedBy(new Redis5(path)),
};

/** What both versions of the package have in common. */
interface NodeRedis extends NodeRedisClient {
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  keys(pattern: string): Promise<string[]>;
  pTTL(key: string): Promise<number>;
  flushAll(): Promise<unknown>;
  configSet(name: string, value: string): Promise<unknown>;
}

async function connect(client: NodeRedis, close: () => void): Promise<ConnectedClient> {
  client.on('error', () => {});
  await client.connect();
  return {
    client,
    keys: () =>
      keysBy(
        () => client.keys('*'),
        (key) => client.pTTL(key),
      ),
    flush: () => client.flushAll(),
    limitMemory: (bytes) => client.configSet('maxmemory', `${bytes}`),
    close,
  };
}

function connectedBy(client: Redis | Redis5): ConnectedClient {
  client.on('error', () => {});
  return {
    client,
    keys: () =>
      keysBy(
        () => client.keys('*'),
        (key) => client.pttl(key),
      ),
    flush: () => client.flushall(),
    limitMemory: (bytes) => client.config('SET', 'maxmemory', bytes),
    close: () => client.disconnect(),
  };
}

async function keysBy(
  list: () => Promise<string[]>,
  ttl: (key: string) => Promise<number>,
): Promise<Record<string, number>> {
  const names = await list();
  const entries = names.map(async (name) => [name, await ttl(name)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
