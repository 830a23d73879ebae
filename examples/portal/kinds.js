// @ts-check
// How the portal shows a document: which icon, which preview.
import { lookup } from 'mime-types';

/** @typedef {'folder' | 'image' | 'video' | 'audio' | 'pdf' | 'page' | 'text' | 'file'} Kind */

/** @type {[pattern: RegExp, kind: Kind][]} */
const KINDS = [
  [/^image\//, 'image'],
  [/^(video\/|application\/mp4$)/, 'video'],
  [/^audio\//, 'audio'],
  [/^application\/pdf$/, 'pdf'],
  [/^(text\/html|application\/xhtml\+xml)$/, 'page'],
  [/^(text\/|application\/json$)/, 'text'],
];

/**
 * @param {string} name
 * @returns {Kind}
 */
export function kindOf(name) {
  const type = lookup(name) || '';
  return KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? 'file';
}

/**
 * Whether a browser can show such a document.
 *
 * @param {Kind} kind
 */
export function hasPreview(kind) {
  return kind !== 'folder' && kind !== 'file';
}
