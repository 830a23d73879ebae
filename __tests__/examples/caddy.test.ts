import { describeBehind } from './behind.js';

describeBehind({
  name: 'caddy',
  server: /^Caddy$/,
  async waitForLog(server, target) {
    const [, line = ''] = await server.waitFor(/^caddy +(.*Backup\.bin\?as.*)$/m);
    expect(JSON.parse(line)).toMatchObject({
      request: { method: 'GET', uri: target },
      status: 200,
      size: 3_145_728,
    });
  },
  refused: [
    ['/files/bob/Contract.pdf', 404],
    ['/files/alice/../bob/Contract.pdf', 403],
    ['/files/alice/..%2Fbob/Contract.pdf', 403],
    ['/caddy.conf', 404],
  ],
  install: 'caddy',
});
