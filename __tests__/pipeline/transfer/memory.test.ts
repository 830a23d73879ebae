import { eventually } from '../../helpers/eventually.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { ChildServer } from './child-server.js';
import { createSparse } from './sparse.js';

jest.setTimeout(120_000);

const READERS = 200;
const MIB = 2 ** 20;
const root = createTree();
beforeAll(() => createSparse(root, 'large.bin', 100 * MIB));

describe('clients that have stopped reading', () => {
  it(`need little memory (${READERS} of them)`, async () => {
    const server = await ChildServer.start(root);
    await (await Connection.open(server.port)).request({ target: '/missing' });
    const before = await server.count();
    const connections = await Promise.all(
      Array.from({ length: READERS }, async () => {
        const connection = await Connection.open(server.port);
        connection.pause();
        connection.send({ target: '/large.bin' });
        return connection;
      }),
    );
    // It stands still when it has written as much as the system takes.
    let last = -1;
    await eventually(async () => {
      const { requests, rss } = await server.count();
      const isStill = requests === READERS + 1 && rss === last;
      last = rss;
      return isStill;
    });
    const { requests, outcomes, rss } = await server.count();
    expect([requests, outcomes]).toEqual([READERS + 1, 1]);
    // All of the files would be 20 GB.
    expect(rss - before.rss).toBeLessThan(200 * MIB);
    for (const connection of connections) connection.destroy();
    await eventually(async () => (await server.count()).outcomes === READERS + 1);
    expect((await server.count()).outcomes).toBe(READERS + 1);
  });
});
