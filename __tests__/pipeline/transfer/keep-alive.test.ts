import { createFixture } from '../../helpers/check.js';
import { Connection, type RawRequest } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';

const root = createTree({
  'a.txt': 'the letter a',
  'b.txt': Buffer.alloc(300_000, 'b'),
  'empty.txt': '',
});

const CASES: readonly (readonly [string, number, RawRequest])[] = [
  ['a file', 200, { target: '/b.txt' }],
  ['an empty file', 200, { target: '/empty.txt' }],
  ['HEAD', 200, { method: 'HEAD', target: '/b.txt' }],
  ['HEAD of an empty file', 200, { method: 'HEAD', target: '/empty.txt' }],
  ['a range', 206, { target: '/b.txt', headers: { Range: 'bytes=100-200000' } }],
  ['several ranges', 206, { target: '/b.txt', headers: { Range: 'bytes=0-9,200-299' } }],
  ['304', 304, { target: '/a.txt', headers: { 'If-None-Match': '*' } }],
  ['304 to HEAD', 304, { method: 'HEAD', target: '/a.txt', headers: { 'If-None-Match': '*' } }],
  ['400', 400, { target: '/%' }],
  ['403', 403, { target: '/../a.txt' }],
  ['404', 404, { target: '/missing' }],
  ['404 to HEAD', 404, { method: 'HEAD', target: '/missing' }],
  ['405', 405, { method: 'DELETE', target: '/a.txt' }],
  ['412', 412, { target: '/a.txt', headers: { 'If-Match': '"x"' } }],
  ['412 to HEAD', 412, { method: 'HEAD', target: '/a.txt', headers: { 'If-Match': '"x"' } }],
  ['416', 416, { target: '/a.txt', headers: { Range: 'bytes=99-' } }],
];

describe('a connection', () => {
  it.each(CASES)('can be reused after %s', async (_what, status, request) => {
    const { port, outcomes } = await createFixture(root);
    const connection = await Connection.open(port);
    for (let time = 0; time < 3; time += 1) {
      const answer = await connection.request(request);
      expect(answer.status).toBe(status);
      expect(answer.headers.connection).not.toBe('close');
    }
    const next = await connection.request({ target: '/a.txt' });
    expect([next.status, next.body.toString()]).toEqual([200, 'the letter a']);
    expect(connection.length).toBe(0);
    connection.destroy();
    expect(outcomes).toHaveLength(4);
  });

  it('can be reused after an unwanted request body', async () => {
    const { port } = await createFixture(root);
    const connection = await Connection.open(port);
    const form = 'x'.repeat(100_000);
    connection.send({
      method: 'POST',
      target: '/a.txt',
      headers: { 'Content-Length': String(form.length) },
    });
    connection.socket.write(form);
    expect((await connection.read()).status).toBe(405);
    expect((await connection.request({ target: '/a.txt' })).status).toBe(200);
    connection.destroy();
  });

  it('can be reused after a header sender', async () => {
    const { port } = await createFixture(root, { sender: 'nginx', handshake: false });
    const connection = await Connection.open(port);
    for (const method of ['GET', 'HEAD', 'GET']) {
      const { status, headers } = await connection.request({ method, target: '/a.txt' });
      expect([status, headers['x-accel-redirect']]).toEqual([200, '/-internal-/a.txt']);
    }
    connection.destroy();
  });
});
