import { create, parse } from 'content-disposition';
import type { Disposition } from '../types.js';
import { badHeader, checkHeaderValue } from './header-value.js';

/** Most file systems allow no longer names. */
const MAX_NAME_BYTES = 255;
const DEFAULT_NAME = 'download';
/** Of Unicode's categories: controls, lone surrogates, line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029]/gu;
/** Unicode TR 9's marks, which let `gpj.exe` be shown as `exe.jpg`. */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * The header value for a disposition; see {@link Disposition}.
 *
 * @param name - the file's own name, for those that give none.
 * @param source - who gave it, for the error.
 * @throws {@link XSendfileError} `ERR_XSENDFILE_BAD_HEADER` for a value that is none of the forms.
 */
export function formatDisposition(disposition: unknown, name: string, source: string): string {
  if (disposition === 'inline' || disposition === 'attachment') {
    return formatName(name, disposition);
  }
  if (typeof disposition === 'string') {
    return checkDispositionValue(disposition, source);
  }
  if (typeof disposition !== 'object' || disposition === null || Array.isArray(disposition)) {
    throw badHeader('Content-Disposition', disposition, source);
  }
  const { type = 'attachment', filename = name } = disposition as {
    type?: unknown;
    filename?: unknown;
  };
  if ((type !== 'inline' && type !== 'attachment') || typeof filename !== 'string') {
    throw badHeader('Content-Disposition', disposition, source);
  }
  return formatName(filename, type);
}

/** Whether a browser will store the file rather than show it. RFC 6266 §4.2: so it does with any type but `inline`. */
export function isAttachment(value: string | undefined): boolean {
  return value !== undefined && !/^\s*inline\s*(?:;|$)/i.test(value);
}

/** The same file name, as an attachment. */
export function toAttachment(value: string | undefined, name: string): string {
  if (value !== undefined) {
    try {
      const filename = parse(value).parameters.filename;
      if (filename !== undefined) return formatName(filename, 'attachment');
    } catch {
      // Not to be understood, so not to be kept.
    }
  }
  return formatName(name, 'attachment');
}

/**
 * A file name that a browser can store: no directories, nothing invisible, not too long, not empty.
 *
 * Browsers cut what goes before a slash or backslash, so `_` stands for these.
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

/** With `_` for what is not ASCII in the name for old clients; the right one goes beside it. */
function formatName(filename: string, type: 'inline' | 'attachment'): string {
  const name = cleanFilename(filename);
  const ascii = name.replace(/[^\x20-\x7e]/gu, '_');
  return create(name, { type, fallback: ascii === name || ascii });
}

/** At most {@link MAX_NAME_BYTES}, whole characters only, the extension kept. */
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

function checkDispositionValue(value: string, source: string): string {
  checkHeaderValue('Content-Disposition', value, source);
  const type = /^\s*([!#$%&'*+.^_`|~0-9a-z-]+)\s*(?:;|$)/i.exec(value);
  if (type === null) throw badHeader('Content-Disposition', value, source);
  return value;
}
