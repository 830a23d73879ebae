import type { IncomingMessage } from 'node:http';
import { createDescribe, type Representation } from '../../lib/representation/describe.js';
import type { RepresentationOptions } from '../../lib/representation/options.js';
import type { HeaderSources } from '../../lib/representation/sources.js';
import { type FoundFile, NO_FACTS } from '../../lib/sources/source.js';

/** In nanoseconds: 2001-09-09T01:46:40.5Z. */
export const MTIME_NS = 1_000_000_000_500_000_000n;
export const LAST_MODIFIED = 'Sun, 09 Sep 2001 01:46:40 GMT';
export const ETAG = '"3b9aca00-a"';

const OPTIONS: RepresentationOptions = {
  disposition: undefined,
  activeContent: 'sandbox',
  embedding: 'any',
  contentType: undefined,
  contentEncoding: true,
  precompressed: [],
  cacheControl: undefined,
  isCacheControlGiven: false,
  etag: true,
  lastModified: true,
};

/** A file of ten bytes that has not changed for a long time. */
export function fileNamed(relativePath: string, changes: Partial<FoundFile> = {}): FoundFile {
  const identity = { dev: 1n, ino: 2n, size: 10n, mtimeNs: MTIME_NS, ctimeNs: MTIME_NS };
  const checkedAtMs = Date.UTC(2020, 0, 1);
  const path = `/srv/${relativePath}`;
  const file = {
    path,
    relativePath,
    identity,
    size: 10,
    checkedAtMs,
    facts: NO_FACTS,
    memo: undefined,
  };
  return { ...file, ...changes };
}

/** A request that affects nothing, and changes to it. */
export function sourcesWith(
  changes: Partial<Omit<HeaderSources, 'request' | 'subject'>> & { readonly accepts?: string } = {},
): HeaderSources {
  const { accepts, ...rest } = changes;
  const req = { headers: { 'accept-encoding': accepts } } as IncomingMessage;
  return {
    request: req,
    subject: req,
    application: {},
    locals: {},
    overrides: {},
    coding: undefined,
    passesContentEncoding: true,
    remaining: undefined,
    ...rest,
  };
}

/** Describes files with options, as a handler does. */
export function describerWith(options: Partial<RepresentationOptions> = {}) {
  const describeFile = createDescribe('/srv', { ...OPTIONS, ...options });
  return (
    file: FoundFile | string,
    sources: Parameters<typeof sourcesWith>[0] = {},
  ): Representation => {
    const checked = typeof file === 'string' ? fileNamed(file) : file;
    return describeFile(checked, checked.relativePath.split('/'), sourcesWith(sources));
  };
}
