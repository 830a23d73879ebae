import { RESOURCE_POLICIES, RESOURCE_POLICY, variesByEmbedding } from '../shared/embedding.js';
import { appendToList } from '../shared/headers.js';
import { isActiveType, typeOfName, unpackedTypeOfName } from '../shared/media-type.js';
import type { FoundFile } from '../sources/source.js';
import type { FileInfo, Headers } from '../types.js';
import { acceptsCoding } from './accept-encoding.js';
import { formatDisposition, isAttachment, toAttachment } from './content-disposition.js';
import { checkHeaderValue } from './header-value.js';
import type { RepresentationOptions } from './options.js';
import { mayBePrecompressed } from './precompressed.js';
import type { HeaderSources } from './sources.js';
import { checkEntityTag, entityTagOf, lastModifiedOf, tagInCoding } from './validators.js';

/**
 * Builds the headers that describe a file, for every sender. Headers that the application has set are
 * left out, unless their value must be completed.
 *
 * The senders add framing, ranges and the headers that only one front end needs.
 *
 * @throws errors of option functions, and {@link XSendfileError} `ERR_XSENDFILE_BAD_HEADER` for a value
 * that cannot be sent.
 */
export function buildHeaders(
  file: FileInfo,
  dated: Pick<FoundFile, 'identity' | 'checkedAtMs' | 'facts'>,
  sources: HeaderSources,
  config: RepresentationOptions,
): Headers {
  const { application } = sources;
  const { facts } = dated;
  const headers: Headers = { 'X-Content-Type-Options': 'nosniff' };
  if (application[RESOURCE_POLICY.toLowerCase()] === undefined) {
    headers[RESOURCE_POLICY] = RESOURCE_POLICIES[config.embedding];
  }

  const requested = chooseDisposition(file, sources, config);
  const { type, coding, varies } = chooseRepresentation(
    { ...file, facts },
    requested,
    sources,
    config,
  );
  const isActive = isActiveType(type);
  const disposition =
    isActive && config.activeContent === 'attachment'
      ? toAttachment(requested, file.name)
      : requested;

  headers['Content-Type'] = type;
  if (disposition !== undefined) headers['Content-Disposition'] = disposition;
  if (coding !== undefined) headers['Content-Encoding'] = coding;
  const fields = [varies ? 'Accept-Encoding' : undefined, variesByEmbedding(config.embedding)];
  for (const field of fields) {
    if (field === undefined) continue;
    headers.Vary = appendToList(headerText(headers.Vary ?? application.vary), field);
  }
  if (isActive && config.activeContent === 'sandbox' && !isAttachment(disposition)) {
    headers['Content-Security-Policy'] = withSandbox(
      headerText(application['content-security-policy']),
    );
  }

  if (application['cache-control'] === undefined) {
    const value = chooseCacheControl(file, sources, config);
    if (value !== undefined) headers['Cache-Control'] = value;
  }
  if (application.etag === undefined && config.etag !== false) {
    const tag =
      facts.etag !== undefined
        ? checkEntityTag(facts.etag, 'content')
        : typeof config.etag === 'function'
          ? checkEntityTag(config.etag(file))
          : config.etag === true
            ? entityTagOf(dated)
            : undefined;
    // The source has chosen its tag for its coding.
    if (tag !== undefined)
      headers.ETag = facts.encoding === undefined ? tagInCoding(tag, coding) : tag;
  }
  if (application['last-modified'] === undefined && config.lastModified) {
    const date = lastModifiedOf(dated, Date.now());
    if (date !== undefined) headers['Last-Modified'] = date;
  }
  return headers;
}

function chooseDisposition(
  file: FileInfo,
  sources: HeaderSources,
  { disposition }: RepresentationOptions,
): string | undefined {
  return choose('contentDisposition', sources, 'options.disposition', {
    check: (value, source) => formatDisposition(value, file.name, source),
    option: () =>
      typeof disposition === 'function' ? disposition(file, sources.subject) : disposition,
  });
}

