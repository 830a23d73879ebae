import { DOCTOR_PARTS } from '../../lib/servers/fixes.js';
import { FRONT_END_SERVERS } from '../../lib/servers/names.js';

/** The examination of real servers is in the tests of the doctor. */
describe("a server's part of the doctor", () => {
  it.each([
    ['nginx', ['nginx/1.29', 'openresty', 'Tengine'], undefined, undefined],
    ['apache', ['Apache/2.4.66 (Debian)'], undefined, true],
    ['lighttpd', ['lighttpd/1.4.82'], true, true],
    ['caddy', ['Caddy'], true, undefined],
    ['h2o', ['h2o/2.2.6'], undefined, undefined],
  ] as const)('%s', (server, names, isSilent, isAmbiguous) => {
    const part = DOCTOR_PARTS[server];
    expect([part.isSilent, part.isAmbiguous]).toEqual([isSilent, isAmbiguous]);
    for (const name of names) {
      expect(FRONT_END_SERVERS.filter((each) => DOCTOR_PARTS[each].names.test(name))).toEqual([
        server,
      ]);
    }
  });

  it('fills in directives of nginx', () => {
    expect(DOCTOR_PARTS.nginx.placeholders?.(['Link', 'Expires'])).toEqual({
      location: '/-internal-/',
      addHeaders:
        'add_header Link $upstream_http_link; add_header Expires $upstream_http_x_sendfile_expires;',
      restored:
        'add_header Cache-Control $upstream_http_x_sendfile_cache_control; add_header Expires $upstream_http_x_sendfile_expires; add_header Content-Disposition $upstream_http_x_sendfile_content_disposition;',
    });
  });
});
