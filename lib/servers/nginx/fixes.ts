import type { DoctorPart } from '../doctor-part.js';
import { addHeader } from './headers.js';
import { nginx } from './traits.js';

/** Fixes for the doctor's diagnoses that differ in nginx from other servers. */
export const forDoctor: DoctorPart = {
  names: /nginx|openresty|tengine/i,
  fixes: {
    'header-not-honoured':
      'nginx honours X-Accel-Redirect by default: remove "proxy_ignore_headers X-Accel-Redirect" and "proxy_pass_header X-Accel-Redirect".',
    'path-changed':
      'Write nothing after the address of the application, not even a slash: "proxy_pass http://127.0.0.1:3000;".',
    'path-respelt':
      'Write nothing after the address of the application, not even a slash: "proxy_pass http://127.0.0.1:3000;".',
    'wrong-root':
      'Write "alias \'{root}/\';" into the internal location, and no "root"; in a container, the path there.',
    'headers-dropped':
      'In the internal location: {addHeaders} (or a proxy on the way removes them).',
    'errors-like-files':
      "Use a handshake, and write the configuration again: xsendfile config nginx --root '{root}' --handshake-file <file>. Versions before 1.0.0-rc.2 wrote others.",
    'internal-missing':
      'Put "internal;" into the location of the files, and let no other root or alias lead there.',
    'location-shared': `Give the other handler its own location, sender: nginxSender({ location: '/-other-/' }), and add "location ^~ /-other-/ { internal; alias '{list}/'; {restored} }".`,
  },
  placeholders: (list) => ({
    location: nginx.defaultLocation,
    addHeaders: list.map(addHeader).join(' '),
    restored: nginx.restored.map(addHeader).join(' '),
  }),
};
