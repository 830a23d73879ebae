import { describeBehind, waitForLine } from './behind.js';

describeBehind({
  name: 'h2o',
  server: /^h2o/,
  waitForLog: waitForLine('h2o', (request) => request),
  refused: [
    ['/files/bob/Contract.pdf', 404],
    ['/files/alice/../bob/Contract.pdf', 403],
    ['/files/alice/..%2Fbob/Contract.pdf', 403],
    ['/h2o.conf', 404],
  ],
  dropsDisposition: true,
  install: 'h2o',
});
