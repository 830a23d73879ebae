import { truncateSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Content,
  type Outcome,
  type XSendfileOptions,
  xsendfile,
} from '../../../lib/index.js';
import { eventually } from '../../helpers/eventually.js';
import { createTree } from '../../helpers/tree.js';
import { warningOptions } from '../../helpers/warning-options.js';
import { expectAllClosed } from './descriptors.js';
import { destroyConnection, isDestroyed, type Peer, PROTOCOLS, type Received } from './peers.js';
import { createSparse, LARGE } from './sparse.js';

/** Whatever fails while a response is written: one outcome, nothing open, and no client takes it for complete. */

/** What a disk that dies says cannot be had otherwise. */
const mockDisk: { failsFrom: number | undefined } = { failsFrom: undefined };

jest.mock('node:fs', () => {
  const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
  type Arguments = [number, Buffer, number, number, number, (error: Error | null) => void];
  return {
    ...fs,
    read: (...args: Arguments) => {
      if (mockDisk.failsFrom === undefined || args[4] < mockDisk.failsFrom) fs.read(...args);
      else process.nextTick(args[5], Object.assign(new Error('EIO: mocked'), { code: 'EIO' }));
    },
  };
});

/** Takes several writes, and is more than the cache keeps. */
const SIZE = 3_000_000;
const BYTES = Buffer.alloc(SIZE, 'b');
const LARGE_BYTES = Buffer.alloc(LARGE);
const CHUNK = 100_000;

const root = createTree();
beforeAll(() => {
  createSparse(root, 'large.bin', LARGE);
});
beforeEach(() => {
  createSparse(root, 'file.bin', SIZE);
  jest.spyOn(process, 'emitWarning').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
  mockDisk.failsFrom = undefined;
});

/** How many sources of the application were opened and not closed. */
let openSources = 0;

/** What can be wrong with content of the application. */
interface SourceFault {
  readonly throwsAt?: number;
  readonly endsAt?: number;
  /** Where there is a byte too many. */
  readonly surplus?: 'in the last chunk' | 'after the last chunk';
}

function streamed(size: number, fault: SourceFault = {}): Content {
  const { throwsAt = Infinity, endsAt = Infinity, surplus } = fault;
  const surplusBytes = surplus === 'in the last chunk' ? 1 : 0;
  return {
    name: 'content.bin',
    size,
    async *read(start, end = size - 1) {
      openSources += 1;
      try {
        for (let at = start; at <= end && at < endsAt; at += CHUNK) {
          if (at >= throwsAt) throw new Error('the source failed');
          const left = end + 1 - at;
          yield LARGE_BYTES.subarray(0, left > CHUNK ? CHUNK : left + surplusBytes);
        }
        if (surplus === 'after the last chunk') yield LARGE_BYTES.subarray(0, 1);
      } finally {
        openSources -= 1;
      }
    },
  };
}

type SourceName = 'file' | 'memory' | 'stream' | 'small';

const SMALL = Buffer.from('small');

/** What a source is sent from, in the size that a test needs. */
const contentOf = (name: Exclude<SourceName, 'file'>, isLarge: boolean): Uint8Array | Content => {
  if (name === 'small') return SMALL;
  if (name === 'stream') return streamed(isLarge ? LARGE : SIZE);
  return isLarge ? LARGE_BYTES : BYTES;
};

/** A request in progress, as a fault sees it. */
interface Running {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly peer: Promise<Peer>;
}

/** Where in a request something happens. */
interface Hooks {
  readonly beforeHandler?: (running: Running) => Promise<void> | void;
  readonly options?: (running: () => Running) => XSendfileOptions;
  readonly content?: Uint8Array | Content;
  readonly isLarge?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the application does with an error; without it, there must be none. */
  readonly onError?: (error: unknown, running: Running) => void;
  /** Whether the request is handled as by a middleware, which has nobody to pass it on to. */
  readonly isMiddleware?: boolean;
}

/** The end of a request: everything that can be known. */
interface End {
  readonly outcome: Outcome | undefined;
  readonly received: Received;
}

const RANGES = { Range: 'bytes=0-999,2000000-2000999' };

/** Calls back before each write of the body, with its number from 1. */
function onWrite(res: ServerResponse, callback: (count: number, chunk: Buffer) => void): void {
  const write = res.write.bind(res) as (...args: unknown[]) => boolean;
  let count = 0;
  res.write = ((chunk: Buffer, ...rest: unknown[]) => {
    count += 1;
    callback(count, chunk);
    return write(chunk, ...rest);
  }) as typeof res.write;
}

