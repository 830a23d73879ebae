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

const warnOfStatus = createWarning(
  'XSENDFILE_STATUS_SET',
  'xsendfile: the response status was not 200, so this process sent the file: front ends send files only with 200. ' +
    'For an error page that is correct; otherwise set res.statusCode to 200 first (Koa presets 404: use xsendfile/koa).',
);
