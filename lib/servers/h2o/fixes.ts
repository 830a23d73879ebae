import type { DoctorPart } from '../doctor-part.js';

/** Fixes for the doctor's diagnoses that differ in h2o from other servers. */
export const forDoctor: DoctorPart = {
  names: /h2o/i,
  fixes: {
    'header-not-honoured': 'Put "reproxy: ON" into the path that proxies requests. {config}',
    'wrong-root': 'Write file.dir: "{root}" for the internal host; in a container, the path there.',
    'internal-missing':
      'Let the internal host listen on its own Unix socket (listen: { type: unix, port: "/run/xsendfile-files.sock", permission: "600" }).',
    'location-shared':
      "Give each handler its own location, sender: h2oSender({ location: 'http://files.internal:81/a/' }), and configure both: xsendfile config h2o --files '{root}=http://files.internal:81/a/' --files '{list}=http://files.internal:81/b/'.",
  },
};