function throwSabotage(): never {
  throw new Error('sabotage');
}

/** A fault of the server's side, after the head. */
interface Fault extends Hooks {
  readonly title: string;
  readonly sources: readonly SourceName[];
  readonly code: Outcome['code'];
  readonly errno?: string;
  /** Whether the client may have got all of it before. */
  readonly isAfterTheBody?: boolean;
}

const writeThrowsAt =
  (number: number): NonNullable<Hooks['beforeHandler']> =>
  ({ res }) =>
    onWrite(res, (count) => {
      if (count === number) throwSabotage();
    });

const FAULTS: readonly Fault[] = [
  {
    title: 'write() throws for the first bytes',
    sources: ['file', 'memory', 'stream'],
    beforeHandler: writeThrowsAt(1),
    code: 'ERR_XSENDFILE_INTERNAL',
  },
  {
    title: 'write() throws in mid-body',
    sources: ['file', 'memory', 'stream'],
    beforeHandler: writeThrowsAt(3),
    code: 'ERR_XSENDFILE_INTERNAL',
  },
  {
    title: 'write() throws between two parts',
    sources: ['file', 'memory', 'stream'],
    headers: RANGES,
    beforeHandler: writeThrowsAt(3),
    code: 'ERR_XSENDFILE_INTERNAL',
  },
  {
    title: 'write() throws while the rate is limited',
    sources: ['file', 'memory', 'stream'],
    options: () => ({ rate: 10_000_000 }),
    beforeHandler: writeThrowsAt(2),
    code: 'ERR_XSENDFILE_INTERNAL',
  },
  {
    title: 'end() throws after the body',
    sources: ['file', 'memory', 'stream'],
    beforeHandler: ({ res }) => void Object.assign(res, { end: throwSabotage }),
    code: 'ERR_XSENDFILE_INTERNAL',
    isAfterTheBody: true,
  },
  {
    title: 'end() throws with the body',
    sources: ['small'],
    beforeHandler: ({ res }) => void Object.assign(res, { end: throwSabotage }),
    code: 'ERR_XSENDFILE_INTERNAL',
  },
  {
    title: 'the disk fails',
    sources: ['file'],
    options: () => ({ setHeaders: () => Object.assign(mockDisk, { failsFrom: SIZE / 2 }) }),
    code: 'ERR_XSENDFILE_INTERNAL',
    errno: 'EIO',
  },
  {
    title: 'the disk fails in the second part',
    sources: ['file'],
    headers: RANGES,
    options: () => ({ setHeaders: () => Object.assign(mockDisk, { failsFrom: SIZE / 2 }) }),
    code: 'ERR_XSENDFILE_INTERNAL',
    errno: 'EIO',
  },
  {
    title: 'the file is truncated',
    sources: ['file'],
    options: () => ({ setHeaders: (_res, path) => truncateSync(path, SIZE / 2) }),
    code: 'ERR_XSENDFILE_FILE_CHANGED',
  },
  {
    title: 'the file is emptied',
    sources: ['file'],
    options: () => ({ setHeaders: (_res, path) => truncateSync(path, 0) }),
    code: 'ERR_XSENDFILE_FILE_CHANGED',
  },
  {
    title: 'the file is truncated before the second part',
    sources: ['file'],
    headers: RANGES,
    options: () => ({ setHeaders: (_res, path) => truncateSync(path, SIZE / 2) }),
    code: 'ERR_XSENDFILE_FILE_CHANGED',
  },
  {
    title: 'the source throws',
    sources: ['stream'],
    content: streamed(SIZE, { throwsAt: SIZE / 2 }),
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
  },
  {
    title: 'the source throws at once',
    sources: ['stream'],
    content: streamed(SIZE, { throwsAt: 0 }),
    code: 'ERR_XSENDFILE_CONTENT_FAILED',
  },
  {
    title: 'the source ends too early',
    sources: ['stream'],
    content: streamed(SIZE, { endsAt: SIZE / 2 }),
    code: 'ERR_XSENDFILE_CONTENT_LENGTH',
  },
  {
    title: 'the source gives too many bytes',
    sources: ['stream'],
    content: streamed(SIZE, { surplus: 'in the last chunk' }),
    code: 'ERR_XSENDFILE_CONTENT_LENGTH',
  },
];

/** A moment at which a connection ends. */
interface Phase {
  readonly title: string;
  /** Lets the fault happen at its moment, and calls `ended` when the server knows of it. */
  readonly hooks: (end: (running: Running) => Promise<void>) => Hooks;
  /** Status in the outcome. */
  readonly status: number;
}

