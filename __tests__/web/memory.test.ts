import { setTimeout as delay } from 'node:timers/promises';
import { xsendfile } from '../../lib/web/index.js';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { countOpenFiles, expectAllClosed } from '../pipeline/transfer/descriptors.js';
import { createSparse, LARGE } from '../pipeline/transfer/sparse.js';
import { createWebFixture } from './site.js';
import { WAYS } from './ways.js';

const READERS = 300;
const MIB = 2 ** 20;
const root = createTree();
createSparse(root, 'large.bin', LARGE);

/** Starts a download that is not read any further; the function it resolves with ends it. */
type Start = () => Promise<() => unknown>;

async function expectLittleMemory(start: Start): Promise<void> {
  const end = await start();
  const { rss } = process.memoryUsage();
  const others = await Promise.all(Array.from({ length: READERS - 1 }, start));
  await eventually(() => process.platform !== 'linux' || countOpenFiles(root) >= READERS);
  await delay(500);
  // All of the files would be 19 GB.
  expect(process.memoryUsage().rss - rss).toBeLessThan(300 * MIB);
  for (const each of [end, ...others]) await each();
  await expectAllClosed(root);
}

describe(`${READERS} clients that have stopped reading need little memory`, () => {
  const served = WAYS.filter(({ hasConnection }) => hasConnection);

  it.each(served)('$name', async (way) => {
    const { port } = await createWebFixture(way, root);
    await expectLittleMemory(async () => {
      const connection = await Connection.open(port);
      connection.send({ target: '/files/large.bin' });
      await connection.receive(1);
      connection.pause();
      return () => connection.destroy();
    });
  });

  it('Response in Node', async () => {
    const files = xsendfile(root);
    await expectLittleMemory(async () => {
      const response = await files(new Request('http://localhost/large.bin'));
      const reader = response.body?.getReader();
      await reader?.read();
      return () => reader?.cancel();
    });
  });
});
