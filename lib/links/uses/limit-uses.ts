import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { warnOfUnknownClient, withoutPort } from '../../shared/client-address.js';
import { type RefusalCode, RefusedError, XSendfileError } from '../../shared/errors.js';
import {
  callback,
  optional,
  type Readers,
  readOptions,
  seconds,
  synchronous,
} from '../../shared/option-reader.js';
import type { AllowFacts, Delivery, FileTarget, Outcome } from '../../types.js';
import { decide, TIMEOUT, waitForUse } from './ask-store.js';
import { markAsCounting } from './counts-uses.js';
import { memoryUses } from './memory.js';
import { endOf, storeWith, type Use, type UseStore } from './store.js';

/** Options of {@link limitUses}. */
export interface LimitUsesOptions<Req = IncomingMessage> {
  /**
   * Store that counts the uses. Processes that serve the same links must share it: `redisUses(client)`.
   *
   * @default `memoryUses()`
   */
  readonly store?: UseStore | undefined;
  /**
   * Seconds from the first request of a download during which its further requests take no use.
   *
   * @default 600
   */
  readonly window?: number | undefined;
  /**
   * Returns what identifies a client: the requests of one download come from the same one. The port of an
   * address is ignored. For undefined, each GET takes a use, unless its URL was confirmed: then the confirmation
   * identifies the client.
   *
   * @default the address of the client, as `authToken()` knows it: see its option `clientAddress`
   */
  readonly client?: ((req: Req) => string | undefined) | undefined;
  /**
   * Seconds to wait for the store; then the response is 503.
   *
   * @default 2
   */
  readonly timeout?: number | undefined;
  /**
   * The clock, in milliseconds.
   *
   * @default `Date.now`
   */
  readonly now?: (() => number) | undefined;
}

/** What {@link limitUses} decides with: the context of `allow`, of any entry. */
export type CountingContext<Req = IncomingMessage> = AllowFacts &
  ({ readonly req: Req } | { readonly request: Req });

/** Counts the downloads of links, as a function for `allow`. */
export type CountingFunction<Req = IncomingMessage> = (
  file: FileTarget,
  context: CountingContext<Req>,
) => Promise<boolean>;

const OPTIONS = {
  store: optional(storeWith<UseStore>('take', 'peek', 'release')),
  window: seconds(600, Number.MAX_VALUE),
  client: synchronous(callback<LimitUsesOptions<unknown>['client']>()),
  timeout: TIMEOUT,
  now: callback(() => Date.now()),
} satisfies Readers<LimitUsesOptions<unknown>>;

/** Statuses of responses without any byte of the file. */
const WITHOUT_CONTENT: readonly number[] = [304, 412, 416];

/**
 * Creates a function for `allow` of `authToken()` that counts the downloads of links with the claim
 * `uses`, and refuses further ones with 410.
 *
 * Requests with the same link, client, path and version of the file within the window count as one download, however
 * many ranges it takes. HEAD and responses with 304, 412 and 416 take no use. If all requests of a download fail, or
 * are refused or aborted before they got a byte, its use is released. For downloads that a front end sends, this
 * needs the option `reports` of the handler, and a report of an error or of a response without a byte; without a
 * report, an offloaded download counts. If the store fails, the response is 503, never an uncounted download.
 *
 * @throws {@link BadOptionError} when an option is unknown or wrong.
 *
 * @example A link for one download
 * ```ts
 * import { authToken } from 'xsendfile';
 * import { limitUses } from 'xsendfile/uses';
 *
 * const downloads = authToken(secret, '/srv/files', { allow: limitUses() });
 * const href = '/downloads' + downloads.signer.sign('report.pdf', { uses: 1, expiresIn: 86400 });
 * ```
 */
