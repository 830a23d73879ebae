// A process of its own that serves links, with a client of Redis of its own.
import { createServer } from 'node:http';
import { authToken } from 'xsendfile';
import { limitUses, redisUses } from 'xsendfile/uses';

const [packageName = '', socketPath = '', root = '', secret = '', confirm] = process.argv.slice(2);

/** @type {import('xsendfile/uses').NodeRedisClient | import('xsendfile/uses').IoRedisClient} */
let client;
if (packageName === 'redis') {
  const { createClient } = await import('redis');
  client = await createClient({ socket: { path: socketPath, tls: false } }).connect();
} else {
  const { Redis } = await import('ioredis');
  client = new Redis(socketPath);
}

const handler = authToken(secret, root, {
  confirm: confirm === 'confirm',
  allow: limitUses({
    store: redisUses(client),
    timeout: 60,
    client: (req) => String(req.headers['x-client']),
  }),
});
const server = createServer((req, res) => handler(req, res)).listen(0, '127.0.0.1', () => {
  process.send?.(server.address());
});
process.once('disconnect', () => process.exit());
