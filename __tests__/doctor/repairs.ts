import { execSync } from 'node:child_process';
import { createFrontEndConfig } from '../../lib/frontends/index.js';
import { caddySender, h2oSender, nginxSender, type SenderName } from '../../lib/index.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { UNREADABLE, WRONG_SENDERS } from './faults.js';
import type { Fault } from './system.js';

/** What somebody does with a fix that the doctor shows. */
export interface Repair {
  readonly server: FrontEndName;
  /** The mistake, as it is called in the list of them. */
  readonly what: string;
  /** Does what the fix says. */
  readonly apply: (fix: string, fault: Fault) => Fault;
  /** What is left to fix. */
  readonly left?: readonly string[];
}

/** The first part of a text that matches; the whole match, or its group. */
function find(pattern: RegExp, text: string): string {
  const [whole, group = whole] = pattern.exec(text) ?? [];
  if (group === undefined) throw new Error(`${pattern} is not in: ${text}`);
  return group;
}

/** Writes what the fix quotes over a part of the configuration. */
function write(quoted: RegExp, over: RegExp | string, around = (text: string) => text) {
  return (fix: string, fault: Fault): Fault => ({
    ...fault,
    edit: (config, place) => {
      const broken = fault.edit?.(config, place) ?? config;
      const text = find(quoted, fix).replaceAll(ROOT, () => place.root);
      const edited = broken.replace(over, () => around(text));
      if (edited === broken) throw new Error(`${over} is not in the configuration`);
      return edited;
    },
  });
}

/** In the place of the root of the first examination, which is another directory than that of the second. */
export const ROOT = '/<root>';

/** Takes the sender that the fix names. */
function useSender(fix: string, fault: Fault): Fault {
  const sender = find(/sender: '(\w+)'/, fix) as SenderName;
  return { ...fault, options: { ...fault.options, sender } };
}

/** The configuration that the fix tells to generate. */
const generate = (_fix: string, { edit: _edit, ...fault }: Fault): Fault => fault;

const LOCATION = /"(location \^~ .*?\})"/;
const WHOLE_LOCATION = /location (?:\^~ )?\/-internal-\/? \{(?:[^{}]|\{[^{}]*\})*\}/;
const BEFORE_THE_END = /\}\s*\}\s*$/;
const intoTheServer = (text: string): string => `${text}\n}}`;

