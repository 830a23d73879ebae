import { eventually } from '../../helpers/eventually.js';
import { itOnLinux } from '../../helpers/needs.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { ChildServer } from './child-server.js';

const REQUESTS = 10_000;
const CONNECTIONS = 32;
const root = createTree({ 'a.txt': 'the letter a', 'b.txt': Buffer.alloc(30_000, 'b') });
jest.setTimeout(120_000);

describe(`${REQUESTS} requests over ${CONNECTIONS} connections`, () => {
  itOnLinux.each(['serve', 'nginx'] as const)('leave no descriptor with %s', async (sender) => {
    const server = await ChildServer.start(root, { options: { sender, handshake: false } });
    await (await Connection.open(server.port)).request({ target: '/a.txt' });
    const before = await server.count();
    const statuses = new Map<number, number>();
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, index) => {
        const connection = await Connection.open(server.port);
        for (let count = index; count < REQUESTS; count += CONNECTIONS) {
          const target = ['/a.txt', '/b.txt', '/a.txt', '/missing'][count % 4] ?? '';
          const { status } = await connection.request({ target });
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
        connection.destroy();
      }),
    );
    expect([...statuses].sort()).toEqual([
      [200, (REQUESTS * 3) / 4],
      [404, REQUESTS / 4],
    ]);
    await eventually(async () => (await server.count()).descriptors <= before.descriptors);
    const after = await server.count();
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.outcomes).toBe(REQUESTS + 1);
  });
});
