import type { Traits } from '../contract.js';

/** Apache httpd 2.4 with mod_xsendfile. */
export const apache = {
  name: 'apache',
  header: 'X-Sendfile',
  passesContentEncoding: false,
  needsValidators: true,
  announcesRanges: false,
  // The configuration removes it.
  downloadIdHeader: 'X-Sendfile-Download-Id',
} as const satisfies Traits;
