import { types } from 'node:util';
import { create, parse } from 'content-disposition';
import type { Disposition } from '../types.js';
import { badHeader, checkHeaderValue } from './header-value.js';

/** Limit of most file systems. */
const MAX_NAME_BYTES = 255;
const DEFAULT_NAME = 'download';
/** Control characters, lone surrogates, line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029]/gu;
/** Bidirectional controls (Unicode UAX #9), which can display `gpj.exe` as `exe.jpg`. */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Formats the header value for a disposition; see {@link Disposition}.
 *
 * @param name - the file's own name, the default for `filename`.
 * @param source - where the disposition comes from, for the error message.
 * @throws {@link XSendfileError} `ERR_XSENDFILE_BAD_HEADER` for any other value.
 */
export function formatDisposition(disposition: unknown, name: string, source: string): string {
  if (disposition === 'inline' || disposition === 'attachment') {
    return formatName(name, disposition);
  }
  if (typeof disposition === 'string') {
    return checkDispositionValue(disposition, source);
  }
  const isObject = typeof disposition === 'object' && disposition !== null;
  // A promise has no properties, like an object that leaves both to the defaults.
  if (!isObject || Array.isArray(disposition) || types.isPromise(disposition)) {
    throw badHeader('Content-Disposition', disposition, source);
  }
  const {
    type = 'attachment',
    filename = name,
    ...others
  } = disposition as {
    type?: unknown;
    filename?: unknown;
  };
  if (Object.keys(others).length > 0) {
    const fix = ' Its properties are type and filename.';
    throw badHeader('Content-Disposition', disposition, source, fix);
  }
  if ((type !== 'inline' && type !== 'attachment') || typeof filename !== 'string') {
    throw badHeader('Content-Disposition', disposition, source);
  }
  return formatName(filename, type);
}

/** Whether browsers save the file instead of displaying it: any type except `inline` (RFC 6266 §4.2). */
export function isAttachment(value: string | undefined): boolean {
  return value !== undefined && !/^\s*inline\s*(?:;|$)/i.test(value);
}

/** Returns an attachment with the same file name. */
export function toAttachment(value: string | undefined, name: string): string {
  if (value !== undefined) {
    try {
      const filename = parse(value).parameters.filename;
      if (filename !== undefined) return formatName(filename, 'attachment');
    } catch {
      // The name of a malformed value cannot be kept.
    }
  }
  return formatName(name, 'attachment');
}

/**
 * Returns a file name that browsers can save: no directories, no invisible characters, at most 255
 * bytes, not empty.
 *
 * Slashes and backslashes become `_`, because browsers drop everything before them.
 */
export function cleanFilename(filename: string): string {
  const visible = filename
    .replace(/[/\\]/g, '_')
    .replace(UNPRINTABLE, '')
    .replace(BIDI_CONTROLS, '')
    .trim();
  const short = shorten(visible);
  return short === '' || /^\.+$/.test(short) ? DEFAULT_NAME : short;
}

/** Whether {@link cleanFilename} would keep a name, apart from spaces around it. */
export function isCleanFilename(name: string): boolean {
  return (
    Buffer.byteLength(name) <= MAX_NAME_BYTES &&
    [/[/\\]/, UNPRINTABLE, BIDI_CONTROLS].every((each) => name.search(each) === -1) &&
    !/^(?:\s*|\.+)$/.test(name)
  );
}

/** Adds a fallback for old clients, with `_` for each character that is not ASCII. */
function formatName(filename: string, type: 'inline' | 'attachment'): string {
  const name = cleanFilename(filename);
  const ascii = name.replace(/[^\x20-\x7e]/gu, '_');
  return create(name, { type, fallback: ascii === name || ascii });
}

/** Truncates a name to {@link MAX_NAME_BYTES} between characters, and keeps the extension. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= 32 ? name.slice(dot) : '';
  let room = MAX_NAME_BYTES - Buffer.byteLength(extension);
  let stem = '';
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem + extension;
}

/** Correct spelling of a disposition that is only a file name. */
export function fixForFilename(disposition: unknown): string {
  if (typeof disposition !== 'string' || !/^[^;\0-\x1f]*\.\w+$/.test(disposition)) return '';
  return ` For a file name, write { filename: ${JSON.stringify(disposition)} }.`;
}

function checkDispositionValue(value: string, source: string): string {
  checkHeaderValue('Content-Disposition', value, source);
  // No type has a dot: such a value is meant to be a file name.
  if (/^\s*[!#$%&'*+^_`|~0-9a-z-]+\s*(?:;|$)/i.test(value)) return value;
  throw badHeader('Content-Disposition', value, source, fixForFilename(value));
}
