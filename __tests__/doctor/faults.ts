import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import { apacheSender, nginxSender } from '../../lib/index.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { type Fault, HANDSHAKE } from './system.js';

/** A mistake, and its name. */
export interface FaultCase {
  readonly server: FrontEndName;
  readonly what: string;
  readonly fault: Fault;
  /** All diagnoses, in the order of the report; undefined if only their fix is of interest. */
  readonly names?: readonly string[];
}

/** Fails if there is nothing to change: the configuration would be right. */
function replace(pattern: string | RegExp, text: string): NonNullable<Fault['edit']> {
  return (config) => {
    const edited = config.replace(pattern, () => text);
    if (edited === config) throw new Error(`${pattern} is not in the configuration`);
    return edited;
  };
}

function all(...edits: NonNullable<Fault['edit']>[]): NonNullable<Fault['edit']> {
  return (config, place) => edits.reduce((text, edit) => edit(text, place), config);
}

/** A proxy that knows better. */
function without(side: 'request' | 'answer', header: string): NonNullable<Fault['between']> {
  return async (upstream) => {
    const server = createServer((req, res) => {
      const headers = { ...req.headers };
      if (side === 'request') delete headers[header];
      const { method, url: path } = req;
      const onward = request({ port: upstream, host: '127.0.0.1', method, path, headers });
      onward.on('response', (answer) => {
        const { statusCode = 502, rawHeaders } = answer;
        const kept = rawHeaders.filter((_text, index) => {
          const name = rawHeaders[index - (index % 2)] ?? '';
          return side === 'request' || name.toLowerCase() !== header;
        });
        res.writeHead(statusCode, kept);
        answer.pipe(res);
      });
      onward.on('error', () => res.destroy());
      req.pipe(onward);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      async close() {
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      },
    };
  };
}

const OTHER_HANDSHAKE = replace(HANDSHAKE, 'not-the-secret-of-the-application');

const OPEN = replace(/\n\s*internal;/g, '');
const ALIAS_WITHOUT_SLASH = replace(/(?<=alias ".*)\/";/g, '";');

export const FAULTS: readonly FaultCase[] = [
  {
    server: 'nginx',
    what: 'no front end, with a handshake',
    fault: { isBare: true },
    names: ['no-front-end'],
  },
  {
    server: 'apache',
    what: 'no front end, without a handshake',
    fault: { isBare: true, options: { handshake: false } },
    names: ['no-front-end'],
  },
  {
    server: 'nginx',
    what: 'another handshake',
    fault: { edit: OTHER_HANDSHAKE },
    names: ['handshake-wrong'],
  },
  {
    server: 'lighttpd',
    what: 'another handshake',
    fault: { edit: OTHER_HANDSHAKE },
    names: ['handshake-wrong'],
  },
  {
    server: 'nginx',
    what: 'no handshake',
    fault: { edit: replace(/proxy_set_header X-Sendfile-Handshake .*/, '') },
    names: ['handshake-missing'],
  },
  {
    server: 'caddy',
    what: 'a handshake that is removed on the way',
    fault: { between: without('request', 'x-sendfile-handshake') },
    names: ['handshake-missing'],
  },
  {
    server: 'nginx',
    what: 'a sender for another server',
    fault: { options: { sender: 'apache' } },
    names: ['wrong-sender'],
  },
  {
    server: 'apache',
    what: 'a sender for another server',
    fault: { options: { sender: 'nginx' } },
    names: ['wrong-sender'],
  },
  {
    server: 'h2o',
    what: 'a sender for another server',
    fault: { options: { sender: 'standard' } },
    names: ['wrong-sender'],
  },
  {
    server: 'apache',
    what: 'the module missing',
    fault: {
      edit: all(
        replace(/LoadModule xsendfile_module.*/, ''),
        replace(/XSendFile On/, ''),
        replace(/XSendFilePath.*/, ''),
      ),
    },
    names: ['header-not-honoured'],
  },
  {
    server: 'apache',
    what: 'the module off',
    fault: { edit: replace('XSendFile On', 'XSendFile Off') },
    names: ['header-not-honoured'],
  },
  {
    server: 'lighttpd',
    what: 'the module off',
    fault: { edit: replace('"x-sendfile" => "enable"', '"x-sendfile" => "disable"') },
    names: ['header-not-honoured'],
  },
  {
    server: 'h2o',
    what: 'reproxy off',
    fault: { edit: replace('reproxy: ON', 'reproxy: OFF') },
    names: ['header-not-honoured'],
  },
  {
    server: 'caddy',
    what: 'no handle_response',
    fault: {
      edit: all(
        replace(/handle_response @xsendfile \{[^{}]*\{[^{}]*\}[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/, ''),
        replace('header_down -X-Accel-Redirect', ''),
      ),
    },
    names: ['header-not-honoured'],
  },
  {
    server: 'caddy',
    what: 'no handle_response, and the header hidden',
    fault: {
      edit: replace(
        /handle_response @xsendfile \{[^{}]*\{[^{}]*\}[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/,
        '',
      ),
    },
    names: ['header-not-honoured'],
  },
  {
    server: 'nginx',
    what: 'the header removed by a second proxy',
    fault: { between: without('answer', 'x-accel-redirect') },
    names: ['header-stripped'],
  },
  {
    server: 'apache',
    what: 'the header removed by a second proxy',
    fault: { between: without('answer', 'x-sendfile') },
    names: ['header-stripped'],
  },
  {
    server: 'nginx',
    what: 'headers removed by a second proxy',
    fault: { between: without('answer', 'vary') },
    names: ['headers-dropped'],
  },
  {
    server: 'nginx',
    what: 'the location absent',
    fault: { edit: replace(/location \^~ \/-internal-\/ \{/, 'location ^~ /-other-/ {') },
    names: ['location-absent'],
  },
  {
    server: 'nginx',
    what: 'no location for the mount path that the sender prepends',
    fault: { options: { sender: nginxSender({ prependMount: true }) }, mount: '/files' },
    names: ['location-absent'],
  },
  {
    server: 'nginx',
    what: 'another directory',
    fault: { edit: replace(/alias ".*";/g, 'alias "/var/empty/";') },
    names: ['wrong-root'],
  },
  {
    server: 'apache',
    what: 'another directory',
    fault: { edit: replace(/XSendFilePath.*/, 'XSendFilePath "/var/empty"') },
    names: ['wrong-root'],
  },
  {
    server: 'lighttpd',
    what: 'another directory',
    fault: {
      edit: replace(/"x-sendfile-docroot" => .*/, '"x-sendfile-docroot" => ( "/var/empty/" )'),
    },
    names: ['wrong-root'],
  },
  {
    server: 'caddy',
    what: 'another directory',
    fault: { edit: replace(/root \* .*/, 'root * /var/empty') },
    names: ['wrong-root'],
  },
  {
    server: 'h2o',
    what: 'another directory',
    fault: { edit: replace(/file\.dir: .*/, 'file.dir: "/var/empty"') },
    names: ['wrong-root'],
  },
  {
    server: 'nginx',
    what: '"internal" missing',
    fault: { edit: OPEN },
    names: ['internal-missing'],
  },
  {
    server: 'nginx',
    what: 'the slash of the alias missing',
    fault: { edit: ALIAS_WITHOUT_SLASH },
    names: ['alias-slash-missing'],
  },
  {
    server: 'nginx',
    what: 'the slash of the location missing',
    fault: { edit: replace('location ^~ /-internal-/ {', 'location ^~ /-internal- {') },
    names: ['location-slash-missing'],
  },
  {
    server: 'apache',
    what: 'the wrong encoding for everything',
    fault: { options: { sender: apacheSender({ encoding: 'percent' }) } },
    names: ['wrong-encoding'],
  },
  {
    server: 'caddy',
    what: 'the wrong encoding for some names',
    fault: {
      edit: all(
        replace(/rewrite \* \/-xsendfile-/, 'rewrite * {rp.header.X-Accel-Redirect}'),
        replace(/uri replace .*/, ''),
      ),
    },
    names: ['wrong-encoding'],
  },
  {
    server: 'nginx',
    what: 'a buffer that is too small',
    fault: {
      edit: all(
        replace('proxy_buffer_size 16k;', 'proxy_buffer_size 4k;'),
        replace('proxy_buffers 8 16k;', 'proxy_buffers 8 4k;'),
      ),
    },
    names: ['buffer-too-small'],
  },
  {
    server: 'nginx',
    what: 'headers that nginx forgets',
    fault: { edit: replace(/\n\s*add_header .*/g, '') },
    names: ['headers-dropped'],
  },
  {
    server: 'lighttpd',
    what: 'no x-sendfile-docroot',
    fault: { edit: replace(/"x-sendfile-docroot" => .*/, '') },
    names: ['any-file-sent'],
  },
  {
    server: 'nginx',
    what: 'control headers of clients passed on',
    fault: { edit: replace(/proxy_set_header X-(?:Sendfile|Accel)-(?:Type|Mapping) "";/g, '') },
    names: ['steering-passed-on'],
  },
  {
    server: 'apache',
    what: 'TRACE with the handshake',
    fault: { edit: replace('TraceEnable off', '') },
    names: ['handshake-shown'],
  },
  {
    server: 'apache',
    what: 'another handshake, and TRACE with it',
    fault: { edit: all(OTHER_HANDSHAKE, replace('TraceEnable off', '')) },
    names: ['handshake-wrong', 'handshake-shown'],
  },
  ...(
    [
      ['nginx', /proxy_set_header X-Forwarded-For .*/],
      ['nginx', /proxy_set_header X-Real-IP .*/],
      ['apache', 'RequestHeader unset X-Forwarded-For'],
      ['apache', 'RequestHeader unset Forwarded'],
      ['lighttpd', '"X-Forwarded-For" => "",'],
      ['caddy', 'header_up -X-Real-IP'],
      ['h2o', 'proxy.header.unset: "X-Forwarded-For"'],
    ] as const
  ).map(
    ([server, line]): FaultCase => ({
      server,
      what: `an address of the client's choice, without ${line}`,
      fault: { edit: replace(line, '') },
      names: ['address-passed-on'],
    }),
  ),
  {
    server: 'h2o',
    what: 'the internal host open to clients',
    fault: { edit: openHost },
    names: ['internal-missing'],
  },
  {
    server: 'nginx',
    what: 'no ranges',
    fault: { edit: replace(/(?<=\n)(\s*)internal;/, '\n        internal;\n        max_ranges 0;') },
    names: ['no-ranges', 'if-range-ignored'],
  },
  {
    server: 'nginx',
    what: '"root" in place of "alias"',
    fault: { edit: (config) => config.replace(/alias "(.*)\/";/g, 'root "$1";') },
    names: ['wrong-root'],
  },
  {
    server: 'apache',
    what: 'no XSendFilePath',
    fault: { edit: replace(/XSendFilePath.*/, '') },
    names: ['wrong-root'],
  },
  {
    server: 'nginx',
    what: 'a slash behind proxy_pass',
    fault: {
      edit: replace(
        'proxy_pass http://xsendfile_application;',
        'proxy_pass http://xsendfile_application/;',
      ),
    },
    names: ['path-respelt'],
  },
  {
    server: 'apache',
    what: 'no nocanon',
    fault: { edit: replace(' nocanon', '') },
    names: ['path-respelt'],
  },
  {
    server: 'caddy',
    what: 'no copy_response_headers',
    fault: { edit: replace(/copy_response_headers \{[^{}]*\}/, '') },
    names: ['headers-dropped'],
  },
  {
    server: 'h2o',
    what: 'another name of the internal host',
    fault: { edit: replace('"files.internal:81"', '"other.internal:81"') },
    names: ['bad-gateway'],
  },
  {
    server: 'apache',
    what: 'a document root with the files in it',
    fault: { edit: publish },
    names: ['internal-missing'],
  },
  {
    server: 'nginx',
    what: 'a location that is open and has no slash',
    fault: {
      edit: all(replace('location ^~ /-internal-/ {', 'location ^~ /-internal- {'), OPEN),
    },
    names: ['internal-missing', 'location-slash-missing'],
  },
  {
    server: 'nginx',
    what: 'a location that is open and whose alias has no slash',
    fault: { edit: all(ALIAS_WITHOUT_SLASH, OPEN) },
    names: ['alias-slash-missing', 'internal-missing'],
  },
  {
    server: 'nginx',
    what: 'a location that is open, for another directory',
    fault: { edit: all(replace(/alias ".*";/g, 'alias "/var/empty/";'), OPEN) },
    names: ['wrong-root', 'internal-missing'],
  },
  {
    server: 'nginx',
    what: 'another handshake, and a location that is open',
    fault: { edit: all(OTHER_HANDSHAKE, OPEN) },
    names: ['handshake-wrong', 'internal-missing'],
  },
  {
    server: 'nginx',
    what: 'no handshake, and a location without a slash',
    fault: {
      edit: all(
        replace(/proxy_set_header X-Sendfile-Handshake .*/, ''),
        replace('location ^~ /-internal-/ {', 'location ^~ /-internal- {'),
      ),
    },
    names: ['handshake-missing', 'location-slash-missing'],
  },
  {
    server: 'nginx',
    what: 'another handshake, and another directory',
    fault: { edit: all(OTHER_HANDSHAKE, replace(/alias ".*";/g, 'alias "/var/empty/";')) },
    names: ['handshake-wrong', 'wrong-root'],
  },
  {
    server: 'nginx',
    what: 'another handshake, and control headers of clients passed on',
    fault: {
      edit: all(
        OTHER_HANDSHAKE,
        replace(/proxy_set_header X-(?:Sendfile|Accel)-(?:Type|Mapping) "";/g, ''),
      ),
    },
    names: ['handshake-wrong', 'steering-passed-on'],
  },
  {
    server: 'lighttpd',
    what: 'another handshake, and no x-sendfile-docroot',
    fault: { edit: all(OTHER_HANDSHAKE, replace(/"x-sendfile-docroot" => .*/, '')) },
    names: ['handshake-wrong', 'any-file-sent'],
  },
  {
    server: 'h2o',
    what: 'another handshake, and the internal host open to clients',
    fault: { edit: all(OTHER_HANDSHAKE, openHost) },
    names: ['handshake-wrong', 'internal-missing'],
  },
  {
    server: 'apache',
    what: 'the module off, and a document root with the files in it',
    fault: { edit: all(replace('XSendFile On', 'XSendFile Off'), publish) },
    names: ['header-not-honoured', 'internal-missing'],
  },
  ...(['nginx', 'caddy', 'h2o'] as const).map((server) => ({
    server,
    what: 'another handler with the same location',
    fault: { hasOther: true },
    names: ['location-shared'],
  })),
  {
    server: 'nginx',
    what: 'a configuration from before that of the error pages',
    fault: { edit: replace(/proxy_set_header X-Sendfile-Config .*/, '') },
    names: ['errors-like-files'],
  },
  {
    server: 'caddy',
    what: 'no handle_errors',
    fault: { edit: replace(/\n\thandle_errors \{[\s\S]*?\n\t\}/, '') },
    names: ['errors-like-files'],
  },
  {
    server: 'apache',
    what: 'no tags',
    fault: { options: { etag: false } },
    names: ['same-etag-for-all'],
  },
];

/** Next to the application. */
function publish(config: string, { root }: { readonly root: string }): string {
  return config.replace(
    /ProxyPass {2}.*/,
    (line) => `DocumentRoot "${root}"\n    ProxyPassMatch "^/xsendfile" "!"\n    ${line}`,
  );
}

/** On the address of the public one. */
function openHost(config: string, { port }: { readonly port: number }): string {
  return config.replace(
    /listen:\n\s*type: unix\n.*\n.*\n/,
    () => `listen:\n      host: "127.0.0.1"\n      port: ${port}\n`,
  );
}

/** Of the files; only where the server is somebody else than who makes them. */
export const UNREADABLE: readonly FaultCase[] = FRONT_END_SERVERS.map((server) => ({
  server,
  what: 'files that it may not read',
  fault: { mode: 0o700 },
  names: ['unreadable'],
}));

/** The senders of all other servers. */
export const WRONG_SENDERS: readonly FaultCase[] = FRONT_END_SERVERS.flatMap((server) =>
  ([...FRONT_END_SERVERS, 'standard'] as const)
    // These differ in the encoding only.
    .filter((sender) => sender !== server && !(server === 'lighttpd' && sender === 'standard'))
    .map((sender) => ({
      server,
      what: `the sender ${sender}`,
      fault: { options: { sender } },
    })),
);
