import { types } from 'node:util';
import { BadOptionError } from './errors.js';
import { findAlike } from './suggestion.js';

/**
 * Checks that options are an object with known keys only.
 *
 * @param within - the option that the options are in, with a dot.
 * @throws {@link BadOptionError} if options are not an object, and for the first unknown key.
 */
export function checkKnownKeys(
  caller: string,
  options: unknown,
  names: readonly string[],
  within = '',
): void {
  if (!isOptions(options)) {
    throw new BadOptionError(
      `${caller}: options must be an object, got ${showType(options)}.${hintFor(options, names)}`,
      { option: within.slice(0, -1) || undefined },
    );
  }
  for (const key of Object.keys(options)) {
    if (names.includes(key)) continue;
    throw new BadOptionError(
      `${caller}: unknown option ${JSON.stringify(key)}. ${fixFor(key, names)}`,
      { option: within + key },
    );
  }
}

/** Formats a value for a message; bytes and keys are only described. */
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
 * Describes a value without showing it, for messages about arguments that may be a misplaced secret:
 * messages end up in logs.
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
  if (types.isPromise(value)) return 'a promise';
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

/** Recognises a KeyObject of `node:crypto` by its shape: with a test runner's globals it is not an instance. */
function isKey(value: unknown): boolean {
  const { type, export: exportKey } = (value ?? {}) as { type?: unknown; export?: unknown };
  return typeof type === 'string' && typeof exportKey === 'function';
}

/** JSON.stringify() passes a Buffer as a plain object, so it is read from its parent. */
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

/** Options of similar packages, and what to use instead. */
const FIXES: Readonly<Record<string, string>> = {
  index: 'This package serves no directories; use serve-static for a web site.',
  redirect: 'This package never redirects; use serve-static for a web site.',
  extensions: 'A file has one URL here; use serve-static for a web site.',
  start: 'Leave ranges to the client, or send a shorter file.',
  end: 'Leave ranges to the client, or send a shorter file.',
  hidden: 'Use dotfiles: "allow" instead.',
  root: 'The root is not an option, but the argument before the options.',
  headers: 'Use setHeaders, or set them on the response first.',
};

/** Names of something else, where there is another option, and what to use instead. */
const MISPLACED: readonly (readonly [key: string, where: string, fix: string])[] = [
  ['filename', 'contentDisposition', 'Use contentDisposition: { filename: … }.'],
  ['disposition', 'contentDisposition', 'Use contentDisposition.'],
  [
    'expiresIn',
    'maxLifetime',
    'It is a claim of sign(); the default lifetime is the option timeout.',
  ],
];

function fixFor(key: string, names: readonly string[]): string {
  const misplaced = MISPLACED.find(([name, where]) => name === key && names.includes(where));
  const known = `Known options: ${names.join(', ')}.`;
  return FIXES[key] ?? misplaced?.[2] ?? suggest(key, names, known);
}

/** The question whether another word was meant; otherwise what to say if none is close. */
export function suggest(word: string, words: readonly string[], otherwise: string): string {
  const alike = findAlike(word, words);
  return alike === undefined ? otherwise : `Did you mean ${JSON.stringify(alike)}?`;
}

/** The second argument may be a sender, as in wsgi-xsendfile, or a secret. */
function hintFor(options: unknown, names: readonly string[]): string {
  if (options === null) return '';
  if (names.includes('secret')) return ' Pass the secret as { secret: … }.';
  const mayBeSender = typeof options === 'string' || typeof options === 'function';
  return mayBeSender && names.includes('sender') ? ' Pass the sender as { sender: … }.' : '';
}
