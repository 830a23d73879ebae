import { BadOptionError } from '../errors.js';
import type { Secret } from './types.js';

/** Shorter ones can be guessed from a single link, at leisure. */
const RECOMMENDED_BYTES = 16;

let isWarned = false;

/**
 * The secrets as bytes; the first signs, all verify.
 *
 * @param minBytes - length below which one is refused; others are only warned of, once.
 * @throws {@link BadOptionError}, which never shows a secret.
 */
export function parseKeys(
  secret: Secret | readonly Secret[],
  minBytes: number,
  caller: string,
): readonly Buffer[] {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  const keys = secrets.map(toBytes);
  if (keys.length === 0 || !keys.every((key) => key !== undefined)) {
    throw new BadOptionError(
      `${caller}: secret must be a text, a Uint8Array or a secret KeyObject (or a list of such), got ${describe(secrets)}. Make one with: openssl rand -hex 32`,
    );
  }
  const shortest = Math.min(...keys.map((key) => key.length));
  if (shortest < Math.max(minBytes, 1)) {
    throw new BadOptionError(
      `${caller}: secret must have at least ${Math.max(minBytes, 1)} bytes, got ${shortest}. Make one with: openssl rand -hex 32`,
    );
  }
  if (shortest < RECOMMENDED_BYTES && !isWarned) {
    isWarned = true;
    process.emitWarning(
      `${caller}: a secret of ${shortest} bytes can be guessed from one link. Use at least ${RECOMMENDED_BYTES}.`,
      { code: 'XSENDFILE_SHORT_SECRET' },
    );
  }
  return keys;
}

function toBytes(secret: unknown): Buffer | undefined {
  if (typeof secret === 'string') return Buffer.from(secret);
  // By shape: under a test runner's globals neither is an instance of what it looks like.
  if (ArrayBuffer.isView(secret)) {
    return Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength);
  }
  const { type, export: exportKey } = (secret ?? {}) as { type?: unknown; export?: unknown };
  if (type === 'secret' && typeof exportKey === 'function') return exportKey.call(secret);
  return undefined;
}

function describe(secrets: readonly unknown[]): string {
  if (secrets.length === 0) return 'an empty list';
  return secrets.map((secret) => (secret === null ? 'null' : typeof secret)).join(', ');
}