export function limitUses<Req = IncomingMessage>(
  options: LimitUsesOptions<Req> = {},
): CountingFunction<Req> {
  const { window, client, timeout, now, ...read } = readOptions('limitUses', options, OPTIONS);
  const timeoutMs = timeout * 1000;
  const { store = memoryUses({ now }) } = read;

  async function allowCounted(file: FileTarget, context: CountingContext<Req>): Promise<boolean> {
    const {
      claims,
      status,
      onFinish,
      onDelivered,
      resumeGrace = 0,
      isExpired,
      confirmation,
    } = context;
    if (claims?.uses === undefined) return true;
    if (claims.id === undefined) {
      throw new XSendfileError(
        'ERR_XSENDFILE_USES_NOT_COUNTED',
        'limitUses: a link with uses must have an id, by which they are counted.',
      );
    }
    const end = endOf(claims.expires);
    const expires = end + resumeGrace * 1000;
    const windowEnd = now() + window * 1000;
    const use: Use = {
      id: claims.id,
      max: isExpired || confirmation === 'late' ? 0 : claims.uses,
      expires,
      download: downloadOf(file, clientOf(context)),
      downloadExpires: windowEnd < end ? windowEnd : expires,
    };
    const refusal = isExpired ? 'ERR_XSENDFILE_TOKEN_EXPIRED' : 'ERR_XSENDFILE_TOKEN_USED_UP';
    if (confirmation === 'late' && !(await decide(call(store.peek, use), timeoutMs))) {
      const isLeft =
        !isExpired && decide(call(store.peek, { ...use, max: claims.uses }), timeoutMs);
      refuseUnless(await isLeft, refusal);
      throw new RefusedError('ERR_XSENDFILE_UNCONFIRMED');
    }
    const isFree = confirmation === 'missing' || WITHOUT_CONTENT.includes(status);
    if (methodOf(requestOf(context)) === 'HEAD' || isFree) {
      return refuseUnless(await decide(call(store.peek, use), timeoutMs), refusal);
    }
    const taking = call(store.take, use);
    // Before the result, because the request may have ended when it arrives.
    let isInVain = false;
    async function noteInVain(): Promise<void> {
      if (isInVain) return;
      isInVain = true;
      const downloadExpires = await taking.catch(() => false);
      if (typeof downloadExpires !== 'number') return;
      await store.release({ id: use.id, download: use.download, downloadExpires });
    }
    onFinish((outcome) => (endedInVain(outcome) ? noteInVain() : undefined));
    onDelivered((delivery) => (deliveredNothing(delivery) ? noteInVain() : undefined));
    return refuseUnless(await waitForUse(taking, timeoutMs), refusal);
  }

  function clientOf(context: CountingContext<Req>): string | undefined {
    const { clientAddress, confirmation, confirmationId } = context;
    if (client !== undefined) return client(requestOf(context)) ?? confirmationId;
    if (clientAddress === undefined && confirmation === undefined) {
      warnOfUnknownClient('req' in context ? 'node' : 'web');
    }
    return clientAddress ?? confirmationId;
  }

  /** A store may throw instead of rejecting. */
  async function call(method: (use: Use) => unknown, use: Use): Promise<unknown> {
    return method.call(store, use);
  }

  return markAsCounting(allowCounted);
}

function refuseUnless(isLeft: boolean, code: RefusalCode): true {
  if (!isLeft) throw new RefusedError(code);
  return true;
}

/** Whether the client certainly got nothing of the file, or the application failed. */
function endedInVain({ kind, bytes, sender }: Outcome): boolean {
  if (kind === 'aborted') return bytes === 0 && (sender === 'serve' || sender === undefined);
  return kind === 'failed' || kind === 'refused';
}

/** Whether the server that sent the response, which may be a front end, sent nothing of the file. */
function deliveredNothing({ status, bytes, complete }: Delivery): boolean {
  return (status !== 200 && status !== 206) || (bytes === 0 && !complete);
}

function downloadOf(file: FileTarget, client: string | undefined): string {
  if (typeof client !== 'string' || client === '') return randomUUID();
  const identity = JSON.stringify([withoutPort(client), file.segments, versionOf(file)]);
  return createHash('sha256').update(identity).digest('base64url');
}

/** The end of an ETag that names a coding; no number in hexadecimal does. */
const CODING = /-(?:br|zstd|gzip)"$/;

/**
 * The ETag. While the file is young it is weak, and another one than afterwards, but the download is
 * the same: the strong tag that it will get stands in for it.
 */
function versionOf({ etag, mtime, size }: FileTarget): string {
  if (etag?.startsWith('"') === true) return etag;
  const [coding = '"'] = CODING.exec(etag ?? '') ?? [];
  return `"${Math.floor(mtime.getTime() / 1000).toString(16)}-${size.toString(16)}${coding}`;
}

function requestOf<Req>(context: CountingContext<Req>): Req {
  return 'req' in context ? context.req : context.request;
}

function methodOf(request: unknown): string | undefined {
  return (request as { readonly method?: string }).method;
}
