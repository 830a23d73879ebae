import { isPlainRange } from '../http/ranges.js';
import type { Representation } from '../representation/describe.js';
import { isEmbedded } from '../servers/serve.js';
import type { RequestView } from '../shared/views.js';
import { createWarning } from '../shared/warning.js';
import { isDateFinal, isTelling } from '../sources/file-times.js';
import type { Found } from '../sources/source.js';
import type { Sender } from '../types.js';
import type { RequestState } from './request-state.js';

/** Returns the front end's sender; undefined if Node must send. */
export function chooseSender(state: RequestState): Sender | undefined {
  const { responder, handler, policy, access } = state;
  const { sender, handshake } = handler.config;
  if (isEmbedded(sender)) return undefined;
  // A front end would send the whole file if it was replaced in the meantime, or if its ETags are others.
  if (access?.expired !== undefined) return undefined;
  // Only Node learns the size of an object for the page, or that the object is missing.
  if (access?.confirming?.given === 'missing') return undefined;
  if (policy.needsHandshake && !handshake.isFromFrontEnd(responder.request)) return undefined;
  if (responder.response.statusCode === 200) return sender;
  // Front ends send files only with 200; an application's error page must keep its status.
  warnOfStatus();
  return undefined;
}

/** Whether a front end may send the file, as far as that does not depend on its headers. */
export function canOffload(sender: Sender, found: Found, state: RequestState): boolean {
  // Its front end could not say which download it reports.
  const isReported = state.handler.config.reports !== undefined;
  if (isReported && sender.downloadIdHeader === undefined) return false;
  if (found.coding !== undefined && sender.passesContentEncoding !== true) return false;
  return evaluatesAlike(state.responder.request, found);
}

/** Whether any front end would respond to the conditions and the range of a request as Node does. */
function evaluatesAlike(
  { headers }: RequestView,
  { file, reference }: Pick<Found, 'file' | 'reference'>,
): boolean {
  // Some would send their own 416 with the headers of the file.
  if (headers.range !== undefined && !isPlainRange(headers.range, file.size)) return false;
  // The store knows its versions.
  if (reference !== 'path') return true;
  // Their tags are made of the date and the size: two versions could be combined.
  if (headers['if-range'] !== undefined && !isTelling(file.identity.mtimeNs)) return false;
  // They compare only dates, and cannot distinguish versions within one second.
  const comparesDate =
    headers['if-modified-since'] !== undefined && headers['if-none-match'] === undefined;
  return !comparesDate || isDateFinal(file);
}

/** Whether the front end would drop a header that the application has set; defaults do not count. */
export function dropsRequestedHeader(
  { dropped = [] }: Sender,
  { headers }: Representation,
  { responder, handler: { config }, policy }: RequestState,
): boolean {
  const presets = Object.keys(policy.presets ?? {}).map((name) => name.toLowerCase());
  const set = responder.response.getHeaderNames();
  return dropped.some((header) => {
    const name = header.toLowerCase();
    return (
      set.includes(name) ||
      presets.includes(name) ||
      (name === 'content-disposition' && headers['Content-Disposition'] !== undefined) ||
      (name === 'vary' &&
        /accept-encoding/i.test(String(headers.Vary)) &&
        config.precompressed.length > 0) ||
      (name === 'cache-control' && config.isCacheControlGiven && 'Cache-Control' in headers)
    );
  });
}

const warnOfStatus = createWarning(
  'XSENDFILE_STATUS_SET',
  'xsendfile: the response status was not 200, so Node sent the file: front ends send files only with 200. ' +
    'For an error page that is correct; otherwise set res.statusCode to 200 first (Koa presets 404: use xsendfile/koa).',
);
