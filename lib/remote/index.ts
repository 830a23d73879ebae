/**
 * Private objects of S3-compatible storage, in the place of a directory.
 *
 * @module
 */

export { BadOptionError, BadUrlError } from '../shared/errors.js';
export type { Locate, LocateContext, LocatedObject, RemoteObject, RemoteRoot } from '../types.js';
export { type RemoteRootOptions, remoteRoot } from './remote-root.js';
