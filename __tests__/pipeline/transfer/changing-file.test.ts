import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createFixture, type Fixture } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { expectAllClosed } from './descriptors.js';
import { createSparse, LARGE } from './sparse.js';

jest.setTimeout(120_000);

const END = 'the end of the file';
const root = createTree();

/** A transfer that stands still in the middle, because its reader does. */
async function begin(
  headers: Readonly<Record<string, string>> = {},
): Promise<Fixture & { path: string; connection: Connection }> {
  const path = createSparse(root, 'changing.bin', LARGE, { [LARGE - END.length]: END });
  const fixture = await createFixture(root);
  const connection = await Connection.open(fixture.port);
  connection.send({ target: '/changing.bin', headers });
  await connection.receive(1);
  connection.pause();
  return { ...fixture, path, connection };
}

describe('a file that changes while it is sent', () => {
  it('ends the connection if it gets shorter', async () => {
    const { path, connection, outcomes } = await begin();
    truncateSync(path, 1000);
    connection.resume();
    const received = await connection.readAll();
    expect(received.toString('latin1', 0, 17)).toBe('HTTP/1.1 200 OK\r\n');
    expect(received.length).toBeLessThan(LARGE);
    expect(outcomes).toMatchObject([
      { kind: 'failed', status: 200, code: 'ERR_XSENDFILE_FILE_CHANGED', size: LARGE },
    ]);
    expect(outcomes[0]?.bytes).toBeLessThan(LARGE);
    expect(outcomes[0]).not.toHaveProperty('errno');
    await expectAllClosed(root);
  });

  it.each(['bytes=10-', 'bytes=0-9,500-'])(
    'ends the connection of a response to %s if it gets shorter',
    async (Range) => {
      const { path, connection, outcomes } = await begin({ Range });
      truncateSync(path, LARGE / 2);
      connection.resume();
      expect((await connection.readAll()).length).toBeLessThan(LARGE);
      expect(outcomes).toMatchObject([
        { kind: 'failed', status: 206, code: 'ERR_XSENDFILE_FILE_CHANGED' },
      ]);
      await expectAllClosed(root);
    },
  );

  it.each<[string, (path: string) => void, string]>([
    ['grows', (path) => appendFileSync(path, 'more'), END],
    ['is deleted', (path) => unlinkSync(path), END],
    [
      'is replaced by another',
      (path) => {
        writeFileSync(`${path}.new`, 'new');
        renameSync(`${path}.new`, path);
      },
      END,
    ],
    [
      'is overwritten in place',
      (path) => {
        const descriptor = openSync(path, 'r+');
        writeSync(descriptor, 'THE END', LARGE - END.length);
        closeSync(descriptor);
      },
      'THE END of the file',
    ],
  ])('is sent with the announced length if it %s', async (_what, change, end) => {
    const { path, connection, outcomes } = await begin();
    change(path);
    connection.resume();
    const { status, headers, body } = await connection.read();
    expect([status, headers['content-length'], body.length]).toEqual([200, String(LARGE), LARGE]);
    expect(body.toString('latin1', LARGE - END.length)).toBe(end);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'sent', size: LARGE, bytes: LARGE }]);
    connection.destroy();
    await expectAllClosed(root);
  });
});
