import { once } from 'node:events';
import { truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Request, Response } from 'express';
import { offload, type RefusedError, xsendfile } from '../../../lib/index.js';
import { listenWith } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { Connection, type RawRequest } from '../../helpers/raw-request.js';
import { createTree, OLD } from '../../helpers/tree.js';
import { warningOptions } from '../../helpers/warning-options.js';
import { expectAllClosed } from '../../pipeline/transfer/descriptors.js';
import { createSparse, LARGE } from '../../pipeline/transfer/sparse.js';
import { listenToRoute, type Route, SHOWN, VERSIONS } from './applications.js';

jest.setTimeout(120_000);

const root = createTree({ 'a.txt': '0123456789' });
const file = (name: string): string => join(root, name);
const large = createSparse(root, 'large.bin', LARGE);
const ABORTED = expect.objectContaining({ code: 'ECONNABORTED', message: 'Request aborted' });

/** Long enough for whatever must not happen to have happened. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe.each(VERSIONS)('the callback of sendFile() in $name', (version) => {
  it.each<[string, Partial<RawRequest>, number]>([
    ['a file', {}, 200],
    ['HEAD', { method: 'HEAD' }, 200],
    ['POST', { method: 'POST', headers: { 'Content-Length': '0' } }, 200],
    ['a range', { headers: { Range: 'bytes=2-4' } }, 206],
    ['a file that the client has', { headers: { 'If-Modified-Since': OLD.toUTCString() } }, 304],
    ['a precondition that fails', { headers: { 'If-Match': '"other"' } }, 412],
    ['a range that cannot be satisfied', { headers: { Range: 'bytes=10-' } }, 416],
  ])('is called once, without an error, after %s', async (_what, request, status) => {
    const calls: unknown[] = [];
    const fixture = await listenToRoute(version, root, {}, (_req, res) => {
      res.sendFile(file('a.txt'), (...args) => calls.push([...args, res.writableFinished]));
    });
    await fixture.check({ target: '/', ...request }, { status });
    await settle();
    expect(calls).toEqual([[undefined, true]]);
    expect(fixture.calls).toEqual([]);
  });

  it('is called when the file is left to the front end', async () => {
    const calls: unknown[] = [];
    const options = { sender: 'nginx', handshake: false } as const;
    const fixture = await listenToRoute(version, root, options, (_req, res) => {
      res.sendFile(file('a.txt'), (...args) => {
        calls.push([...args, res.headersSent]);
      });
    });
    await fixture.check({ target: '/' }, { status: 200, body: '' });
    await eventually(() => fixture.outcomes.length === 1);
    expect(calls).toEqual([[undefined, true]]);
    expect(fixture.outcomes).toMatchObject([{ kind: 'offloaded' }]);
  });

  it('is called once when the client disconnects after that', async () => {
    const calls: unknown[] = [];
    const sender = {
      name: 'slow',
      send: (_file: unknown, { res }: { res: { writeHead(status: number): unknown } }) => {
        res.writeHead(200);
      },
    };
    const fixture = await listenToRoute(version, root, { sender, handshake: false }, (_req, res) =>
      res.sendFile(file('a.txt'), (error) => calls.push(error)),
    );
    const connection = await Connection.open(fixture.port);
    connection.send({ target: '/' });
    await eventually(() => calls.length > 0);
    connection.destroy();
    await eventually(() => fixture.outcomes.length === 1);
    expect(fixture.outcomes).toMatchObject([{ kind: 'aborted' }]);
    expect(calls).toEqual([undefined]);
  });

  const stages: readonly {
    when: string;
    wait: (connection: Connection) => unknown;
    isEarly?: true;
  }[] = [
    { when: 'before sendFile() is called', wait: () => {}, isEarly: true },
    { when: 'before the headers', wait: () => {} },
    { when: 'after the headers', wait: (connection) => connection.receive(1) },
    {
      when: 'while it does not read',
      async wait(connection) {
        await connection.receive(1);
        connection.pause();
        await settle();
      },
    },
  ];

  it.each(stages)('is called once when the client disconnects $when', async ({ wait, isEarly }) => {
    const rounds = 10;
    const calls: unknown[] = [];
    const fixture = await listenToRoute(version, root, {}, async (req, res) => {
      if (isEarly) await once(req.socket, 'close');
      res.sendFile(large, (error) => calls.push(error));
    });
    const clients = Array.from({ length: rounds }, async () => {
      const connection = await Connection.open(fixture.port);
      connection.send({ target: '/' });
      await wait(connection);
      connection.destroy();
      await connection.closed;
    });
    await Promise.all(clients);
    await eventually(() => calls.length === rounds);
    await expectAllClosed(root);
    await settle();
    expect(calls).toEqual(Array.from({ length: rounds }, () => ABORTED));
    expect(fixture.calls).toEqual([]);
  });

  it('may be omitted: no error handler is called when the client disconnects', async () => {
    const fixture = await listenToRoute(version, root, {}, (_req, res) => res.sendFile(large));
    const connection = await Connection.open(fixture.port);
    connection.send({ target: '/' });
    await connection.receive(1);
    connection.destroy();
    await eventually(() => fixture.outcomes.length === 1);
    await settle();
    expect(fixture.outcomes).toMatchObject([{ kind: 'aborted' }]);
    expect(fixture.calls).toEqual([]);
  });

  it.each([true, false])(
    'is called when the file gets shorter (callback given: %p)',
    async (has) => {
      const name = `shrinking-${version.major}-${has}.bin`;
      createSparse(root, name, LARGE);
      const calls: unknown[] = [];
      const fixture = await listenToRoute(version, root, {}, (_req, res) =>
        has ? res.sendFile(file(name), (error) => calls.push(error)) : res.sendFile(file(name)),
      );
      const connection = await Connection.open(fixture.port);
      connection.send({ target: '/' });
      await connection.receive(1);
      connection.pause();
      truncateSync(file(name), 10);
      utimesSync(file(name), OLD, OLD);
      connection.resume();
      await connection.closed;
      await eventually(() => fixture.outcomes.length === 1);
      await settle();
      const error = { code: 'ERR_XSENDFILE_FILE_CHANGED', status: 500, statusCode: 500 };
      expect(calls).toEqual(has ? [expect.objectContaining(error)] : []);
      expect(fixture.calls).toEqual([]);
    },
  );

  it('gets errors of the hooks of the handler, with a clean response', async () => {
    const calls: unknown[] = [];
    const boom = new Error('boom');
    const setHeaders = (): never => {
      throw boom;
    };
    const fixture = await listenToRoute(version, root, { setHeaders }, (_req, res) => {
      res.sendFile(file('a.txt'), { headers: { 'X-Own': '1' } }, (error) => {
        calls.push(error);
        res.end(
          res
            .getHeaderNames()
            .filter((name) => name !== 'x-powered-by')
            .join(),
        );
      });
    });
    await fixture.check({ target: '/' }, { status: 200, body: '' });
    expect(calls).toEqual([boom]);
  });

  it.each<[string, Route]>([
    [
      'throws',
      (_req, res) =>
        res.sendFile(file('no.txt'), () => {
          throw new Error('boom');
        }),
    ],
    [
      'rejects',
      (_req, res) =>
        res.sendFile(file('no.txt'), async () => {
          throw new Error('boom');
        }),
    ],
  ])('causes an error of the request if it %s', async (_what, route) => {
    const { check, calls } = await listenToRoute(version, root, {}, route);
    await check({ target: '/' }, { status: 500, body: SHOWN });
    expect(calls).toEqual([expect.objectContaining({ message: 'boom' })]);
  });

  it('may throw after the headers without ending the process or the response', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      const fixture = await listenToRoute(version, root, {}, (_req, res) => {
        res.sendFile(file('a.txt'), () => res.status(500).send('too late'));
      });
      await fixture.check({ target: '/' }, { status: 200, body: '0123456789' });
      await eventually(() => emitWarning.mock.calls.length > 0);
      expect(emitWarning.mock.calls).toEqual([
        [
          expect.stringMatching(/^offload: the callback of res\.sendFile\(\) threw Error.*headers/),
          warningOptions('XSENDFILE_OBSERVER_THREW'),
        ],
      ]);
      expect(fixture.calls).toEqual([]);
    } finally {
      emitWarning.mockRestore();
    }
  });

  it('may send another file instead of a missing one', async () => {
    const { check } = await listenToRoute(version, root, {}, (_req, res) => {
      res.sendFile(file('no.txt'), (error) => {
        if ((error as RefusedError | undefined)?.status === 404) res.sendFile(file('a.txt'));
      });
    });
    await check({ target: '/' }, { status: 200, body: '0123456789' });
  });
});

describe.each(VERSIONS)('sendFile() twice in $name', (version) => {
  it('is an error', async () => {
    const calls: unknown[] = [];
    const { check } = await listenToRoute(version, root, {}, (_req, res) => {
      res.sendFile(file('a.txt'), () => res.sendFile(file('a.txt'), (error) => calls.push(error)));
    });
    await check({ target: '/' }, { status: 200, body: '0123456789' });
    await eventually(() => calls.length > 0);
    expect(calls).toEqual([expect.objectContaining({ code: 'ERR_XSENDFILE_HEADERS_SENT' })]);
  });

  it('is an error for next() after another response', async () => {
    const { check, calls } = await listenToRoute(version, root, {}, (_req, res) => {
      res.send('done');
      res.sendFile(file('a.txt'));
    });
    await check({ target: '/' }, { status: 200, body: 'done' });
    await eventually(() => calls.length > 0);
    expect(calls).toEqual([expect.objectContaining({ code: 'ERR_XSENDFILE_HEADERS_SENT' })]);
  });

  it.each(['serve', 'nginx'] as const)(
    'at once by %s sends one of them and tells each callback once',
    async (sender) => {
      const calls: unknown[] = [];
      const options = { sender, handshake: false } as const;
      const { check } = await listenToRoute(version, root, options, (_req, res) => {
        for (const name of ['first', 'second']) {
          res.sendFile(file('a.txt'), (error) => calls.push([name, error === undefined]));
        }
      });
      const body = sender === 'serve' ? '0123456789' : '';
      await check({ target: '/' }, { status: 200, body });
      await eventually(() => calls.length >= 2);
      await settle();
      expect(calls).toHaveLength(2);
      expect(calls.map((call) => (call as unknown[])[0]).sort()).toEqual(['first', 'second']);
      expect(calls.filter((call) => (call as unknown[])[1])).toHaveLength(1);
    },
  );
});

describe.each(VERSIONS)('errors of sendFile() without a callback in $name', ({ create }) => {
  it('reach the error handler of the router that has the route', async () => {
    const router = create.Router();
    router.get('/', (_req: Request, res: Response) => res.sendFile(file('no.txt')));
    router.use((error: RefusedError, _req: Request, res: Response, _next: () => void) => {
      res.status(error.status).send(`router: ${error.message}`);
    });
    const app = create();
    app.use(offload(xsendfile(root, { sender: 'serve' })));
    app.use('/router', router);
    const { check } = await listenWith(app);
    await check({ target: '/router' }, { status: 404, body: 'router: Not Found' });
  });

  it('show no path on disk', async () => {
    const app = create();
    app.set('env', 'development').use(offload(xsendfile(root, { sender: 'serve' })));
    app.get('/', (_req: Request, res: Response) => res.sendFile(file('no.txt')));
    app.use((error: Error, _req: Request, res: Response, _next: () => void) => {
      res.send(JSON.stringify({ ...error, message: error.message }));
    });
    const { request } = await listenWith(app);
    const { body } = await request({ target: '/' });
    expect(JSON.parse(body.toString())).toEqual({
      message: 'Not Found',
      code: 'ENOENT',
      status: 404,
      statusCode: 404,
      expose: true,
      headers: { 'Cross-Origin-Resource-Policy': 'same-site' },
    });
  });
});
