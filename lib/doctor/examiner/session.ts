import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createUrlSigner } from '../../tokens/signer.js';
import type { Secret, UrlSigner } from '../../tokens/types.js';
import type { Canary } from '../canaries.js';
import {
  type Account,
  type Echo,
  LIFETIME,
  type Manner,
  type Opened,
  PROTOCOL,
  PURPOSE,
  type Report,
  TOKEN_HEADER,
} from '../protocol.js';
import type { Answer, Client, Question } from './client.js';

/** An answer, together with what the application says of it. */
export interface Exchange {
  readonly answer: Answer;
  /** undefined for a request that never arrived at the probe. */
  readonly account: Account | undefined;
  /** Targets that arrived at the application instead of being looked for by the front end. */
  readonly strays: readonly string[];
}

/** Details of a request for a canary. */
export type Details = Omit<Question, 'target'> & { readonly manner?: Manner };

/** Why a system cannot be examined. */
export class CannotExamine extends Error {
  override readonly name = 'CannotExamine';
}

/** One run, through one address. */
export interface Session {
  readonly client: Client;
  open(): Promise<Opened>;
  /** Asks for anything, in a way that the application can tell that it is the doctor. */
  ask(question: Question): Promise<Answer>;
  /** Asks for a canary. A connection that breaks is an answer with status 0. */
  fetch(canary: Canary, details?: Details): Promise<Exchange>;
  /** What arrives of a path behind the signed part; undefined if it does not arrive. */
  echo(path: string): Promise<{ readonly sent: string; readonly arrived: string | undefined }>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly client: Client;
  /** Where the probe is, without a slash at its end. */
  readonly mount: string;
  readonly secret: Secret | readonly Secret[];
  readonly now: () => number;
  /** The run of another session, to ask for its canaries. */
  readonly run?: string | undefined;
}

const ATTEMPTS = 5;
const CLOCKS_DIFFER_MS = 20_000;

export function newRun(): string {
  return randomBytes(16).toString('hex');
}

export function createSession(options: SessionOptions): Session {
  const { client, mount, secret, now, run = newRun() } = options;
  const signer = createUrlSigner(secret, { purpose: PURPOSE, now });
  let count = 0;

  const sign = (segments: readonly string[], prefix = false): string =>
    mount + linkTo(signer, segments, prefix);

  async function command<T>(action: string): Promise<T> {
    const answer = await client.ask({ target: sign([action, run]) });
    const value = parse(answer.body);
    if (value === undefined) throw new CannotExamine(explain(answer, client.origin + mount, now()));
    return value as T;
  }

  function ask({ headers, ...question }: Question): Promise<Answer> {
    const token = linkTo(signer, ['token', run], false);
    return client.ask({ ...question, headers: { ...headers, [TOKEN_HEADER]: token } });
  }

  async function fetch(canary: Canary, { manner = 'plain', ...rest }: Details = {}) {
    const id = `${process.pid}-${++count}`;
    const target = sign(['file', run, id, manner, canary.key]);
    const answer = await ask({ target, ...rest }).catch(toBroken);
    // The application hears of the end later than the client, sometimes.
    for (let attempt = 1; ; attempt++) {
      const { accounts, strays } = await command<Report>('report');
      const account = accounts.find((each) => each.id === id);
      if (account !== undefined || attempt === ATTEMPTS) return { answer, account, strays };
      await delay(attempt * 10);
    }
  }

  return {
    client,
    ask,
    fetch,
    open: () => command<Opened>('open'),
    async echo(path) {
      const sent = sign(['echo', run], true) + path;
      const { body } = await client.ask({ target: sent }).catch(toBroken);
      const { target } = (parse(body) ?? {}) as Partial<Echo>;
      return { sent: sent.slice(mount.length), arrived: target };
    },
    async close() {
      await command('close');
    },
  };
}

function linkTo(signer: UrlSigner, segments: readonly string[], prefix: boolean): string {
  // Long lists in one piece: what is signed is the decoded path.
  return signer.sign(segments.join('/'), { expiresIn: LIFETIME, ...(prefix ? { prefix } : {}) });
}

function toBroken(error: Error): Answer {
  return {
    status: 0,
    headers: new Map(),
    body: Buffer.alloc(0),
    broken: error.message,
    localPort: undefined,
    isReused: false,
  };
}

function parse(body: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    const isOurs = (value as { protocol?: unknown } | null)?.protocol === PROTOCOL;
    return isOurs ? (value as object) : undefined;
  } catch {
    return undefined;
  }
}

/** Why somebody else has answered. */
function explain({ status, headers }: Answer, url: string, now: number): string {
  if (status >= 502 && status <= 504) {
    return `the front end at ${url} answers ${status}: it does not reach the application. Start the application, and let the front end's configuration name its address.`;
  }
  const theirs = Date.parse(headers.get('date')?.[0] ?? '');
  const clocks =
    Math.abs(theirs - now) > CLOCKS_DIFFER_MS
      ? ` The clocks differ by ${Math.round(Math.abs(theirs - now) / 1000)} seconds: set them first.`
      : '';
  return (
    `no probe answers at ${url} (status ${status}). Mount one: app.use('/-doctor', doctorProbe(files, { secret })), ` +
    `give the URL of that path, and the same secret on both sides.${clocks}`
  );
}
