import express from 'express';
import express4 from 'express4';
import request from 'supertest';
import { xsendfile } from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text', 'sub/b.txt': 'below' });

let emitWarning: jest.SpyInstance;
beforeEach(() => {
  emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => emitWarning.mockRestore());

const codes = (): unknown[] => emitWarning.mock.calls.map(([, options]) => options?.code);

describe('a mount that leaves nothing of the path', () => {
  it('is warned about once, with both solutions', async () => {
    // Normal mounts, asked for their root, are no reason.
    const normal = express().set('env', 'test');
    normal.use('/files', xsendfile(root));
    normal.use('/tenants/:tenant', xsendfile(root));
    for (const target of ['/files', '/files/', '/tenants/acme', '/tenants/acme/']) {
      await request(normal).get(target).expect(403);
    }
    expect(codes()).toEqual([]);

    const five = express().set('env', 'test').use('/files/*path', xsendfile(root));
    const four = express4().set('env', 'test').use('/files/*', xsendfile(root));
    for (const app of [five, four]) {
      await request(app).get('/files/a.txt').expect(403);
      await request(app).get('/files/sub/b.txt?x').expect(403);
    }
    expect(codes()).toEqual(['XSENDFILE_WILDCARD_MOUNT']);
    expect(emitWarning.mock.calls[0]?.[0]).toMatch(/prefix.*app\.use\('\/files'.*path: \(req\)/);
  });

  it('works with either solution', async () => {
    const prefix = express().set('env', 'test').use('/files', xsendfile(root));
    const path = express().set('env', 'test');
    path.use('/files/*path', xsendfile(root, { path: (req) => req.params.path }));
    for (const app of [prefix, path]) {
      await request(app).get('/files/a.txt').expect(200, 'text');
      await request(app).get('/files/sub/b.txt').expect(200, 'below');
    }
    expect(codes()).toEqual([]);
  });
});

describe('a status that the application has set', () => {
  it('is warned about once where it prevents offloading', async () => {
    const target = '/a.txt';
    const embedded = xsendfile(root);
    const quiet = await listenWith((req, res) =>
      embedded(req, Object.assign(res, { statusCode: 404 })),
    );
    await quiet.check({ target }, { status: 404, body: 'text' });
    const handshake = '0123456789abcdef0123456789abcdef';
    const handler = xsendfile(root, { sender: 'nginx', handshake });
    const { check } = await listenWith((req, res) =>
      handler(req, Object.assign(res, { statusCode: 404 })),
    );
    await check({ target }, { status: 404, body: 'text' });
    expect(codes()).toEqual([]);

    const headers = { 'X-Sendfile-Handshake': handshake };
    await check({ target, headers }, { status: 404, body: 'text' });
    await check({ target, headers }, { status: 404, body: 'text' });
    expect(codes()).toEqual(['XSENDFILE_STATUS_SET']);
  });
});
