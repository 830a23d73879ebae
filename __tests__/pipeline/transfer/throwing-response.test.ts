import { eventually } from '../../helpers/eventually.js';
import { itOnLinux } from '../../helpers/needs.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { ChildServer } from './child-server.js';

jest.setTimeout(120_000);

const root = createTree({ 'a.txt': 'text', 'large.bin': Buffer.alloc(3_000_000, 'l') });

const REQUESTS = [
  { target: '/a.txt' },
  { target: '/large.bin' },
  { target: '/a.txt', method: 'HEAD' },
  { target: '/a.txt', headers: { 'If-None-Match': '*' } },
  { target: '/a.txt', headers: { Range: 'bytes=0-1' } },
  { target: '/a.txt', headers: { Range: 'bytes=99-' } },
  { target: '/a.txt', headers: { 'If-Match': '"x"' } },
  { target: '/none' },
  { target: '/..' },
  { target: '/%00' },
  { target: '/a.txt', method: 'PUT' },
];

describe.each(['serve', 'nginx'] as const)(
  'a response whose methods throw, with sender %s',
  (sender) => {
    itOnLinux.each(['writeHead', 'setHeader', 'write', 'end'])(
      'neither ends the process nor leaves anything open in %s()',
      async (method) => {
        const server = await ChildServer.start(root, { options: { sender, handshake: false } });
        const before = await server.count();
        for (const request of REQUESTS) {
          const connection = await Connection.open(server.port);
          const headers = { ...request.headers, 'X-Sabotage': method, Connection: 'close' };
          connection.send({ ...request, headers });
          // A response or none, but an end.
          await connection.closed;
        }
        await eventually(async () => (await server.count()).outcomes === REQUESTS.length);
        await eventually(async () => (await server.count()).descriptors <= before.descriptors);
        expect(server.output).toBe('');
        const connection = await Connection.open(server.port);
        expect((await connection.request({ target: '/a.txt' })).status).toBe(200);
        connection.destroy();
      },
    );
  },
);
