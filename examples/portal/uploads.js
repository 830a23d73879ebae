// @ts-check
// Receives files: streamed to the disk under a temporary name, and renamed when they are complete.
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { explainPathError } from './documents.js';

const MAX_FILES = 20;
const MAX_NAME_BYTES = 180;
/** Of each end of a name that is longer. The rest would be cut off anyway, after slow searches in it. */
const MAX_NAME_END = 500;

/** An upload that is refused, with a message for the user. */
export class UploadError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Stores the files of a multipart form. Files that are complete stay, even if a later one is refused.
 *
 * @param {import('express').Request} req - `req.body` gets the fields in front of the files
 * @param {object} options
 * @param {string} options.directory
 * @param {number} options.maxBytes - of each file
 * @param {() => boolean} options.isAllowed - called when a file begins
 * @param {() => Promise<boolean>} options.isLoggedIn - called when a file is complete
 * @returns {Promise<string[]>} the names of the files
 * @throws {UploadError}
 */
export async function receiveFiles(req, { directory, maxBytes, isAllowed, isLoggedIn }) {
  /** @type {Promise<string>[]} */
  const files = [];
  const form = parserOf(req, { fileSize: maxBytes, files: MAX_FILES, fields: 5, fieldSize: 1000 });
  req.body = {};
  form.on('field', (name, value) => {
    req.body[name] = value;
  });
  form.on('file', (_field, stream, { filename }) => {
    // Without a file, browsers send an empty one without a name.
    if (!filename) return stream.resume();
    const file = isAllowed()
      ? store(stream, { directory, name: sanitizeName(filename), maxBytes, isLoggedIn })
      : drop(stream, new UploadError(403, 'This page has expired. Reload it, and try again.'));
    // It is handled below, when the whole form has arrived.
    file.catch(() => {});
    files.push(file);
  });
  form.on('filesLimit', () => {
    files.push(Promise.reject(new UploadError(413, `At most ${MAX_FILES} files at once.`)));
    files.at(-1)?.catch(() => {});
  });
  try {
    await pipeline(req, form);
  } catch (error) {
    await Promise.allSettled(files);
    throw new UploadError(400, `The upload is incomplete: ${/** @type {Error} */ (error).message}`);
  }
  const results = await Promise.allSettled(files);
  const refused = results.find((result) => result.status === 'rejected');
  if (refused) throw refused.reason;
  if (files.length === 0) throw new UploadError(400, 'Choose a file first.');
  return Promise.all(files);
}

/**
 * @param {import('express').Request} req
 * @param {import('busboy').Limits} limits
 */
function parserOf(req, limits) {
  try {
    return busboy({ headers: req.headers, defParamCharset: 'utf8', limits });
  } catch {
    throw new UploadError(400, 'This is not a form with files.');
  }
}

/**
 * @param {import('node:stream').Readable & { truncated?: boolean }} stream
 * @param {{ directory: string, name: string, maxBytes: number, isLoggedIn: () => Promise<boolean> }} target
 */
async function store(stream, { directory, name, maxBytes, isLoggedIn }) {
  // Names that begin with a dot are neither listed nor sent.
  const unfinished = join(directory, `.${randomUUID()}.unfinished`);
  try {
    await pipeline(stream, createWriteStream(unfinished, { flags: 'wx' }));
    if (stream.truncated) {
      const limit = Math.floor(maxBytes / 1024 / 1024);
      throw new UploadError(413, `“${name}” is larger than ${limit} MiB.`);
    }
    if (!(await isLoggedIn())) throw new UploadError(401, 'You are no longer logged in.');
    return await giveName(unfinished, directory, name);
  } catch (error) {
    throw explainPathError(error);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/**
 * @param {import('node:stream').Readable} stream
 * @param {UploadError} error
 * @returns {Promise<never>}
 */
async function drop(stream, error) {
  stream.resume();
  throw error;
}

/**
 * Gives a file its name, or the next free one: link() never replaces another file.
 *
 * @param {string} unfinished
 * @param {string} directory
 * @param {string} name
 */
async function giveName(unfinished, directory, name) {
  const [, stem = name, extension = ''] = /^(.+?)(\.[^.]+)?$/.exec(name) ?? [];
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${stem} (${number})${extension}`;
    try {
      await link(unfinished, join(directory, candidate));
      return candidate;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * Makes a name that is safe in a directory, a header and a list: one segment, without control
 * characters or characters that change the text direction, and not hidden.
 *
 * @param {string} name
 */
export function sanitizeName(name) {
  const isLong = name.length > 2 * MAX_NAME_END;
  const clean = (isLong ? name.slice(0, MAX_NAME_END) + name.slice(-MAX_NAME_END) : name)
    .normalize()
    .replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '')
    .replace(/[/\\]/g, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  return truncate(clean) || 'document';
}

/**
 * Shortens a name, not its extension.
 *
 * @param {string} name
 */
function truncate(name) {
  const [, stem = '', extension = ''] = /^(.*?)(\.[^.]{1,20})?$/s.exec(name) ?? [];
  const bytes = Buffer.from(stem).subarray(0, MAX_NAME_BYTES - Buffer.byteLength(extension));
  // As a part of a stream: a character that is cut in two is left out.
  return new TextDecoder().decode(bytes, { stream: true }) + extension;
}
