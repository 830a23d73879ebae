import type { DoctorPart } from '../doctor-part.js';

/** Fixes for the doctor's diagnoses that differ in Caddy from other servers. */
export const forDoctor: DoctorPart = {
  names: /caddy/i,
  // With our configuration.
  isSilent: true,
  fixes: {
    'header-not-honoured':
      'Put "@xsendfile" and "handle_response @xsendfile" into reverse_proxy, as written by: xsendfile config caddy --root \'{root}\'',
    'path-changed': 'Rewrite nothing before reverse_proxy.',
    'path-respelt': 'Rewrite nothing before reverse_proxy.',
    'wrong-encoding':
      'In handle_response, insert the path with "rewrite * /-xsendfile-" and "uri replace /-xsendfile- {rp.header.X-Accel-Redirect} 1", which decodes it; "rewrite" alone does not.',
    'wrong-root': 'Write root * "{root}" in handle_response; in a container, the path there.',
    'headers-dropped':
      'Put "copy_response_headers" with its "exclude" into handle_response, as written by: xsendfile config caddy --root \'{root}\'',
    'errors-like-files':
      'Put "handle_errors" with its "header" into the site, as written by: xsendfile config caddy --root \'{root}\'',
    'location-shared':
      "Give each handler its own location, sender: caddySender({ location: '/-a-/' }), and configure both: xsendfile config caddy --files '{root}=/-a-/' --files '{list}=/-b-/'.",
  },
};
