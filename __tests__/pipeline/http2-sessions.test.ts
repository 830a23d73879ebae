import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type ServerHttp2Stream,
} from 'node:http2';
import { join } from 'node:path';
import { type FileInfo, type Outcome, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { eventually } from '../helpers/eventually.js';
import { listenHttp2 } from '../helpers/http2.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { countOpenFiles, expectAllClosed } from './transfer/descriptors.js';

jest.setTimeout(240_000);

const LARGE = Buffer.alloc(2_000_000, 'large ');
const MIDDLE = LARGE.subarray(0, 300_000);
const root = createTree({
  'middle.bin': MIDDLE,
  'large.bin': LARGE,
  'medium.bin': LARGE.subarray(0, 100_000),
  'small.txt': 'small',
  'kept.txt': 'kept',
  ...Object.fromEntries(times(200, (index) => [`middle-${index}`, MIDDLE])),
  ...Object.fromEntries(times(200, (index) => [`medium-${index}`, LARGE.subarray(0, 100_000)])),
});
/** The default of Node's `maxSessionMemory`, in bytes, beyond which it refuses streams. */
const SESSION_MEMORY = 10_000_000;

/** How many files its streams may have open while they are sent. */
const SENDING = 64;

interface Server {
  readonly outcomes: readonly Outcome[];
  /** Bytes that Node holds for the streams of all clients. */
  buffered(): number;
  /** Opens a session in which each stream gets a kilobyte, unless its body is read. */
  open(): Promise<Session>;
}

interface Session {
  send(path: string, headers?: object): Sent;
  destroy(): void;
}

/** A request whose body is not read until it is asked for. */
interface Sent {
  readonly stream: ClientHttp2Stream;
  read(): Promise<Received>;
}

interface Received {
  readonly status: number;
  readonly body: Buffer;
  readonly errorCode: number;
}

const sessions: ClientHttp2Session[] = [];

async function start(options: XSendfileOptions = {}): Promise<Server> {
  const outcomes: Outcome[] = [];
  const streams = new Set<ServerHttp2Stream>();
  const handler = xsendfile(root, { ...options, onFinish: (outcome) => outcomes.push(outcome) });
  async function* content() {
    for (;;) yield LARGE;
  }
  const site = await listenHttp2((req, res) => {
    streams.add(req.stream);
    req.stream.once('close', () => streams.delete(req.stream));
    if (req.url === '/bytes') void handler.sendContent(req, res, LARGE);
    else if (req.url === '/content') {
      void handler.sendContent(req, res, { name: 'a.bin', read: content });
    } else handler(req, res);
  });
  return {
    outcomes,
    buffered: () => [...streams].reduce((sum, { writableLength }) => sum + writableLength, 0),
    async open() {
      const session = site.open({ settings: { initialWindowSize: 1000 }, maxSessionMemory: 1000 });
      await once(session, 'remoteSettings');
      session.setLocalWindowSize(2 ** 30);
      sessions.push(session);
      return {
        send: (path, headers) => observe(session.request({ ':path': path, ...headers })),
        destroy: () => session.destroy(),
      };
    },
  };
}

function observe(stream: ClientHttp2Stream): Sent {
  let status = 0;
  const chunks: Buffer[] = [];
  stream.on('error', () => {});
  stream.on('response', (headers) => {
    status = Number(headers[':status']);
  });
  return {
    stream,
    async read() {
      const closed = new Promise<void>((resolve) => {
        if (stream.destroyed) resolve();
        else stream.once('close', resolve);
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      await closed;
      return { status, body: Buffer.concat(chunks), errorCode: stream.rstCode ?? 0 };
    },
  };
}

function times<Value>(count: number, create: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_each, index) => create(index));
}

/** Waits until a number stays what it is. */
async function settled(current: () => number): Promise<void> {
  let last = Number.NaN;
  let same = 0;
  await eventually(() => {
    const now = current();
    same = now === last ? same + 1 : 0;
    last = now;
    return same > 20;
  });
}

const isOpen = ({ stream }: Sent): boolean => !stream.destroyed;

beforeEach(() => letFilesSettle());
afterEach(() => {
  jest.restoreAllMocks();
  for (const session of sessions.splice(0)) session.destroy();
});

describe('a session of HTTP/2 whose client does not read', () => {
  it.each([
    ['of a large file', '/large.bin', {}],
    ['of a range', '/large.bin', { range: 'bytes=5-1500000' }],
    ['of a file that is read at once', '/medium.bin', {}],
    ['of bytes in memory', '/bytes', {}],
    ['of a source', '/content', {}],
  ])('has few files open, and little memory, for 900 streams %s', async (_title, path, headers) => {
    const server = await start({ cache: false });
    const session = await server.open();
    const sent = times(900, () => session.send(path, headers));
    let most = 0;
    await settled(() => {
      most = Math.max(most, countOpenFiles(root));
      return server.buffered();
    });
    expect(sent.every(isOpen)).toBe(true);
    expect(most).toBeLessThanOrEqual(100);
    expect(server.buffered()).toBeGreaterThan(100_000);
    expect(server.buffered()).toBeLessThan(SESSION_MEMORY * 0.75);
    session.destroy();
    await eventually(() => server.outcomes.length === 900);
    expect(server.outcomes.every(({ kind }) => kind === 'aborted')).toBe(true);
    await expectAllClosed(root);
  });

  it.each<[string, string, XSendfileOptions, number]>([
    ['that the cache takes', 'middle', {}, SENDING],
    ['that are read at once', 'medium', {}, SENDING + 42 + 32],
    ['that are read at once, without a cache', 'medium', { cache: false }, SENDING + 42 + 32],
  ])(
    'has few contents in memory for 200 different files %s',
    async (_title, name, options, most) => {
      const server = await start(options);
      const session = await server.open();
      const sent = times(200, (index) => session.send(`/${name}-${index}`));
      let started = 0;
      for (const { stream } of sent) {
        stream.once('response', () => {
          started += 1;
        });
      }
      await settled(() => started);
      expect(started).toBeGreaterThan(SENDING / 2);
      expect(started).toBeLessThanOrEqual(most);
      for (const { status, body } of await Promise.all(sent.map((each) => each.read()))) {
        expect([status, body.length]).toEqual([200, name === 'middle' ? 300_000 : 100_000]);
      }
      session.destroy();
      await expectAllClosed(root);
    },
  );

  it.each<[string, XSendfileOptions]>([
    ['with a cache', {}],
    ['without a cache', { cache: false }],
    ['with allow', { allow: async () => true }],
    ['with allow, without a cache', { cache: false, allow: async () => true }],
  ])('gets small responses while 100 streams stand still: %s', async (_title, options) => {
    const server = await start(options);
    const session = await server.open();
    await session.send('/kept.txt').read();
    times(100, () => session.send('/large.bin', { range: 'bytes=0-1900000' }));
    await settled(() => server.buffered());
    for (const [status, path, headers] of [
      [200, '/large.bin', { ':method': 'HEAD' }],
      [304, '/large.bin', { 'if-none-match': '*' }],
      [412, '/large.bin', { 'if-match': '"other"' }],
      [416, '/large.bin', { range: 'bytes=9999999-' }],
      [404, '/missing', {}],
      [405, '/small.txt', { ':method': 'POST' }],
      [200, '/small.txt', {}],
      [206, '/small.txt', { range: 'bytes=1-2' }],
      [200, '/kept.txt', {}],
      [200, '/medium.bin', {}],
      [206, '/bytes', { range: 'bytes=7-500000' }],
    ] as [number, string, object][]) {
      const received = await session.send(path, headers).read();
      expect([path, received.status, received.errorCode]).toEqual([path, status, 0]);
    }
    session.destroy();
    await expectAllClosed(root);
  });

  it('gets everything once it reads', async () => {
    const server = await start({ cache: false });
    const session = await server.open();
    const sent = times(150, () => session.send('/middle.bin'));
    await settled(() => server.buffered());
    let most = 0;
    const check = async (each: Sent): Promise<void> => {
      const { status, body, errorCode } = await each.read();
      most = Math.max(most, countOpenFiles(root));
      expect([status, errorCode, body.equals(MIDDLE)]).toEqual([200, 0, true]);
    };
    await Promise.all(sent.map(check));
    expect(most).toBeLessThanOrEqual(100);
    await eventually(() => server.outcomes.length === sent.length);
    await expectAllClosed(root);
  });

  it('has streams refused while 1,000 wait', async () => {
    const server = await start({ cache: false });
    const session = await server.open();
    const sent = times(SENDING + 1070, () => session.send('/large.bin'));
    const ended = () => sent.filter((each) => !isOpen(each));
    await eventually(() => server.outcomes.length === 70 && ended().length === 70);
    expect(ended().map(({ stream }) => stream.rstCode)).toEqual(
      Array(70).fill(constants.NGHTTP2_REFUSED_STREAM),
    );
    expect(server.outcomes[0]).toMatchObject({ kind: 'aborted', status: 0 });
    // Those that stop waiting make room.
    const waiting = sent.filter(isOpen).slice(-100);
    for (const { stream } of waiting) stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => server.outcomes.length === 170);
    const later = times(100, () => session.send('/large.bin'));
    await settled(() => server.outcomes.length);
    expect(later.every(isOpen)).toBe(true);
    session.destroy();
    await expectAllClosed(root);
  });
});

