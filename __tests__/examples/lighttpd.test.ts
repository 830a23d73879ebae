import { describeBehind } from './behind.js';

describeBehind({
  name: 'lighttpd',
  server: /^lighttpd/,
  logged: (request) => `${request} HTTP/1.1`,
  refused: [
    ['/files/bob/Contract.pdf', 404],
    // lighttpd resolves the path first, and then it is somebody else's.
    ['/files/alice/../bob/Contract.pdf', 404],
    ['/files/alice/..%2Fbob/Contract.pdf', 404],
    ['/lighttpd.conf', 404],
  ],
});
