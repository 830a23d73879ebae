import { truncateSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Outcome,
  outcomeOf,
  type XSendfileWebOptions,
  xsendfile,
} from '../../lib/web/index.js';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { expectAllClosed } from '../pipeline/transfer/descriptors.js';
import { createSparse, LARGE } from '../pipeline/transfer/sparse.js';
import { createWebFixture } from './site.js';
import { WAYS } from './ways.js';

const root = createTree({ 'small.txt': 'small' });
createSparse(root, 'large.bin', LARGE);

/** A handler without a server, and the outcomes that it reported. */
function createHandler(options: XSendfileWebOptions = {}) {
  const outcomes: Outcome[] = [];
  const files = xsendfile(root, { onFinish: (outcome) => outcomes.push(outcome), ...options });
  const abort = new AbortController();
  const request = (name = 'large.bin', init: RequestInit = {}) =>
    new Request(`http://localhost/${name}`, { signal: abort.signal, ...init });
  return { files, outcomes, abort, request };
}

const readerOf = (response: Response) => {
  if (response.body === null) throw new Error('no body');
  return response.body.getReader();
};

afterEach(() => jest.restoreAllMocks());

describe('a reader', () => {
  it('that cancels closes the file', async () => {
    const { files, outcomes, request } = createHandler();
    const response = await files(request());
    const reader = readerOf(response);
    const { value } = await reader.read();
    expect(value?.length).toBeGreaterThanOrEqual(64 * 1024);
    await reader.cancel();
    await expectAllClosed(root);
    expect(await outcomeOf(response)).toMatchObject({ kind: 'aborted', bytes: value?.length });
    expect(outcomes).toHaveLength(1);
  });

  it('that never begins leaves nothing open', async () => {
    const { files, outcomes, request } = createHandler();
    await (await files(request())).body?.cancel();
    await expectAllClosed(root);
    expect(outcomes).toMatchObject([{ kind: 'aborted', bytes: 0 }]);
  });

  it.each([0, 1])('that stops after %i chunks for idleTimeout gets an error', async (chunks) => {
    const { files, outcomes, request } = createHandler({ idleTimeout: 0.2 });
    const reader = readerOf(await files(request()));
    for (let index = 0; index < chunks; index += 1) await reader.read();
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted', code: 'ERR_XSENDFILE_IDLE_TIMEOUT' }]);
    await expect(reader.read()).rejects.toThrow('The file could not be sent completely.');
    await expectAllClosed(root);
  });

  it('that is slow, but reads, gets the file', async () => {
    const { files, outcomes, request } = createHandler({ idleTimeout: 2 });
    const reader = readerOf(
      await files(request('large.bin', { headers: { Range: 'bytes=0-999999' } })),
    );
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      await delay(700);
    }
    expect(length).toBe(1_000_000);
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: 1_000_000 }]);
  });

  it('with memory of its own gets the same bytes', async () => {
    const { files, request } = createHandler();
    const response = await files(request('large.bin', { headers: { Range: 'bytes=0-299999' } }));
    const reader = response.body?.getReader({ mode: 'byob' });
    let length = 0;
    for (;;) {
      const result = await reader?.read(new Uint8Array(10_000));
      if (result?.done !== false) break;
      length += result.value.length;
    }
    expect(length).toBe(300_000);
    expect(await outcomeOf(response)).toMatchObject({ kind: 'sent', bytes: 300_000 });
    await expectAllClosed(root);
  });

  it('of a copy gets the same bytes', async () => {
    const { files, request } = createHandler();
    const response = await files(request('large.bin', { headers: { Range: 'bytes=0-2999999' } }));
    const copy = response.clone();
    const [one, two] = await Promise.all([response.arrayBuffer(), copy.arrayBuffer()]);
    expect([one.byteLength, two.byteLength]).toEqual([3_000_000, 3_000_000]);
    await expectAllClosed(root);
  });
});

