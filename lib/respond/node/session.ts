import type { ServerResponse } from 'node:http';
import { constants, Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import { RefusedError } from '../../shared/errors.js';
import type { Exchange } from '../../shared/views.js';
import { ONE_READ_BYTES } from '../../sources/directory/descriptor.js';
import { type Found, NO_BODY, type OpenedFile } from '../../sources/source.js';
import { isDirect, onceOver } from './connection.js';
import type { NodeConnection } from './watch.js';

/** Files that the streams of one session have open while they are sent. */
const MAX_SENDING = 64;
/** Files that they have open besides, to check or to read them: for a moment, which no client can prolong. */
const MAX_OPENING = 32;
/** Bytes in memory that its bodies are sent from; then a file that is not in the cache is sent like a large one. */
const MAX_MEMORY_BYTES = 4 * 1024 * 1024;
/** Streams of one session that wait for a descriptor. */
const MAX_WAITING = 1000;

/** Written bytes of the first of many stalled streams; the next ones get less. */
const FIRST_WRITE_BYTES = 1024 * 1024;
/** With so many bytes for each of 100 streams, a session is far from the 10 MB with which Node refuses streams. */
const USUAL_WRITE_BYTES = 32 * 1024;
/** For more streams, none of which has a file open. */
const SMALL_WRITE_BYTES = 4 * 1024;

/** Lets a limited number of holders in, in the order of their arrival. */
class Gate {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(size: number) {
    this.#free = size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  tryEnter(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  /** Calls back when it is the caller's turn; returns a function that gives up waiting. */
  enter(admit: () => void): () => void {
    if (this.tryEnter()) admit();
    else this.#waiting.add(admit);
    return () => this.#waiting.delete(admit);
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

/** Resources that the streams of an HTTP/2 session share: one client may open hundreds of them. */
interface SessionLoad {
  readonly opening: Gate;
  readonly sending: Gate;
  /** Responses with a body that are being sent. */
  bodies: number;
  /** Bytes in memory that they are sent from, even if the cache drops them meanwhile. */
  bytes: number;
}

const loads = new WeakMap<ServerHttp2Session, SessionLoad>();

/** Returns undefined for HTTP/1, where responses on a connection are sent one after the other. */
function loadOf(res: ServerResponse): SessionLoad | undefined {
  const response: object = res;
  const session = response instanceof Http2ServerResponse ? response.stream.session : undefined;
  if (session === undefined) return undefined;
  let load = loads.get(session as ServerHttp2Session);
  if (load === undefined) {
    load = { opening: new Gate(MAX_OPENING), sending: new Gate(MAX_SENDING), bodies: 0, bytes: 0 };
    loads.set(session as ServerHttp2Session, load);
  }
  return load;
}

/** Counts a body that is being sent; returns a function to call when it is over. */
export function countBody(res: ServerResponse, { body, size }: OpenedFile): () => void {
  const load = loadOf(res);
  if (load === undefined) return () => {};
  const bytes = body.kind === 'bytes' ? size : 0;
  load.bodies += 1;
  load.bytes += bytes;
  return () => {
    load.bodies -= 1;
    load.bytes -= bytes;
  };
}

/**
 * Returns the maximum bytes of one write, all of which Node may have to buffer if the client stops reading. It falls
 * so fast with the number of bodies that the sum has a bound.
 */
export function maxWriteBytes(res: ServerResponse): number {
  const bodies = loadOf(res)?.bodies;
  if (bodies === undefined) return Number.POSITIVE_INFINITY;
  if (bodies > MAX_SENDING + MAX_OPENING) return SMALL_WRITE_BYTES;
  return Math.max(Math.floor(FIRST_WRITE_BYTES / bodies ** 2), USUAL_WRITE_BYTES);
}

/** Writes bytes, at most {@link maxWriteBytes}, and resolves when more can be written, or the exchange is over. */
export async function writeInSession(
  bytes: Uint8Array,
  res: ServerResponse,
  connection: NodeConnection,
): Promise<void> {
  if (maxWriteBytes(res) > USUAL_WRITE_BYTES || !isDirect(res)) {
    return connection.accepted(res.write(bytes));
  }
  // For Node, there is room for up to 64 KiB in each stream, too much for hundreds of them.
  await Promise.race([
    new Promise<unknown>((resolve) => res.write(bytes, resolve)),
    connection.over,
  ]);
  await connection.accepted(true);
}

/**
 * Opens a file for a response, within the limits of the session. If no more files may be open, the file is closed
 * again and has {@link OpenedFile.reopen}, because most responses without a body, and all from memory, can be sent
 * nevertheless.
 *
 * @param find - opens the file; with true, the bytes of a small one are certainly needed.
 */
export function openInSession(
  find: (isContentNeeded: boolean) => Promise<Found<OpenedFile>>,
  exchange: Exchange,
  idleTimeoutMs: number,
): Promise<Found<OpenedFile>> {
  const given = loadOf(exchange.res);
  if (given === undefined) return find(false);
  // Narrowed for the functions below.
  const load: SessionLoad = given;
  const { opening, sending } = load;

  async function open(isContentNeeded: boolean): Promise<Found<OpenedFile>> {
    if (!opening.tryEnter()) await new Promise<void>((resolve) => void opening.enter(resolve));
    try {
      const found = await find(isContentNeeded);
      const { file } = found;
      const isFree = isInMemory(file, load.bytes);
      if (!isFree && sending.tryEnter()) return { ...found, file: hold(file, sending) };
      file.close();
      if (isFree) return found;
      if (file.body.kind === 'bytes') file.body.recycle?.();
      return withoutDescriptor({ ...found, file: { ...file, body: NO_BODY, keep: undefined } });
    } finally {
      opening.leave();
    }
  }

  function withoutDescriptor(found: Found<OpenedFile>): Found<OpenedFile> {
    const { file } = found;
    const reopen = async (): Promise<Found<OpenedFile> | undefined> => {
      if (file.size <= ONE_READ_BYTES) {
        const read = await open(true);
        if (read.file.reopen === undefined) return read;
      }
      if (!(await whenFree(sending, exchange, idleTimeoutMs))) return undefined;
      try {
        const again = await find(false);
        return { ...again, file: hold(again.file, sending) };
      } catch (error) {
        sending.leave();
        throw error;
      }
    };
    return { ...found, file: { ...file, reopen } };
  }

  return open(false);
}

/**
 * Whether a file does not count for the limit of open files: its bytes are in the cache, or few.
 *
 * @param otherBytes - bytes in memory that the session is sending already.
 */
function isInMemory({ body, memo, size }: OpenedFile, otherBytes: number): boolean {
  if (body.kind !== 'bytes') return false;
  return memo !== undefined || otherBytes + size <= MAX_MEMORY_BYTES;
}

/** Leaves the gate when the file is closed. */
function hold(file: OpenedFile, gate: Gate): OpenedFile {
  let isHeld = true;
  const close = (): void => {
    file.close();
    if (isHeld) gate.leave();
    isHeld = false;
  };
  const keep = async (): Promise<OpenedFile> => {
    const kept = (await file.keep?.()) ?? file;
    // The stream keeps these bytes in memory until its end, even if the cache drops them.
    return kept === file ? held : { ...kept, close };
  };
  const held: OpenedFile = { ...file, close, keep };
  return held;
}

/**
 * Waits until a file may be opened.
 *
 * @returns false if the stream is over; it is refused if too many others wait.
 * @throws {@link RefusedError} 503 if that takes longer than the idle timeout.
 */
async function whenFree(gate: Gate, exchange: Exchange, idleTimeoutMs: number): Promise<boolean> {
  if (gate.waiting >= MAX_WAITING) {
    (exchange.res as unknown as Http2ServerResponse).stream.close(constants.NGHTTP2_REFUSED_STREAM);
    return false;
  }
  const result = await new Promise<'free' | 'late' | 'over'>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let giveUp = (): void => {};
    const settle = (how: 'free' | 'late' | 'over'): void => {
      clearTimeout(timer);
      giveUp();
      resolve(how);
    };
    if (idleTimeoutMs > 0) timer = setTimeout(settle, idleTimeoutMs, 'late').unref();
    giveUp = gate.enter(() => settle('free'));
    onceOver(exchange, () => settle('over'));
  });
  if (result === 'late') throw new RefusedError('ERR_XSENDFILE_UNAVAILABLE');
  return result === 'free';
}
