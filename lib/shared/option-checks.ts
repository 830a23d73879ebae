import { BadOptionError } from './errors.js';

/**
 * @throws {@link BadOptionError} for options that are no object, and for the first unknown key.
 */
export function checkKnownKeys(caller: string, options: unknown, known: readonly string[]): void {
  if (!isOptions(options)) {
    throw new BadOptionError(
      `${caller}: options must be an object, got ${showType(options)}.${hintFor(options, known)}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new BadOptionError(
      `${caller}: unknown option ${JSON.stringify(key)}. ${CURES[key] ?? suggest(key, known)}`,
    );
  }
}

/** The value as it can be shown in a message; of bytes and keys only what they are. */
export function show(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (isBytes(value) || isKey(value)) return showType(value);
  try {
    return JSON.stringify(value, hideBytes) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/**
 * What a value is, for messages about arguments that may have been swapped with a secret: they end
 * up in logs.
 */
export function showType(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'function') return show(value);
  if (typeof value === 'string') {
    return value === '' ? 'an empty string' : `a string of ${count(value.length, 'character')}`;
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (Buffer.isBuffer(value)) return `a Buffer of ${count(value.length, 'byte')}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  return isKey(value) ? 'a KeyObject' : 'an object';
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}

function isBytes(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === '[object ArrayBuffer]'
  );
}

/** A KeyObject of `node:crypto`, by its shape: under a test runner's globals it is no instance. */
function isKey(value: unknown): boolean {
  const { type, export: exportKey } = (value ?? {}) as { type?: unknown; export?: unknown };
  return typeof type === 'string' && typeof exportKey === 'function';
}

/** A Buffer has become an object by the time that it is given here; its owner still has it. */
function hideBytes(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  return isBytes(original) || isKey(original) ? `(${showType(original)})` : value;
}

function isOptions(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !isBytes(value) &&
    !isKey(value)
  );
}

/** Options that users know from elsewhere, and what is to be done about them here. */
const CURES: Readonly<Record<string, string>> = {
  index: 'This package serves no directories; use serve-static for a web site.',
  redirect: 'This package never redirects; use serve-static for a web site.',
  extensions: 'A file has one URL here; use serve-static for a web site.',
  start: 'Leave ranges to the client, or cut the file before.',
  end: 'Leave ranges to the client, or cut the file before.',
  maxage: 'Did you mean "maxAge"?',
  hidden: 'Use dotfiles: "allow" instead.',
  root: 'The root is the first argument.',
  headers: 'Use setHeaders, or set them on the response before.',
};

function suggest(key: string, known: readonly string[]): string {
  const alike = known.find((name) => name.toLowerCase() === key.toLowerCase());
  return alike === undefined
    ? `Known options: ${known.join(', ')}.`
    : `Did you mean ${JSON.stringify(alike)}?`;
}

/** wsgi-xsendfile takes the sender as second argument; a secret may have been put there, too. */
function hintFor(options: unknown, known: readonly string[]): string {
  if (options === null) return '';
  if (known.includes('secret')) return ' The secret is given as { secret: … }.';
  const mayBeSender = typeof options === 'string' || typeof options === 'function';
  return mayBeSender && known.includes('sender') ? ' A sender is given as { sender: … }.' : '';
}