describe('an aborted request', () => {
  const reason = new Error('gone');

  it.each<[string, (handler: ReturnType<typeof createHandler>) => Promise<unknown>]>([
    ['files()', ({ files, request }) => files(request())],
    ['send()', ({ files, request }) => files.send(request(), 'large.bin')],
    ['sendContent()', ({ files, request }) => files.sendContent(request(), Buffer.from('x'))],
  ])('makes %s reject with its reason, and opens nothing', async (_name, ask) => {
    const handler = createHandler();
    handler.abort.abort(reason);
    await expect(ask(handler)).rejects.toBe(reason);
    expect(handler.outcomes).toMatchObject([{ kind: 'aborted', status: 0 }]);
    await expectAllClosed(root);
  });

  it.each(['allow', 'path'] as const)('rejects while %s decides', async (name) => {
    const { files, abort, request, outcomes } = createHandler({
      [name]: () => {
        abort.abort(reason);
        return name === 'allow' ? delay(20, true) : 'large.bin';
      },
    });
    await expect(files(request())).rejects.toBe(reason);
    expect(outcomes).toMatchObject([{ kind: 'aborted', status: 0 }]);
    await expectAllClosed(root);
  });

  it('ends the body if it comes with the headers', async () => {
    const { files, abort, request, outcomes } = createHandler({
      setHeaders: () => abort.abort(reason),
    });
    const asked = files(request()).then((response) => response.arrayBuffer());
    await expect(asked).rejects.toBe(reason);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted' }]);
    await expectAllClosed(root);
  });

  it('makes the body fail with its reason', async () => {
    const { files, abort, request, outcomes } = createHandler();
    const reader = readerOf(await files(request()));
    await reader.read();
    abort.abort(reason);
    await expect(reader.read()).rejects.toBe(reason);
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'aborted' }]);
    await expectAllClosed(root);
  });

  it('changes nothing after the end', async () => {
    const { files, abort, request, outcomes } = createHandler();
    const response = await files(request('large.bin', { headers: { Range: 'bytes=0-299999' } }));
    expect((await response.arrayBuffer()).byteLength).toBe(300_000);
    abort.abort(reason);
    const small = await files(request('small.txt', { signal: new AbortController().signal }));
    expect(await small.text()).toBe('small');
    expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'sent']);
  });
});

describe.each(WAYS)('$name', (way) => {
  const { hasConnection } = way;

  it('leaves no file open after 1,000 aborts', async () => {
    const { port, outcomes } = await createWebFixture(way, root);
    const { files, request } = createHandler({ prefix: '' });
    const print = jest.spyOn(console, 'error').mockImplementation(() => {});
    const seen: Outcome[] = hasConnection ? outcomes : [];
    const abortOne = async (index: number): Promise<void> => {
      if (hasConnection) {
        const connection = await Connection.open(port);
        connection.send({ target: '/files/large.bin' });
        await connection.receive(index % 3 === 0 ? 0 : index % 3 === 1 ? 1 : 300_000);
        connection.destroy();
        return;
      }
      const abort = new AbortController();
      const asked = files(request('large.bin', { signal: abort.signal }));
      if (index % 4 === 0) abort.abort();
      const response = await asked.catch(() => undefined);
      if (response === undefined) return;
      const reader = readerOf(response);
      if (index % 4 !== 1) await reader.read();
      if (index % 4 === 2) abort.abort();
      else await reader.cancel();
    };
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => abortOne(index)));
    }
    await expectAllClosed(root);
    expect(print).not.toHaveBeenCalled();
    const kinds = new Set(seen.map(({ kind }) => kind));
    expect([...kinds]).toEqual(hasConnection ? ['aborted'] : []);
  });

  it('gives the client no file that looks whole if it was truncated meanwhile', async () => {
    const path = createSparse(root, 'truncated.bin', LARGE);
    // Frameworks print the error.
    jest.spyOn(console, 'error').mockImplementation(() => {});
    const { ask, port, outcomes } = await createWebFixture(way, root, {
      setHeaders: () => truncateSync(path, 1_000_000),
    });
    const target = '/files/truncated.bin';
    if (hasConnection) {
      const connection = await Connection.open(port);
      connection.send({ target });
      expect((await connection.readAll()).length).toBeLessThan(2_000_000);
    } else {
      await expect(ask({ target })).rejects.toThrow('The file could not be sent completely.');
    }
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'failed', code: 'ERR_XSENDFILE_FILE_CHANGED' }]);
    await expectAllClosed(root);
  });
});
