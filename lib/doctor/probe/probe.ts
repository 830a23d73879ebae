import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkMountOption } from '../../links/mount-path.js';
import { createLinkSigner } from '../../links/signer.js';
import type { Secret } from '../../links/types.js';
import {
  CREATE_FILE_CALLER,
  type FileCall,
  type FileCaller,
} from '../../node/offload/file-caller.js';
import { show } from '../../shared/option-checks.js';
import { Option, optional, type Readers, readOptions, unread } from '../../shared/option-reader.js';
import type { NextFunction, Outcome, RequestFunction, XSendfileHandler } from '../../types.js';
import { allCanaries } from '../canaries.js';
import {
  type Account,
  MAX_LIFETIME,
  MODES,
  type Mode,
  type Opened,
  PROTOCOL,
  RUN,
  type RunReport,
  TOKEN_HEADER,
} from '../protocol.js';
import {
  type CanaryPlace,
  createCanaries,
  placeOf,
  removeCanaries,
  reserveRun,
} from './canary-directory.js';
import { type ProbedObject, readRemote } from './remote.js';
import { addNote, readNotes, watchForStrays } from './run-record.js';
import { isForced, prepare, toAccount } from './sending.js';

/** Options of {@link doctorProbe}. */
export interface DoctorProbeOptions {
  /** The same secret as for `xsendfile doctor`: at least 16 bytes; of a list, all are valid. */
  readonly secret: Secret | readonly Secret[];
  /**
   * Percent-encoded path where the handler itself is mounted; `'/'` for no path.
   *
   * Required for `nginxSender({ prependMount: true })`, which puts it before the internal location; of no use for
   * other senders.
   */
  readonly mount?: string | undefined;
  /**
   * A remote object for the doctor, where a front end fetches objects: a handler of a `remoteRoot()`, and a
   * function that presigns an object for it.
   *
   * @default none
   */
  readonly remote?: ProbedObject | undefined;
}

/** A middleware of Express, Connect or a bare server. */
export type DoctorProbe = RequestFunction;

const OPTIONS = {
  secret: unread<DoctorProbeOptions['secret']>,
  mount: (value, option) => checkMountOption(value, 'percent-encoded', option),
  remote: optional(readRemote),
} satisfies Readers<DoctorProbeOptions>;

const MAX_RUNS = 4;

/** A request that is signed with the secret. */
interface ProbeRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly run: string;
  readonly place: CanaryPlace;
  /** The part of the path after the run. */
  readonly rest: readonly string[];
}

/** Returns the JSON to respond with, `sent` if the response is over, or undefined if it does not exist. */
type Action = (request: ProbeRequest) => ActionResult | Promise<ActionResult>;
type ActionResult = object | 'sent' | undefined;

/**
 * The application's part of `xsendfile doctor <url>`, which examines a deployed system from outside.
 *
 * It responds to requests that are signed with the secret and at most a minute old; for anything else it is not
 * there: `next()`, or 404 without it. A run creates files in a new directory below the handler's root, sends them
 * through the handler, and removes them: when the doctor requests it, after three minutes, and when the process ends.
 *
 * @throws {@link BadOptionError} when the handler is not one of xsendfile(), or the secret is missing or too short.
 *
 * @example Mounted where the front end passes it on like any other page
 * ```ts
 * import express from 'express';
 * import { xsendfile } from 'xsendfile';
 * import { doctorProbe } from 'xsendfile/doctor';
 *
 * const files = xsendfile('/srv/files', { sender: 'nginx', handshake: false });
 * const app = express();
 * app.use('/-doctor', doctorProbe(files, { secret: '0123456789abcdef0123456789abcdef' }));
 * ```
 */
