import { describeBehind, waitForLine } from './behind.js';

describeBehind({
  name: 'lighttpd',
  server: /^lighttpd/,
  waitForLog: waitForLine('lighttpd', (request) => `${request} HTTP/1.1`),
  refused: [
    ['/files/bob/Contract.pdf', 404],
    ['/files/alice/../bob/Contract.pdf', 403],
    ['/files/alice/..%2Fbob/Contract.pdf', 403],
    ['/lighttpd.conf', 404],
  ],
});
