import { describeBehind, waitForLine } from './behind.js';

describeBehind({
  name: 'nginx',
  server: /^nginx/,
  waitForLog: waitForLine('nginx', (request) => request),
  refused: [
    ['/files/bob/Contract.pdf', 404],
    ['/files/alice/../bob/Contract.pdf', 403],
    ['/-internal-/alice/Hills.png', 404],
    ['/-internal-../nginx.conf', 404],
  ],
});
