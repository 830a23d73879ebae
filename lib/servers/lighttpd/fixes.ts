import type { DoctorPart } from '../doctor-part.js';

/** Fixes for the doctor's diagnoses that differ in lighttpd from other servers. */
export const forDoctor: DoctorPart = {
  names: /lighttpd/i,
  isSilent: true,
  // 403 for what it cannot read, and for what it may not send.
  isAmbiguous: true,
  fixes: {
    'header-not-honoured':
      'Put "x-sendfile" => "enable" and "x-sendfile-docroot" => ( "{root}/" ) into the entry of proxy.server. {config}',
    'path-changed': 'Add server.http-parseopts = ( "url-normalize" => "disable" ).',
    'path-respelt': 'Add server.http-parseopts = ( "url-normalize" => "disable" ).',
    'wrong-encoding': "Use sender: 'lighttpd'.",
    'wrong-root':
      'Write "x-sendfile-docroot" => ( "{root}/" ); in a container, the path there, and give it to the sender as frontendRoot.',
  },
};
