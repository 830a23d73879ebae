import { isDateFinal, isTelling } from '../files/file-times.js';
import type { CheckedFile } from '../files/root-directory.js';
import { isPlainRange } from '../http/ranges.js';
import { isEmbedded } from '../senders/serve.js';
import { createWarning } from '../shared/warning.js';
import type { Sender } from '../types.js';
import type { Delivery } from './delivery.js';

/** Returns the front end's sender; undefined if this process must send. */
export function chooseSender({ req, res, site, policy }: Delivery): Sender | undefined {
  const { sender, handshake } = site.config;
  if (isEmbedded(sender)) return undefined;
  if (policy.needsHandshake && !handshake.isFromFrontEnd(req)) return undefined;
  if (res.statusCode === 200) return sender;
  // Front ends send files only with 200; an application's error page must keep its status.
  warnOfStatus();
  return undefined;
}

/** Whether any front end would respond to the conditions and the range of a request as this process does. */
export function canOffload(
  { headers }: Pick<Delivery['req'], 'headers'>,
  file: Pick<CheckedFile, 'identity' | 'seenAt' | 'size' | 'stated'>,
): boolean {
  // Some would send their own 416 with the headers of the file.
  if (headers.range !== undefined && !isPlainRange(headers.range, file.size)) return false;
  // The store knows its versions.
  if (file.stated !== undefined) return true;
  // Their tags are made of the date and the size: two versions could be combined.
  if (headers['if-range'] !== undefined && !isTelling(file.identity.mtimeNs)) return false;
  // They compare only dates, so all versions within one second look the same to them.
  const comparesDate =
    headers['if-modified-since'] !== undefined && headers['if-none-match'] === undefined;
  return !comparesDate || isDateFinal(file);
}

const warnOfStatus = createWarning(
  'XSENDFILE_STATUS_SET',
  'xsendfile: the response status was not 200, so this process sent the file: front ends send files only with 200. ' +
    'For an error page that is correct; otherwise set res.statusCode to 200 first (Koa presets 404: use xsendfile/koa).',
);
