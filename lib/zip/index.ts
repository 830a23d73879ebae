/**
 * ZIP archives of several files, with their length, ranges and ETag, so that downloads can be resumed.
 *
 * @module
 */

export { BadOptionError, RefusedError } from '../shared/errors.js';
export type { Content } from '../types.js';
export type {
  ArchivedContent,
  ContentEntry,
  FileEntry,
  SkippedEntry,
  ZipEntry,
} from './entries.js';
export type { RequestOf, ZipFiles } from './files.js';
export type { FolderOptions } from './folder.js';
export { type ZipArchive, type ZipOptions, zip } from './zip.js';
