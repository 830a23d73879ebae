import type { DoctorPart } from '../doctor-part.js';

/** Fixes for the doctor's diagnoses that differ in Apache httpd from other servers. */
export const forDoctor: DoctorPart = {
  names: /apache/i,
  // 404 for what it cannot read, and for what it may not send.
  isAmbiguous: true,
  fixes: {
    'header-not-honoured':
      'Load mod_xsendfile (Debian: apt-get install libapache2-mod-xsendfile; a2enmod xsendfile) and put "XSendFile On" and "XSendFilePath \'{root}\'" into the virtual host that proxies requests. {config}',
    'path-changed': 'Add "nocanon" to ProxyPass, and "AllowEncodedSlashes NoDecode".',
    'path-respelt': 'Add "nocanon" to ProxyPass, and "AllowEncodedSlashes NoDecode".',
    'wrong-encoding':
      "mod_xsendfile 0.12 takes raw bytes: sender: 'apache'; 1.0 takes percent-encoding: apacheSender({ encoding: 'percent' }).",
    'wrong-root':
      'Write "XSendFilePath \'{root}\'"; in a container, the path there, and give it to the sender as frontendRoot.',
    'any-file-sent': 'Let XSendFilePath name no more than {root}.',
    'handshake-shown':
      'Put "TraceEnable off" into the virtual host, or into the configuration of the server. Then replace the handshake on both sides.',
  },
};