/** In order of precedence: `send()`, `res.locals`, the application's header, the option. */
function choose(
  name: 'contentDisposition' | 'contentType',
  { application, locals, overrides }: HeaderSources,
  optionName: string,
  by: {
    readonly check: (value: unknown, source: string) => string;
    readonly option: () => unknown;
  },
): string | undefined {
  if (overrides[name] !== undefined) return by.check(overrides[name], 'send()');
  const local = locals[name] ?? undefined;
  if (local !== undefined) return by.check(local, `res.locals.${name}`);
  const header = application[name === 'contentType' ? 'content-type' : 'content-disposition'];
  if (header !== undefined) return headerText(header);
  const option = by.option();
  return option === undefined ? undefined : by.check(option, optionName);
}

/**
 * Chooses type and coding. A precompressed file has the type of the requested one, also as an attachment:
 * clients decode it before they save it. `notes.txt.gz` is text for clients that accept gzip, and a
 * gzip file for others.
 */
function chooseRepresentation(
  file: FileInfo & Pick<FoundFile, 'facts'>,
  disposition: string | undefined,
  sources: HeaderSources,
  config: RepresentationOptions,
): { type: string; coding?: string | undefined; varies?: boolean } {
  const explicit = choose('contentType', sources, 'options.contentType', {
    check: (value, source) => checkHeaderValue('Content-Type', value, source),
    option: () => config.contentType?.(file.segments.join('/')),
  });
  if (mayBePrecompressed(file.name, sources.application, config)) {
    return { type: explicit ?? typeOfName(file.name), coding: sources.coding, varies: true };
  }
  const isEncodingSet = sources.application['content-encoding'] !== undefined;
  const coding = isEncodingSet ? undefined : file.facts.encoding;
  if (explicit !== undefined) return { type: explicit, coding };
  if (file.facts.type !== undefined) {
    return { type: checkHeaderValue('Content-Type', file.facts.type, 'content'), coding };
  }
  if (coding !== undefined) return { type: typeOfName(file.name), coding };

  const packed = { type: typeOfName(file.name) };
  if (
    !config.contentEncoding ||
    !sources.passesContentEncoding ||
    isEncodingSet ||
    isAttachment(disposition)
  ) {
    return packed;
  }
  const unpacked = unpackedTypeOfName(file.name);
  if (unpacked === undefined) return packed;
  if (config.activeContent === 'attachment' && isActiveType(unpacked.type)) return packed;
  return acceptsCoding(headerText(sources.request.headers['accept-encoding']), unpacked.coding)
    ? { ...unpacked, varies: true }
    : { ...packed, varies: true };
}

function chooseCacheControl(
  file: FileInfo,
  { subject }: HeaderSources,
  { cacheControl }: RepresentationOptions,
): string | undefined {
  const value = typeof cacheControl === 'function' ? cacheControl(file, subject) : cacheControl;
  return value === undefined
    ? undefined
    : checkHeaderValue('Cache-Control', value, 'options.cacheControl');
}

/**
 * Adds a separate policy to the application's. Browsers apply all of them (CSP Level 3 §4.1), so a
 * policy for the application's own pages cannot allow the scripts of a file.
 */
function withSandbox(policies: string | undefined): string {
  if (policies === undefined || policies.trim() === '') return 'sandbox';
  return policies.split(',').some(isSandbox) ? policies : `${policies}, sandbox`;
}

/** Whether a policy has a sandbox without exceptions; only the first directive counts (CSP §2.2.1). */
function isSandbox(policy: string): boolean {
  const directives = policy.split(';').map((directive) => directive.trim().toLowerCase());
  return directives.find((directive) => /^sandbox(?:\s|$)/.test(directive)) === 'sandbox';
}

function headerText(value: unknown): string | undefined {
  return value === undefined ? undefined : Array.isArray(value) ? value.join(', ') : String(value);
}
