import { digestOf, isSameDigest } from '../shared/constant-time.js';
import { showType } from '../shared/option-checks.js';
import type { Option } from '../shared/option-reader.js';
import type { RequestView } from '../shared/views.js';
import { createWarning, warn } from '../shared/warning.js';
import { CONFIG_HEADER, HANDSHAKE_HEADER } from './headers.js';

const MIN_SECRET_LENGTH = 16;
/** After so many requests without the secret it is probably configured on one side only. */
const MISSES_BEFORE_WARNING = 100;

/** Authentication of a front end. */
export interface Handshake {
  /** Shows whether another handshake has a secret in common; undefined without a secret. */
  readonly fingerprints: readonly string[] | undefined;
  /** Whether the request came through the front end, as far as can be known. */
  isFromFrontEnd(req: RequestView): boolean;
  /** Whether the front end's configuration restores headers, see {@link CONFIG_HEADER}. */
  restoresHeaders(req: RequestView): boolean;
  /** Called when a file is left to the front end. */
  recordOffload(): void;
}

/**
 * Reads the `handshake` option.
 *
 * @throws {@link BadOptionError}
 */
export function createHandshake(secret: unknown, option: Option): Handshake {
  const { caller } = option;
  if (secret === undefined || secret === false) {
    return {
      fingerprints: undefined,
      isFromFrontEnd: () => true,
      // A client could have sent the header.
      restoresHeaders: () => false,
      recordOffload: () => secret === undefined && warnOfMissingHandshake(caller),
    };
  }
  const secrets = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 0 || !secrets.every(isSecret)) {
    throw option.error(
      `handshake must be false, or a secret of at least ${MIN_SECRET_LENGTH} visible ASCII characters (or a list of such), got ${describeSecret(secret)}. ${fixForSecret(secrets)}Make one with: openssl rand -hex 32`,
    );
  }
  const digests = secrets.map(digestOf);
  return {
    fingerprints: digests.map((digest) => digest.toString('base64')),
    isFromFrontEnd: compareWith(digests, caller),
    restoresHeaders: (req) =>
      req.headers[CONFIG_HEADER.toLowerCase()] !== undefined &&
      hasSecret(req, CONFIG_HEADER, digests),
    recordOffload: () => {},
  };
}

function hasSecret({ headers }: RequestView, name: string, digests: readonly Buffer[]): boolean {
  const given = headers[name.toLowerCase()];
  // Digests of equal length, and all of them: the time reveals neither length nor position.
  const candidate = digestOf(typeof given === 'string' ? given : '');
  return digests.filter((each) => isSameDigest(each, candidate)).length > 0;
}

function compareWith(digests: readonly Buffer[], caller: string): Handshake['isFromFrontEnd'] {
  let misses = 0;
  let isSeen = false;
  return (req) => {
    const matches = hasSecret(req, HANDSHAKE_HEADER, digests);
    if (matches) isSeen = true;
    else if (!isSeen && ++misses === MISSES_BEFORE_WARNING) warnOfMisses(caller);
    return matches;
  };
}

const warnOfMissingHandshake = createWarning(
  'XSENDFILE_NO_HANDSHAKE',
  (caller: string) =>
    `${caller}: this file is left to a front-end server by a header; without such a server the client gets an empty file and sees the path. ` +
    "Fix it with one of: sender: 'serve' to send from Node; handshake: '<secret>' to use the header only for requests from the front end; " +
    'handshake: false if there always is one.',
);

function warnOfMisses(caller: string): void {
  warn(
    'XSENDFILE_HANDSHAKE_UNSEEN',
    `${caller}: none of the first ${MISSES_BEFORE_WARNING} requests carried the handshake, so the application has sent all files itself. ` +
      `Let the front end set the request header ${HANDSHAKE_HEADER} to the same secret.`,
  );
}

/** Whether a value is strong enough for a handshake, and a header can carry it. */
export function isSecret(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length >= MIN_SECRET_LENGTH && /^[\x21-\x7e]+$/.test(value)
  );
}

/** A value that is too weak may still be a secret: messages end up in logs. */
function describeSecret(secret: unknown): string {
  if (!Array.isArray(secret) || secret.length === 0) return showType(secret);
  return `a list of ${secret.map(showType).join(', ')}`;
}

/** Results of readFileSync(): bytes without an encoding, and the newline at the end of the file. */
function fixForSecret(secrets: readonly unknown[]): string {
  if (secrets.some((secret) => ArrayBuffer.isView(secret))) {
    return "Read the file as text: readFileSync(file, 'utf8').trim(). ";
  }
  return secrets.some((secret) => typeof secret === 'string' && secret !== secret.trim())
    ? 'Remove the white space or newline at its end, with trim(). '
    : '';
}
