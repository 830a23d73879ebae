import { showType } from '../shared/option-checks.js';
import { Option } from '../shared/option-reader.js';
import { createWarning } from '../shared/warning.js';
import type { Secret } from './types.js';

/** Shorter secrets can be guessed offline from a single link. */
const RECOMMENDED_BYTES = 16;

const warnOfShortSecret = createWarning(
  'XSENDFILE_SHORT_SECRET',
  (bytes: number, caller: string) =>
    `${caller}: a secret of ${bytes} bytes can be guessed from one link. Use at least ${RECOMMENDED_BYTES}.`,
);

/**
 * Converts secrets to keys; the first signs, all verify.
 *
 * @param minBytes - minimum length in bytes. A longer secret of less than 16 bytes causes a warning,
 * once per process.
 * @throws {@link BadOptionError}, which never shows a secret. White space around a secret is also an
 * error, because other programs that read the same file may or may not remove it.
 */
export function parseKeys(
  secret: Secret | readonly Secret[],
  minBytes: number,
  caller: string,
): readonly Buffer[] {
  const option = new Option(caller, 'secret');
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  const keys = secrets.map(toBytes);
  if (keys.length === 0 || !keys.every((key) => key !== undefined)) {
    throw option.error(
      `secret must be a string, a Uint8Array or a secret KeyObject (or a list of these), got ${describe(secrets)}. Make one with: openssl rand -hex 32`,
    );
  }
  const untrimmed = keys.findIndex(hasBlankEnd);
  if (untrimmed !== -1) {
    throw option.error(
      `secret must not begin or end with white space or a newline, got ${showType(secrets[untrimmed])} that does. Trim it, as in readFileSync(file, 'utf8').trim().`,
    );
  }
  const shortest = Math.min(...keys.map((key) => key.length));
  if (shortest < Math.max(minBytes, 1)) {
    throw option.error(
      `secret must have at least ${Math.max(minBytes, 1)} bytes, got ${shortest}. Make one with: openssl rand -hex 32`,
    );
  }
  if (shortest < RECOMMENDED_BYTES) warnOfShortSecret(shortest, caller);
  return keys;
}

function toBytes(secret: unknown): Buffer | undefined {
  if (typeof secret === 'string') return Buffer.from(secret);
  // No `instanceof`, which fails with a test runner's globals.
  if (ArrayBuffer.isView(secret)) {
    return Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength);
  }
  const { type, export: exportKey } = (secret ?? {}) as { type?: unknown; export?: unknown };
  if (type === 'secret' && typeof exportKey === 'function') return exportKey.call(secret);
  return undefined;
}

function describe(secrets: readonly unknown[]): string {
  if (secrets.length === 0) return 'an empty list';
  return secrets.map(showType).join(', ');
}

/** Checks text only; random bytes may legitimately begin or end with the code of a space. */
function hasBlankEnd(key: Buffer): boolean {
  const text = decodeText(key);
  return text !== undefined && text !== text.trim() && !/\p{Cc}/u.test(text.trim());
}

function decodeText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
