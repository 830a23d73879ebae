import { eventually } from '../../helpers/eventually.js';
import { itOnLinux } from '../../helpers/needs.js';
import { Connection, type RawRequest } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { ChildServer } from './child-server.js';
import { createSparse, LARGE } from './sparse.js';

jest.setTimeout(120_000);

const root = createTree({ 'a.txt': 'the letter a', 'b.txt': Buffer.alloc(300_000, 'b') });
beforeAll(() => createSparse(root, 'large.bin', LARGE));

interface Expected {
  readonly request: RawRequest;
  readonly status: number;
  readonly body: string;
}

const CYCLE: readonly Expected[] = [
  { request: { target: '/b.txt' }, status: 200, body: 'b'.repeat(300_000) },
  { request: { target: '/a.txt', headers: { Range: 'bytes=4-' } }, status: 206, body: 'letter a' },
  { request: { target: '/a.txt', headers: { 'If-None-Match': '*' } }, status: 304, body: '' },
  { request: { target: '/none' }, status: 404, body: 'Not Found\n' },
  {
    request: { target: '/a.txt', headers: { Range: 'bytes=99-' } },
    status: 416,
    body: 'Range Not Satisfiable\n',
  },
  { request: { target: '/a.txt', method: 'PUT' }, status: 405, body: 'Method Not Allowed\n' },
  { request: { target: '/a.txt', method: 'HEAD' }, status: 200, body: '' },
  { request: { target: '/a.txt' }, status: 200, body: 'the letter a' },
  {
    request: { target: '/a.txt', headers: { 'If-Match': '"x"' } },
    status: 412,
    body: 'Precondition Failed\n',
  },
  { request: { target: '/..' }, status: 403, body: 'Forbidden\n' },
];

describe('fifty requests in one write', () => {
  const expected = Array.from({ length: 5 }, () => CYCLE).flat();

  it('get fifty responses, in order and without a warning', async () => {
    const server = await ChildServer.start(root);
    const connection = await Connection.open(server.port);
    connection.send(...expected.map(({ request }) => request));
    for (const { request, status, body } of expected) {
      const answer = await connection.read(request.method);
      expect([answer.status, answer.body.toString()]).toEqual([status, body]);
    }
    expect(connection.length).toBe(0);
    await eventually(async () => (await server.count()).outcomes === 50);
    const outcomes = await server.outcomes();
    expect(outcomes.map(({ status }) => status).sort()).toEqual(
      expected.map(({ status }) => status).sort(),
    );
    expect(await server.warnings()).toEqual([]);
    expect(server.output).toBe('');
  });

  itOnLinux('leave nothing open if the client disconnects in the middle', async () => {
    const server = await ChildServer.start(root);
    await (await Connection.open(server.port)).request({ target: '/a.txt' });
    const before = await server.count();
    for (let round = 1; round <= 20; round += 1) {
      const connection = await Connection.open(server.port);
      // One that stands still, and all others behind it.
      const targets = ['/a.txt', '/b.txt', '/large.bin', ...expected.map(({ request }) => request)];
      connection.send(
        ...targets.map((target) => (typeof target === 'string' ? { target } : target)),
      );
      await connection.receive(400_000);
      connection.pause();
      connection.destroy();
      await connection.closed;
      await eventually(async () => (await server.count()).outcomes === 1 + round * 53);
    }
    await eventually(async () => (await server.count()).descriptors <= before.descriptors);
    const after = await server.count();
    expect(after).toMatchObject({ requests: 1 + 20 * 53, outcomes: 1 + 20 * 53 });
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    const kinds = new Set((await server.outcomes()).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['aborted', 'refused', 'sent']);
    expect(await server.warnings()).toEqual([]);
  });

  itOnLinux('open no files for responses whose turn has not come', async () => {
    const server = await ChildServer.start(root);
    const before = await server.count();
    const connection = await Connection.open(server.port);
    connection.pause();
    connection.send(...Array.from({ length: 500 }, () => ({ target: '/large.bin' })));
    let last = -1;
    await eventually(async () => {
      const { requests, rss } = await server.count();
      const isStill = requests === 500 && rss === last;
      last = rss;
      return isStill;
    });
    const { descriptors } = await server.count();
    connection.destroy();
    // The connection, and a file or a few.
    expect(descriptors - before.descriptors).toBeLessThan(20);
  });
});

describe('a client that pipelines without end', () => {
  itOnLinux.each([
    ['a large file', { target: '/large.bin' }],
    ['a small file behind a large one', { target: '/a.txt' }],
    ['a range', { target: '/large.bin', headers: { Range: 'bytes=0-9' } }],
    ['a condition', { target: '/large.bin', headers: { 'If-None-Match': '*' } }],
  ] as const)('loses its connection, and only that: %s', async (_what, request) => {
    const server = await ChildServer.start(root);
    const other = await Connection.open(server.port);
    await other.request({ target: '/a.txt' });
    const before = await server.count();
    const connection = await Connection.open(server.port);
    connection.pause();
    connection.send({ target: '/large.bin' });
    const batch = Array.from({ length: 1000 }, () => request);
    for (let sent = 0; sent < 20 && !connection.socket.destroyed; sent += 1) {
      connection.send(...batch);
    }
    connection.resume();
    await connection.closed;
    await eventually(async () => {
      const { requests, outcomes } = await server.count();
      return requests === outcomes;
    });
    const { requests, outcomes, descriptors } = await server.count();
    expect(outcomes).toBe(requests);
    expect(requests).toBeLessThan(10_000);
    expect(descriptors).toBeLessThanOrEqual(before.descriptors + 1);
    const kinds = new Set((await server.outcomes()).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['aborted', 'sent']);
    expect((await other.request({ target: '/a.txt' })).body.toString()).toBe('the letter a');
    other.destroy();
  });
});