const PHASES: readonly Phase[] = [
  {
    title: 'before the handler is called',
    hooks: (end) => ({ beforeHandler: end }),
    status: 0,
  },
  {
    title: 'while the application decides',
    hooks: (end) => ({
      options: (running) => ({
        allow: async () => {
          await end(running());
          return true;
        },
      }),
    }),
    status: 0,
  },
  {
    title: 'before the head',
    hooks: (end) => ({ options: (running) => ({ setHeaders: () => void end(running()) }) }),
    status: 200,
  },
  {
    title: 'after the head',
    hooks: (end) => ({
      beforeHandler: (running) =>
        onWrite(running.res, (count) => {
          if (count === 1) void end(running);
        }),
    }),
    status: 200,
  },
  {
    title: 'in mid-body',
    hooks: (end) => ({
      beforeHandler: (running) =>
        onWrite(running.res, (count) => {
          if (count === 3) void end(running);
        }),
    }),
    status: 200,
  },
  {
    title: 'between two parts',
    hooks: (end) => ({
      headers: { Range: `bytes=0-999,2000-${LARGE - 1}` },
      beforeHandler: (running) => {
        let parts = 0;
        onWrite(running.res, (_count, chunk) => {
          if (chunk.length < 1000 && chunk.includes('Content-Range')) parts += 1;
          if (parts === 2) void end(running);
        });
      },
    }),
    status: 206,
  },
  {
    title: 'while the rate is limited',
    hooks: (end) => ({
      options: () => ({ rate: 100_000 }),
      beforeHandler: (running) =>
        onWrite(running.res, (count) => {
          if (count === 2) setImmediate(() => void end(running));
        }),
    }),
    status: 200,
  },
];

/** How a connection ends. */
const WAYS: readonly {
  readonly title: string;
  readonly end: (running: Running) => Promise<void> | void;
  readonly needsHttp2?: boolean;
}[] = [
  { title: 'the client disconnects', end: async ({ peer }) => (await peer).disconnect() },
  {
    title: 'the client resets the stream',
    end: async ({ peer }) => (await peer).reset(),
    needsHttp2: true,
  },
  { title: 'the connection breaks', end: ({ req }) => destroyConnection(req) },
  { title: 'the application destroys the response', end: ({ res }) => void res.destroy() },
];

/** Resolves when the server knows that the response has ended. */
const whenClosed = ({ req, res }: Running): Promise<void> =>
  eventually(() => isDestroyed(req) || res.destroyed);