export const REPAIRS: readonly Repair[] = [
  ...WRONG_SENDERS.map((mistake) => ({ ...mistake, apply: useSender })),
  ...UNREADABLE.map(
    (mistake): Repair => ({
      ...mistake,
      apply: (fix, { edit = (config) => config, ...rest }) => ({
        ...rest,
        edit(config, place) {
          execSync(find(/chmod -R o\+rX '.*?'/, fix).replace(ROOT, place.root));
          return edit(config, place);
        },
      }),
    }),
  ),
  { server: 'nginx', what: 'another handshake', apply: generate },
  { server: 'nginx', what: 'no handshake', apply: generate },
  {
    server: 'nginx',
    what: 'a configuration from before that of the error pages',
    apply: generate,
  },
  { server: 'apache', what: 'no tags', apply: (_fix, { options: _options, ...fault }) => fault },
  {
    server: 'nginx',
    what: 'no front end, with a handshake',
    apply: useSender,
    left: ['steering-passed-on'],
  },
  {
    server: 'nginx',
    what: 'the location absent',
    apply: write(LOCATION, BEFORE_THE_END, intoTheServer),
    left: ['headers-dropped'],
  },
  {
    server: 'nginx',
    what: 'no location for the mount path that the sender prepends',
    apply: write(LOCATION, BEFORE_THE_END, intoTheServer),
    left: ['headers-dropped'],
  },
  {
    server: 'nginx',
    what: 'the slash of the alias missing',
    apply: write(LOCATION, WHOLE_LOCATION),
    left: ['headers-dropped'],
  },
  {
    server: 'nginx',
    what: 'the slash of the location missing',
    apply: write(LOCATION, WHOLE_LOCATION),
    left: ['headers-dropped'],
  },
  {
    server: 'nginx',
    what: 'headers that nginx forgets',
    apply: write(
      /: (add_header .*;) \(/,
      /(?<=location \^~ \/-internal-\/ \{)/,
      (text) => `\n${text}`,
    ),
  },
  {
    server: 'nginx',
    what: '"internal" missing',
    apply: write(/"(internal;)"/, /(?=alias ")/g, (text) => `${text}\n`),
  },
  {
    server: 'nginx',
    what: 'another directory',
    apply: write(/"(alias '.*?';)"/, /alias "[^"]*";/),
  },
  {
    server: 'nginx',
    what: '"root" in place of "alias"',
    apply: write(/"(alias '.*?';)"/, /root "[^"]*";/),
  },
  {
    server: 'nginx',
    what: 'a buffer that is too small',
    apply: write(/nginx: "(.*?)"/, /proxy_buffer_size 4k;\s*proxy_buffers 8 4k;/),
  },
  {
    server: 'nginx',
    what: 'no ranges',
    apply: (fix, fault) =>
      write(/remove "(.*?)"/, find(/remove "(.*?)"/, fix), () => '')(fix, fault),
  },
  {
    server: 'nginx',
    what: 'another handler with the same location',
    apply: (fix, fault) => {
      const location = find(/nginxSender\(\{ location: '(.*?)' \}\)/, fix);
      return {
        ...write(LOCATION, BEFORE_THE_END, intoTheServer)(fix, fault),
        other: nginxSender({ location }),
      };
    },
  },
  {
    server: 'apache',
    what: 'the module missing',
    apply: (fix, fault) =>
      write(
        /"(XSendFile On)"/,
        /(?=ProxyPass )/,
        (text) => `${text}\n`,
      )(
        fix,
        write(
          /"(XSendFilePath '.*?')"/,
          /(?=ProxyPass )/,
          (text) => `${text}\n`,
        )(fix, {
          ...fault,
          edit: (config, place) =>
            `LoadModule xsendfile_module "/usr/lib/apache2/modules/mod_xsendfile.so"\n${fault.edit?.(config, place)}`,
        }),
      ),
  },
  {
    server: 'apache',
    what: 'the module off',
    apply: write(/"(XSendFile On)"/, /XSendFile Off/),
  },
  {
    server: 'apache',
    what: 'another directory',
    apply: write(/"(XSendFilePath '.*?')"/, /XSendFilePath .*/),
  },
  {
    server: 'apache',
    what: 'the wrong encoding for everything',
    apply: useSender,
  },
  {
    server: 'apache',
    what: 'no nocanon',
    apply: write(/"(nocanon)"/, /(?= ttl=4)/, (text) => ` ${text}`),
  },
  {
    server: 'lighttpd',
    what: 'the module off',
    apply: write(/"x-sendfile" => "enable"/, /"x-sendfile" => "disable"/),
  },
  {
    server: 'lighttpd',
    what: 'another directory',
    apply: write(/"x-sendfile-docroot" => \( ".*?" \)/, /"x-sendfile-docroot" => .*/),
  },
  {
    server: 'lighttpd',
    what: 'no x-sendfile-docroot',
    apply: write(
      /"x-sendfile-docroot" => \( ".*?" \)/,
      /(?<="x-sendfile" => "enable",)/,
      (text) => `\n${text}`,
    ),
  },
  { server: 'caddy', what: 'no handle_response', apply: generate },
  {
    server: 'caddy',
    what: 'another directory',
    apply: write(/root \* ".*?"/, /root \* .*/),
  },
  {
    server: 'caddy',
    what: 'the wrong encoding for some names',
    apply: (fix, fault) =>
      write(/"(rewrite \* .*?)"/, /rewrite \* .*/)(
        fix,
        write(/"(uri replace .*?)"/, /(?=file_server)/, (text) => `${text}\n`)(fix, fault),
      ),
  },
  { server: 'caddy', what: 'no copy_response_headers', apply: generate },
  { server: 'caddy', what: 'no handle_errors', apply: generate },
  {
    server: 'caddy',
    what: 'another handler with the same location',
    apply: (fix, fault) => reconfigure('caddy', fix, fault),
  },
  {
    server: 'h2o',
    what: 'another handler with the same location',
    apply: (fix, fault) => reconfigure('h2o', fix, fault),
  },
  {
    server: 'h2o',
    what: 'reproxy off',
    apply: write(/"(reproxy: ON)"/, /reproxy: OFF/),
  },
  {
    server: 'h2o',
    what: 'another directory',
    apply: write(/file\.dir: ".*?"/, /file\.dir: .*/),
  },
  { server: 'h2o', what: 'another name of the internal host', apply: generate },
  {
    server: 'h2o',
    what: 'the internal host open to clients',
    apply: write(
      /\((listen: \{.*?\})\)/,
      /(?<="files\.internal:81":\s*)listen:\n\s*host: .*\n\s*port: .*/,
    ),
  },
];

/** Gives both handlers the locations of the command that the fix shows, and generates the configuration for them. */
function reconfigure(server: 'caddy' | 'h2o', fix: string, fault: Fault): Fault {
  const senderOf = server === 'caddy' ? caddySender : h2oSender;
  const files = [...fix.matchAll(/--files '(.*?)=(.*?)'/g)].map(([, root = '', location = '']) => ({
    root,
    location,
  }));
  const [own, other] = files as [(typeof files)[number], (typeof files)[number]];
  expect(fix).toContain(`sender: ${server}Sender({ location: '${own.location}' })`);
  return {
    ...fault,
    options: { ...fault.options, sender: senderOf({ location: own.location }) },
    other: senderOf({ location: other.location }),
    edit: (_config, { scratch, root, port, backendPort, handshake, user }) =>
      createFrontEndConfig(server, {
        files: [
          { root, location: own.location },
          { root: '/var/empty', location: other.location },
        ],
        ...{ scratch, user, handshake },
        listen: `127.0.0.1:${port}`,
        upstream: `http://127.0.0.1:${backendPort}`,
      }),
  };
}
