import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FrontEndName, startFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { rawRequest } from '../helpers/raw-request.js';
import { generated } from './generated.js';

const CLIENT = '203.0.113.66';
const HANDSHAKE = 'handshake-of-the-tests-of-outer-proxies';

/** What a configuration needs besides, if another proxy on this machine stands before the server. */
const TRUSTING: readonly (readonly [FrontEndName, (config: string) => string, string])[] = [
  [
    'nginx',
    (config) =>
      config.replace(
        'server {\n        listen',
        'server {\n        set_real_ip_from 127.0.0.1;\n        real_ip_header X-Forwarded-For;\n        listen',
      ),
    CLIENT,
  ],
  [
    'apache',
    (config) =>
      config
        .replace(
          /LoadModule headers_module (.*)mod_headers.so"/,
          '$&\nLoadModule remoteip_module $1mod_remoteip.so"',
        )
        .replace(
          /<VirtualHost .*/,
          '$&\n    RemoteIPHeader X-Forwarded-For\n    RemoteIPInternalProxy 127.0.0.1',
        ),
    CLIENT,
  ],
  ['lighttpd', (config) => config.replace('"X-Forwarded-For" => "",', ''), `${CLIENT}, 127.0.0.1`],
  [
    'h2o',
    (config) => config.replace('proxy.header.unset: "X-Forwarded-For"', ''),
    `${CLIENT}, 127.0.0.1`,
  ],
  [
    'caddy',
    (config) => config.replace(/(reverse_proxy .* \{)/, '$1\n\t\ttrusted_proxies 127.0.0.1/32'),
    `${CLIENT}, 127.0.0.1`,
  ],
];

describe('a generated configuration behind another proxy', () => {
  let application: Server;
  beforeAll(async () => {
    application = createServer((req, res) => {
      res.end(JSON.stringify(req.headers['x-forwarded-for']));
    }).listen(0, '127.0.0.1');
    await once(application, 'listening');
  });
  afterAll(() => application.close().closeAllConnections());

  for (const [name, trust, expected] of TRUSTING) {
    describeWithPrograms(name, [name], () => {
      it('passes on the address of the client if it is configured to trust that proxy', async () => {
        const right = generated(name);
        const frontEnd = {
          ...right,
          configure: (place: Parameters<typeof right.configure>[0]) => {
            const config = right.configure(place);
            const edited = trust(config);
            expect(edited).not.toBe(config);
            return edited;
          },
        };
        const { port } = application.address() as AddressInfo;
        const site = { root: '/srv', backendPort: port, handshake: HANDSHAKE };
        const server = await startFrontEnd(frontEnd, site);
        try {
          const headers = { 'X-Forwarded-For': CLIENT };
          const { body } = await rawRequest(server.port, { target: '/', headers });
          expect(JSON.parse(String(body))).toBe(expected);
        } finally {
          await server.stop();
        }
      });
    });
  }
});
