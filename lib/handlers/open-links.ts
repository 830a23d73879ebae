import { existsSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { isAbsolute } from 'node:path';
import { TOKEN_OPTIONS } from '../links/options.js';
import { registerSecret } from '../links/shared-secrets.js';
import { createLinkSigner, publicSigner, queryOf } from '../links/signer.js';
import type {
  LinkClaims,
  ReceivedLink,
  Secret,
  TokenOptions,
  UrlSigner,
  VerifiedClaims,
  VerifyResult,
} from '../links/types.js';
import { countsUses } from '../links/uses/counts-uses.js';
import { outliveLinks } from '../links/uses/outlive-links.js';
import { checkEmbedding } from '../pipeline/embedding.js';
import { XSENDFILE_OPTIONS } from '../pipeline/options.js';
import { type Access, DEFAULT_POLICY } from '../pipeline/request-state.js';
import type { Responder } from '../pipeline/responder.js';
import type { RequestedFile } from '../pipeline/run.js';
import { rulesOf, segmentsOf } from '../request-path/from-request.js';
import { checkSpelling } from '../request-path/sanitize.js';
import { isRefusal, RefusedError, XSendfileError } from '../shared/errors.js';
import { show, showType } from '../shared/option-checks.js';
import {
  callback,
  checked,
  Option,
  type Reader,
  readOptions,
  splitOptions,
  synchronous,
} from '../shared/option-reader.js';
import type { RequestView } from '../shared/views.js';
import type { RemoteRoot, XSendfileOptions } from '../types.js';
import { askFor, type ConfirmPage, defaultPage } from './confirm.js';
import { openRoot, type Prepared, type Root } from './open-root.js';
import { isPrefetch } from './prefetch.js';
import { confine } from './requested-file.js';

/** Files that need a signed link, or a signed cookie. */
export interface Links extends Prepared {
  readonly signer: UrlSigner;
  readonly root: Root;
}

/** Identification of clients, which differs between entry points. */
interface ClientOptions {
  /** Name of the factory, for messages. */
  readonly caller: string;
  /** Returns the address of a client; undefined if it is unknown. */
  readonly addressOf: (req: IncomingMessage) => string | undefined;
  /** Called when a bound link is refused because of that. */
  readonly warnOfUnknown: () => void;
}

const COOKIE = 'Cookie';
const CLIENT_ADDRESS = synchronous(callback<ClientOptions['addressOf']>());
/** Seconds; a larger number is certainly one of milliseconds. */
const MAX_GRACE = 86_400;
const GRACE: Reader<number> = checked(
  'a whole number of seconds, at most 86400',
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_GRACE,
  0,
);
const CONFIRM: Reader<ConfirmPage | undefined> = (confirm, option) => {
  if (confirm === undefined || confirm === false) return undefined;
  if (confirm === true) return defaultPage;
  if (typeof confirm === 'function') return confirm as ConfirmPage;
  throw option.wrong('true, or a function that returns a page', confirm);
};
/** Default Cache-Control; `max-age` is reduced to the remaining lifetime of the link. */
const AS_LONG_AS_THE_LINK = 'private, max-age=31536000';

/**
 * Opens the files of a handler that needs links, and checks its options.
 *
 * @throws {@link BadRootError}, {@link BadSenderError} or {@link BadOptionError}.
 */
export function openLinks(
  secret: Secret | readonly Secret[],
  root: string | URL | RemoteRoot,
  options: object = {},
  { caller, ...client }: ClientOptions,
): Links {
  checkOrder(secret, root, caller);
  const parts = partOptions(options, caller, client.addressOf);
  const { addressOf, resumeGrace, page, tokenOptions, fileOptions } = parts;
  const opened = openRoot(root, fileOptions, caller);
  if (!opened.hasPaths) {
    throw new Option(caller, 'locate').error(
      `remoteRoot() needs the option locate, which names the object for the path of a link.`,
    );
  }
  const signer = createLinkSigner(secret, tokenOptions, caller);
  const cookieConfig = opened.config.isCacheControlGiven
    ? opened.config
    : { ...opened.config, cacheControl: AS_LONG_AS_THE_LINK };
  const isEmbeddingGiven = (fileOptions as XSendfileOptions).embedding !== undefined;
  const takesCookies = tokenOptions.cookie !== undefined;
  // Whoever has a link may embed it; but browsers send a cookie with the requests of any page. Refusals are the same.
  const refusedEmbedding = takesCookies ? cookieConfig.embedding : 'any';
  const config = isEmbeddingGiven
    ? cookieConfig
    : { ...cookieConfig, embedding: 'any' as const, refusedEmbedding };
  const fileRules = rulesOf(config);
  // The signature protects the link, so its spelling does not matter.
  const rules = { ...fileRules, encodedUnreserved: true };
  const state = opened.createState(config);
  const cookieState = isEmbeddingGiven ? state : opened.createState(cookieConfig);
  const isCounting = countsUses(config.allow);
  if (page !== undefined && !isCounting) {
    throw new XSendfileError(
      'ERR_XSENDFILE_USES_NOT_COUNTED',
      `${caller}: confirm is for links with uses, which nothing counts. Add limitUses() of xsendfile/uses to allow.`,
    );
  }
  registerSecret(signer, opened.name, caller);
  outliveLinks(config.allow, resumeGrace);

  function authorize(responder: Responder): RequestedFile {
    const { request, subject } = responder;
    const segments = segmentsOf(responder, config.path, rules);
    const link: ReceivedLink = {
      segments,
      query: queryOf(request.url ?? ''),
      clientAddress: checkedAddress(addressOf(subject)),
    };
    const byPath = signer.verifyParts(link);
    const isByCookie = takesCookies && isWithoutLink(byPath);
    if (isByCookie) checkEmbedding(cookieConfig.embedding, request, responder.response);
    const result = (isByCookie && verifyCookies(responder, link)) || byPath;
    const handler = isByCookie ? cookieState : state;
    const { claims } = result;
    const confirming =
      page !== undefined && !isByCookie && claims?.uses !== undefined
        ? askFor(page, responder, { signer, link, claims })
        : undefined;
    if (request.method === 'POST' && confirming === undefined) {
      throw new RefusedError('ERR_XSENDFILE_METHOD_NOT_ALLOWED');
    }
    if (result.ok) {
      checkCounted(result.claims, isCounting);
      const file = toRequestedFile(result.claims, link.clientAddress, undefined, confirming);
      if (isTooEarly(result.claims, request)) {
        return { ...file, handler, refusal: new RefusedError('ERR_XSENDFILE_PREFETCH') };
      }
      return { ...file, handler, within: confine(responder, handler) };
    }
    const isUnknown =
      result.error.code === 'ERR_XSENDFILE_TOKEN_ADDRESS' &&
      addressOf === client.addressOf &&
      link.clientAddress === undefined;
    if (isUnknown) client.warnOfUnknown();
    const refusal = isUnknown
      ? new RefusedError('ERR_XSENDFILE_TOKEN_ADDRESS_UNTRUSTED')
      : result.error;
    if (result.claims === undefined) throw refusal;
    const file = toRequestedFile(result.claims, link.clientAddress, refusal, confirming);
    // A cookie that has expired is gone, because browsers delete it.
    const isResumable = result === byPath && mayResume(refusal, file, request);
    const isUnconfirmed = confirming?.given === 'missing';
    if (!isResumable || isUnconfirmed || isTooEarly(result.claims, request))
      return { ...file, handler, refusal };
    checkCounted(result.claims, isCounting);
    try {
      return { ...file, handler, within: confine(responder, handler) };
    } catch (error) {
      throw isRefusal(error) ? refusal : error;
    }
  }

  /** @throws {@link XSendfileError} for anything but a string: all clients would be the same, or unknown. */
  function checkedAddress(address: unknown): string | undefined {
    if (address === undefined || address === null) return undefined;
    if (typeof address === 'string') return address;
    throw new XSendfileError(
      'ERR_XSENDFILE_BAD_OPTION',
      `${caller}: options.clientAddress must return a string or undefined, got ${showType(address)}.`,
    );
  }

  function toRequestedFile(
    claims: VerifiedClaims,
    clientAddress: string | undefined,
    expired: RefusedError | undefined,
    confirming: Access['confirming'],
  ): RequestedFile & { readonly access: Access } {
    const { segments, expires, filename, disposition } = claims;
    const remaining = Math.floor((expires.getTime() - signer.now()) / 1000);
    return {
      segments,
      overrides: {
        contentDisposition: filename === undefined ? disposition : { type: disposition, filename },
      },
      access: { remaining, claims, clientAddress, resumeGrace, expired, confirming },
    };
  }

  /** Whether a link has expired only recently, and the request looks like one that resumes a download. */
  function mayResume(
    { code }: RefusedError,
    { access: { remaining } }: { readonly access: Access },
    { method, headers }: RequestView,
  ): boolean {
    return (
      code === 'ERR_XSENDFILE_TOKEN_EXPIRED' &&
      remaining >= -resumeGrace &&
      method === 'GET' &&
      headers.range !== undefined &&
      (headers['if-range'] ?? headers['if-match']) !== undefined
    );
  }

  function verifyCookies(responder: Responder, link: ReceivedLink): VerifyResult | undefined {
    const { headers, url = '', originalUrl = url } = responder.request;
    const result = signer.verifyCookies(headers.cookie ?? '', link);
    if (result?.ok !== true) return result;
    // No signature protects this path from a guard in front that does not recognise it.
    checkSpelling(config.path === undefined ? url : originalUrl, link.segments, fileRules);
    responder.varyBy(COOKIE);
    return result;
  }

  const countedSigner: UrlSigner = {
    ...publicSigner(signer),
    sign(path, claims) {
      checkCounted(claims, isCounting);
      return signer.sign(path, claims);
    },
    cookie(path, claims) {
      checkCounted(claims, isCounting);
      return signer.cookie(path, claims);
    },
  };

  return {
    root: opened,
    signer: Object.freeze(countedSigner),
    state,
    authorize,
    // All of them, so that they do not reveal whether the cookie or the path was refused.
    policy: page && { ...DEFAULT_POLICY, methods: ['GET', 'HEAD', 'POST'] },
    refusalsVaryBy: takesCookies ? COOKIE : undefined,
  };
}

/** Prevents a swapped secret from appearing in a message about the root. */
function checkOrder(secret: unknown, root: unknown, caller: string): void {
  if (typeof secret !== 'string' || !isAbsolute(secret)) return;
  // A secret, too, may begin with a slash, or be too long for a path: existsSync() never throws.
  const isDirectory = existsSync(secret) && statSync(secret).isDirectory();
  const isRoot =
    typeof root === 'string' ? isAbsolute(root) || existsSync(root) : !ArrayBuffer.isView(root);
  if (!isDirectory && isRoot) return;
  const fault = isDirectory
    ? `secret must not be the path of a directory, got ${show(secret)}`
    : `secret and root look swapped: got an absolute path, and ${showType(root)}`;
  throw new Option(caller, 'secret').error(
    `${fault}. The secret is the first argument, the root the second.`,
  );
}

function partOptions(options: object, caller: string, addressOf: ClientOptions['addressOf']) {
  const own = { clientAddress: CLIENT_ADDRESS, resumeGrace: GRACE, confirm: CONFIRM };
  const names = [TOKEN_OPTIONS, XSENDFILE_OPTIONS, Object.keys(own)];
  const [tokenOptions = {}, fileOptions = {}, rest] = splitOptions(caller, options, ...names);
  const { fallthrough = false } = fileOptions as { fallthrough?: unknown };
  if (fallthrough !== false) {
    throw new Option(caller, 'fallthrough').error(
      `fallthrough is not supported: a request without a link must not reach the next middleware. Use onRefused.`,
    );
  }
  const { clientAddress, resumeGrace, confirm } = readOptions(caller, rest, own);
  return {
    addressOf: clientAddress ?? addressOf,
    resumeGrace,
    page: confirm,
    tokenOptions: tokenOptions as TokenOptions,
    fileOptions,
  };
}

/**
 * Checks that the uses of a link are counted, if it is for a number of them.
 *
 * @throws {@link XSendfileError} `ERR_XSENDFILE_USES_NOT_COUNTED` otherwise.
 */
function checkCounted(claims: Pick<LinkClaims, 'uses'> | undefined, isCounting: boolean): void {
  if (claims?.uses === undefined || isCounting) return;
  throw new XSendfileError(
    'ERR_XSENDFILE_USES_NOT_COUNTED',
    'authToken: uses are not counted, so a link with uses would open any number of downloads. Add limitUses() of xsendfile/uses to allow itself, not to a function in it: allow: [yourFunction, limitUses()].',
  );
}

/** Whether a request that no user waits for would take a use. */
function isTooEarly({ uses }: Pick<LinkClaims, 'uses'>, request: RequestView): boolean {
  return uses !== undefined && isPrefetch(request);
}

/** Whether a path has no token, so that a cookie decides. */
function isWithoutLink(result: VerifyResult): boolean {
  return !result.ok && result.error.code === 'ERR_XSENDFILE_TOKEN_MALFORMED';
}
