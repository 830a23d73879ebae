import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createUrlSigner } from '../../links/signer.js';
import type { Secret } from '../../links/types.js';
import type { Canary } from '../canaries.js';
import {
  type Account,
  LIFETIME,
  type Mode,
  type ObjectFacts,
  type Opened,
  PROTOCOL,
  type RunReport,
  TOKEN_HEADER,
} from '../protocol.js';
import { type Answer, createClient, type Question } from './client.js';

/** The response to a request for a canary, together with the application's account of it. */
export interface Fetched {
  readonly answer: Answer;
  /** undefined for a request that never arrived at the probe. */
  readonly account: Account | undefined;
  /** Targets that arrived at the application instead of being looked up by the front end. */
  readonly strays: readonly string[];
}

/** Details of a request for a canary. */
export type Details = Omit<Question, 'target'> & { readonly mode?: Mode };

/** Why a system cannot be examined. */
export class CannotExamine extends Error {
  override readonly name = 'CannotExamine';
}

/** One run, through one address. */
export type Session = ReturnType<typeof createSession>;

/** Options of requests to the probe. */
export interface SessionOptions {
  readonly secret: Secret | readonly Secret[];
  readonly now: () => number;
  /** The longest time without a byte, in milliseconds; 10 seconds by default. */
  readonly idleMs?: number;
}

const ATTEMPTS = 5;
const CLOCKS_DIFFER_MS = 20_000;

export function newRun(): string {
  return randomBytes(16).toString('hex');
}

/** @param url - of the mounted probe. @param run - may be that of another session */
export function createSession(url: URL, run: string, { secret, now, idleMs }: SessionOptions) {
  const client = createClient(url, idleMs);
  const mount = url.pathname.replace(/\/$/, '');
  const signer = createUrlSigner(secret, { purpose: PROTOCOL, now });
  let count = 0;

  // Long lists in one piece: what is signed is the decoded path.
  const sign = (segments: readonly string[], prefix?: true): string =>
    signer.sign(segments.join('/'), { expiresIn: LIFETIME, ...(prefix && { prefix }) });

  async function command<T>(action: string): Promise<T> {
    const answer = await client.ask({ target: mount + sign([action, run]) });
    const value = parse(answer.body);
    if (value === undefined) throw new CannotExamine(explain(answer, url.origin + mount, now()));
    return value as T;
  }

  /** Requests anything, in a way that the application can tell that it is the doctor. */
  function ask({ headers, ...question }: Question): Promise<Answer> {
    const token = sign(['token', run]);
    return client.ask({ ...question, headers: { ...headers, [TOKEN_HEADER]: token } });
  }

  /** Requests what a link is for, and what the application has to tell of it. */
  async function fetchNoted(
    action: string,
    rest: readonly string[],
    details: Omit<Question, 'target'>,
  ): Promise<Fetched> {
    const id = `${process.pid}-${++count}`;
    const target = mount + sign([action, run, id, ...rest]);
    const answer = await ask({ target, ...details }).catch(toBroken);
    // The application may notice the end later than the client.
    for (let attempt = 1; ; attempt++) {
      const { accounts, strays } = await command<RunReport>('report');
      const account = accounts.find((note) => note.id === id);
      if (account !== undefined || attempt === ATTEMPTS) return { answer, account, strays };
      await delay(attempt * 10);
    }
  }

  return {
    ask,
    /** Makes the canaries, or says why not. */
    open: () => command<Opened | { readonly error: string }>('open'),
    /** Requests a canary. A connection that breaks gives status 0. */
    fetch: (canary: Canary, { mode = 'plain', ...details }: Details = {}) =>
      fetchNoted('file', [mode, canary.key], details),
    /** Requests the remote object. A connection that breaks gives status 0. */
    fetchObject: (details: Omit<Question, 'target'> = {}) => fetchNoted('remote', [], details),
    /** Properties of the object in the store, or the code of an error. */
    factsOfObject: () => command<ObjectFacts | { readonly failed: string }>('object'),
    /** The part of a path after the signed part, as it arrives; undefined if it does not arrive. */
    async echo(path: string) {
      const sent = sign(['echo', run], true) + path;
      const { body } = await client.ask({ target: mount + sent }).catch(toBroken);
      const { target } = (parse(body) ?? {}) as { target?: string };
      return { sent, arrived: target };
    },
    /** Removes the canaries. */
    close: () => command<unknown>('close'),
    disconnect: client.close,
  };
}

function toBroken({ message: broken }: Error): Answer {
  const body = Buffer.alloc(0);
  return { status: 0, headers: {}, body, broken, localPort: undefined, isReused: false };
}

function parse(body: Buffer): object | undefined {
  try {
    const value = JSON.parse(body.toString()) as { protocol?: unknown } | null;
    return value?.protocol === PROTOCOL ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Why another server has responded. */
function explain({ status, headers }: Answer, url: string, now: number): string {
  if (status >= 502 && status <= 504) {
    return `the front end at ${url} responds with ${status}: it does not reach the application. Start the application, and let the front end's configuration name its address.`;
  }
  const difference = Math.abs(Date.parse(headers.date?.[0] ?? '') - now);
  const clocks =
    difference > CLOCKS_DIFFER_MS
      ? ` The clocks differ by ${Math.round(difference / 1000)} seconds: set them first.`
      : '';
  return (
    `no probe responds at ${url} (status ${status}). Mount one: app.use('/-doctor', doctorProbe(files, { secret })), ` +
    `give the URL of that path, and the same secret on both sides.${clocks}`
  );
}