describe.each(PROTOCOLS)('over $title', ({ serve, isHttp2 }) => {
  let listener: (req: IncomingMessage, res: ServerResponse) => void = () => {};
  let send: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    send = await serve((req, res) => listener(req, res));
  });

  /** Sends a request to a handler with these hooks, and waits until it is over on both sides. */
  async function run(source: SourceName, hooks: Hooks): Promise<End> {
    const { beforeHandler, options, content, isLarge = false, headers = {}, onError } = hooks;
    const outcomes: Outcome[] = [];
    const errors: unknown[] = [];
    let running: Running | undefined;
    const handler = xsendfile(root, {
      ...options?.(() => running as Running),
      onFinish: (outcome) => outcomes.push(outcome),
    });
    let tell: (peer: Peer) => void = () => {};
    const peer = new Promise<Peer>((resolve) => {
      tell = resolve;
    });
    async function respond(req: IncomingMessage, res: ServerResponse): Promise<void> {
      running = { req, res, peer };
      await beforeHandler?.(running);
      if (hooks.isMiddleware === true) handler(req, res);
      else if (source === 'file') await handler.send(req, res, isLarge ? 'large.bin' : 'file.bin');
      else await handler.sendContent(req, res, content ?? contentOf(source, isLarge));
    }
    listener = (req, res) =>
      void respond(req, res).catch((error) => {
        try {
          if (onError === undefined) throw error;
          onError(error, { req, res, peer });
        } catch (unexpected) {
          errors.push(unexpected);
          res.destroy();
        }
      });
    const client = await send('/file.bin', headers);
    tell(client);
    const received = await client.receive();
    await eventually(() => outcomes.length > 0);
    await expectAllClosed(root);
    await eventually(() => openSources === 0);
    expect(outcomes).toHaveLength(1);
    expect(errors).toEqual([]);
    return { outcome: outcomes[0], received };
  }

  it.each<SourceName>(['file', 'memory', 'stream', 'small'])(
    'sends everything if nothing fails (%s)',
    async (source) => {
      const { outcome, received } = await run(source, {});
      expect(outcome).toMatchObject({ kind: 'sent', status: 200 });
      expect(received).toMatchObject({ status: 200, isComplete: true });
    },
  );

  it.each(FAULTS.flatMap((fault) => fault.sources.map((source) => ({ ...fault, source }))))(
    'shows that the response is incomplete if $title ($source)',
    async ({ source, code, errno, isAfterTheBody, ...hooks }) => {
      const { outcome, received } = await run(source, hooks);
      const status = hooks.headers === undefined ? 200 : 206;
      expect(outcome).toMatchObject({ kind: 'failed', status, code });
      expect(outcome?.errno).toBe(errno);
      if (isAfterTheBody === true) expect(outcome?.bytes).toBe(SIZE);
      else {
        expect(outcome?.bytes).toBeLessThan(SIZE);
        expect(received.isComplete).toBe(false);
      }
    },
  );

  it('sends everything if a source has more bytes after its end', async () => {
    const content = streamed(SIZE, { surplus: 'after the last chunk' });
    const { outcome, received } = await run('stream', { content });
    expect(outcome).toMatchObject({ kind: 'sent', status: 200, bytes: SIZE });
    expect(received).toMatchObject({ status: 200, isComplete: true });
    await eventually(() => jest.mocked(process.emitWarning).mock.calls.length > 0);
    expect(process.emitWarning).toHaveBeenCalledWith(
      'xsendfile: content was sent completely, but afterwards: it had more bytes',
      warningOptions('XSENDFILE_CONTENT_AFTER_END'),
    );
  });

  const HEADS: readonly { title: string; hooks: Hooks }[] = [
    { title: 'of the whole file', hooks: {} },
    { title: 'of a range', hooks: { headers: { Range: 'bytes=1-5' } } },
    { title: 'of several ranges', hooks: { headers: RANGES } },
    {
      title: 'of a 304',
      hooks: { headers: { 'If-Modified-Since': new Date(2e12).toUTCString() } },
    },
    { title: 'with setHeaders', hooks: { options: () => ({ setHeaders: () => {} }) } },
    {
      title: 'for a front end',
      hooks: { options: () => ({ sender: 'nginx', handshake: false }) },
    },
  ];
  const throwsInWriteHead: Hooks['beforeHandler'] = ({ res }) =>
    void Object.assign(res, { writeHead: throwSabotage });

  describe.each<SourceName>(['file', 'memory', 'stream', 'small'])('from %s', (source) => {
    it.each(HEADS)(
      'leaves the response to the application if writeHead() throws $title',
      async ({ hooks }) => {
        const { outcome, received } = await run(source, {
          ...hooks,
          beforeHandler: throwsInWriteHead,
          onError: (error, { res }) => {
            expect(error).toEqual(new Error('sabotage'));
            expect(res.headersSent).toBe(false);
            expect(res.getHeaderNames()).toEqual([]);
            Reflect.deleteProperty(res, 'writeHead');
            res.statusCode = 500;
            res.end('sorry');
          },
        });
        expect(outcome).toMatchObject({
          ...{ kind: 'failed', status: 500, code: 'ERR_XSENDFILE_INTERNAL', bytes: 0 },
        });
        expect(received).toMatchObject({ status: 500, isComplete: true });
      },
    );
  });

  it.each(HEADS)(
    'aborts the response if writeHead() throws $title, and again',
    async ({ hooks }) => {
      const { outcome, received } = await run('file', {
        ...hooks,
        beforeHandler: throwsInWriteHead,
        isMiddleware: true,
      });
      expect(outcome).toMatchObject({
        kind: 'failed',
        status: 500,
        code: 'ERR_XSENDFILE_INTERNAL',
      });
      expect(received).toMatchObject({ status: 0, isComplete: false });
    },
  );

  const ends = PHASES.flatMap(({ title: phase, hooks, status }) =>
    WAYS.filter(({ needsHttp2 }) => isHttp2 || needsHttp2 !== true).map(({ title, end }) => ({
      phase,
      title,
      status,
      hooks: hooks(async (running) => {
        await end(running);
        await whenClosed(running);
      }),
    })),
  );

  describe.each<SourceName>(['file', 'memory', 'stream'])('from %s', (source) => {
    it.each(ends)('is aborted if $title $phase', async ({ hooks, status }) => {
      const { outcome, received } = await run(source, { isLarge: true, ...hooks });
      expect(outcome).toMatchObject({ kind: 'aborted', status });
      expect(outcome).not.toHaveProperty('code');
      expect(outcome?.bytes).toBeLessThan(LARGE);
      expect(received.isComplete).toBe(false);
      if (status === 0) expect(received.status).toBe(0);
    });
  });
});