export function doctorProbe(
  handler: XSendfileHandler<never, never>,
  options: DoctorProbeOptions,
): DoctorProbe {
  const caller = 'doctorProbe';
  const files = checkHandler(handler as unknown as XSendfileHandler, caller);
  const { secret, mount, remote } = readOptions(caller, options, OPTIONS);
  const limits = { purpose: PROTOCOL, maxLifetime: MAX_LIFETIME };
  const signer = createLinkSigner(secret, limits, caller);
  const callFile = files[CREATE_FILE_CALLER]();
  if (options.mount === undefined && callFile.prependsMount) {
    throw new Option(caller, 'mount').error(
      `mount is missing, but the sender puts the mount path of the handler before its location. Give that path, as in { secret, mount: '/files' }.`,
    );
  }

  function doctorProbeMiddleware(
    req: IncomingMessage,
    res: ServerResponse,
    next?: NextFunction,
  ): void {
    const isRead = req.method === 'GET' || req.method === 'HEAD';
    const result = isRead ? signer.verify(req.url ?? '') : undefined;
    const [action = '', run = '', ...rest] = result?.ok ? result.claims.segments : [];
    if (!RUN.test(run)) {
      passOn(res, next);
      return;
    }
    act(action, { req, res, run, place: placeOf(files.root, run), rest }).then(
      (isDone) => {
        if (!isDone) passOn(res, next);
      },
      (error: unknown) => {
        if (next === undefined || res.headersSent) res.destroy();
        else next(error);
      },
    );
  }

  const actions: { readonly [action: string]: Action } = {
    file: sendCanary,
    remote: sendObject,
    object: ({ req }) => remote?.read(req).catch(toFailure),
    echo: ({ req }) => ({ target: req.url }),
    open,
    report: async ({ place }) => toReport(await readNotes(place.record)),
    close: async ({ place }) => {
      await removeCanaries(place);
      return {};
    },
  };

  /** @returns false if there is no such action. */
  async function act(action: string, request: ProbeRequest): Promise<boolean> {
    const response = Object.hasOwn(actions, action) ? await actions[action]?.(request) : undefined;
    if (typeof response === 'object') sendJson(request.res, response);
    return response !== undefined;
  }

  async function open({ place, run }: ProbeRequest): Promise<Opened | { error: string }> {
    const { root } = files;
    const reservation = reserveRun(place, MAX_RUNS);
    if (reservation === 'full') {
      const error = `there are ${MAX_RUNS} examinations already. Wait until they are over, three minutes at most.`;
      return { error };
    }
    try {
      const watch = () => watchForStrays(place, (request) => hasToken(request, run));
      const canaries = reservation === 'opened' ? undefined : await createCanaries(place, watch);
      const more = { hasRemote: remote !== undefined, otherRoot: callFile.otherRoot() };
      if (canaries !== undefined) return { root, directory: place.name, ...more, ...canaries };
      return { error: 'this examination has been opened before. Start another one.' };
    } catch (cause) {
      const { code = String(cause) } = cause as NodeJS.ErrnoException;
      const error =
        `the application cannot make its test files in ${show(root)} (${code}). ` +
        'Let it write there for the time of the examination, or mount the probe in a process that may.';
      return { error };
    }
  }

  function hasToken({ headers }: IncomingMessage, run: string): boolean {
    const result = signer.verify(String(headers[TOKEN_HEADER.toLowerCase()]));
    return result.ok && result.claims.segments.join('/') === `token/${run}`;
  }

  async function sendCanary(request: ProbeRequest): Promise<'sent' | undefined> {
    const { req, res, place, rest } = request;
    const [, modeName, key] = rest;
    const mode = MODES.find((name) => name === modeName);
    const canary = allCanaries(place.path).find((file) => file.key === key);
    if (mode === undefined || canary === undefined) return undefined;
    const path = [place.name, ...canary.segments];
    // The probe's own mount path means nothing to the handler's front end.
    if ('baseUrl' in req || mount !== '') Object.assign(req, { baseUrl: mount });
    return send(request, mode, async () =>
      isForced(mode)
        ? callFile({ req, res, segments: path, ...FORCED })
        : files.send(req, res, path),
    );
  }

  async function sendObject(request: ProbeRequest): Promise<'sent' | undefined> {
    const { req, res } = request;
    // The value of the header is not changed, but has to be visible afterwards.
    return remote && send(request, 'forced', () => remote.send(req, res));
  }

  /** Sends a file, and notes what there is to tell of it. */
  async function send(
    { req, res, place, rest: [id = ''] }: ProbeRequest,
    mode: Mode,
    start: () => Promise<SentOutcome>,
  ): Promise<'sent'> {
    prepare(res, mode, place);
    const outcome = await start().catch((error) => refuse(res, error));
    await addNote(place.record, toAccount(id, req, res, outcome));
    return 'sent';
  }

  return doctorProbeMiddleware as RequestFunction;
}

type SentOutcome = Pick<Outcome, 'kind' | 'status' | 'sender'>;

/** Answers for a download that was refused. */
function refuse(res: ServerResponse, error: unknown): SentOutcome {
  const { status = 500 } = error as { status?: number };
  if (!res.headersSent) sendJson(res, {}, status);
  return { kind: 'refused', status, sender: undefined };
}

/** The code alone: a message may contain a signed URL. */
function toFailure(error: unknown): { readonly failed: string } {
  return { failed: String((error as { code?: unknown }).code ?? 'an error of the application') };
}

/** As if the request had the handshake. */
const FORCED: Pick<FileCall, 'options' | 'needsHandshake' | 'onHandedOver'> = {
  options: { headers: {}, dotfiles: undefined, changes: {} },
  needsHandshake: false,
  onHandedOver: () => {},
};

type InnerHandler = XSendfileHandler & { [CREATE_FILE_CALLER](): FileCaller };

function checkHandler(handler: unknown, caller: string): InnerHandler {
  if (typeof handler === 'function' && CREATE_FILE_CALLER in handler) {
    return handler as unknown as InnerHandler;
  }
  const fix =
    typeof handler === 'function' && 'files' in handler
      ? 'Pass the "files" of the handler of authToken().'
      : 'Pass the handler that your routes use.';
  throw new Option(caller, 'handler').error(`handler must be made by xsendfile(). ${fix}`);
}

function passOn(res: ServerResponse, next: NextFunction | undefined): void {
  if (next !== undefined) next();
  else res.writeHead(404, { 'Cache-Control': 'no-store', 'Content-Length': 0 }).end();
}

function sendJson(res: ServerResponse, value: object, status = 200): void {
  const body = JSON.stringify({ protocol: PROTOCOL, ...value });
  res.writeHead(status, {
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(body),
  });
  res.end(body);
}

function toReport(notes: readonly unknown[]): RunReport {
  return {
    accounts: notes.filter((note): note is Account => 'id' in (note as object)),
    strays: notes.flatMap((note) => (note as { stray?: string }).stray ?? []),
  };
}