describe('a stream that waits until its session may open another file', () => {
  /** Lets streams keep files open until the function is called that this returns. */
  async function occupy(
    options: XSendfileOptions,
    count = SENDING,
    onAllow: (file: FileInfo) => void = () => {},
  ) {
    let allowAll = (_isAllowed: boolean): void => {};
    const decision = new Promise<boolean>((resolve) => {
      allowAll = resolve;
    });
    const asked: string[] = [];
    const server = await start({
      ...options,
      cache: false,
      allow: (file, { req }) => {
        onAllow(file);
        asked.push(file.name);
        return req.headers['x-held'] === undefined || decision;
      },
    });
    const session = await server.open();
    times(count, () => session.send('/large.bin', { 'x-held': '1' }));
    await eventually(() => asked.length === count);
    return { server, session, asked, allowAll };
  }

  it('is answered with 503 after the idle timeout', async () => {
    const { server, session } = await occupy({ idleTimeout: 0.5 });
    expect(await session.send('/large.bin').read()).toMatchObject({ status: 503, errorCode: 0 });
    expect(server.outcomes).toMatchObject([
      { kind: 'refused', status: 503, code: 'ERR_XSENDFILE_UNAVAILABLE' },
    ]);
    session.destroy();
    await expectAllClosed(root);
  });

  it('ends with the client', async () => {
    const { server, session, asked } = await occupy({});
    const { stream } = session.send('/large.bin');
    await eventually(() => asked.length === SENDING + 1);
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => server.outcomes.length === 1);
    expect(server.outcomes).toMatchObject([{ kind: 'aborted', status: 0, bytes: 0 }]);
    session.destroy();
    await expectAllClosed(root);
  });

  it('goes on when another one has ended, and calls allow once', async () => {
    const { session, asked, allowAll } = await occupy({});
    const sent = session.send('/large.bin');
    await eventually(() => asked.length === SENDING + 1);
    allowAll(false);
    const { status, body } = await sent.read();
    expect([status, body.equals(LARGE), asked.length]).toEqual([200, true, SENDING + 1]);
    session.destroy();
    await expectAllClosed(root);
  });

  it.each([
    ['that is waited for', LARGE],
    ['that is read at once', LARGE.subarray(0, 100_000)],
  ])('is refused if the file %s is gone by then, and keeps no place', async (_title, bytes) => {
    const path = join(root, 'gone.bin');
    writeFileSync(path, bytes);
    await letFilesSettle();
    const { server, session, asked, allowAll } = await occupy({}, SENDING, ({ name }) => {
      if (name === 'gone.bin') rmSync(path);
    });
    const sent = session.send('/gone.bin');
    await eventually(() => asked.includes('gone.bin'));
    allowAll(false);
    expect(await sent.read()).toMatchObject({ status: 404, errorCode: 0 });
    await eventually(() => server.outcomes.some(({ kind }) => kind === 'refused'));
    await eventually(() => server.outcomes.length === SENDING + 1);
    expect(server.outcomes.filter(({ path: each }) => each === 'gone.bin')).toMatchObject([
      { kind: 'refused', status: 404, code: 'ERR_XSENDFILE_NOT_FOUND', bytes: 0 },
    ]);
    // As many as before may be sent, none of which waits.
    let started = 0;
    for (const { stream } of times(SENDING + 1, () => session.send('/large.bin'))) {
      stream.once('response', () => {
        started += 1;
      });
    }
    await settled(() => started);
    expect(started).toBe(SENDING);
    session.destroy();
    await expectAllClosed(root);
  });

  it('does not wait for streams of another session', async () => {
    const { server, session } = await occupy({});
    const other = await server.open();
    expect((await other.send('/large.bin').read()).body.equals(LARGE)).toBe(true);
    for (const each of [session, other]) each.destroy();
    await expectAllClosed(root);
  });
});
