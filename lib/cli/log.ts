import type { AddressInfo } from 'node:net';
import type { Outcome } from '../types.js';
import { toJson } from './format.js';

/** The lines that `serve` prints. None of them holds a token: an outcome has none. */

/** Set-up of a server. */
export interface ServerDescription {
  /** Its URL, including the mount path. */
  readonly url: string;
  readonly root: string;
  /** Name of the scheme of links; undefined if files need none. */
  readonly scheme: string | undefined;
  readonly sender: string;
}

/** The URL of a server, which ends in a slash. */
export function formatServerUrl({ address, family, port }: AddressInfo, mount: string): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}${mount}/`;
}

export function formatListening(description: ServerDescription, isJson: boolean): string {
  const { url, root, scheme, sender } = description;
  if (isJson) return `${toJson({ event: 'listening', ...description, scheme: scheme ?? null })}\n`;
  const links = scheme === undefined ? 'without links' : `for links of scheme ${scheme}`;
  return `Listening on ${url}: files of ${toJson(root)}, ${links}, sender ${sender}\n`;
}

export function formatOutcome(outcome: Outcome, isJson: boolean): string {
  if (isJson) return `${toJson({ event: 'outcome', ...outcome })}\n`;
  const { kind, status, code, errno, method, path, size, bytes, tokenId } = outcome;
  const words = [
    outcome.startedAt.toISOString(),
    status,
    kind,
    method,
    path === undefined ? '-' : toJson(path),
    ...(size === undefined ? [] : [`${bytes}/${size} bytes`]),
    ...(code === undefined ? [] : [code]),
    ...(errno === undefined ? [] : [errno]),
    ...(tokenId === undefined ? [] : [`id ${toJson(tokenId)}`]),
    `${outcome.durationMs.toFixed(1)} ms`,
  ];
  return `${words.join(' ')}\n`;
}
