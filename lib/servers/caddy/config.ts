import { FILE_HEADERS } from '../../shared/file-headers.js';
import { describeHandlers } from '../config/describe.js';
import type { Generator } from '../config/generator.js';
import { quoteForCaddy } from '../config/quoting.js';
import type { FilesSettings, FrontEndSettings } from '../config/settings.js';
import { indent, join, type Lines } from '../config/text.js';
import { parseCaddyLocation } from '../location.js';
import {
  CONTROL_HEADER,
  CONTROL_HEADERS,
  DEFAULT_LOCATION,
  HANDSHAKE_HEADER,
  removedHeaders,
} from '../names.js';

const HEADER = CONTROL_HEADER.caddy;
/** What Caddy overwrites, unless the client is one of its trusted proxies. */
const FORWARDED = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto'];
/** What Caddy says of a file itself, or what belongs to one connection only. */
const NOT_COPIED = [
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Keep-Alive',
  'Date',
  'ETag',
  'Last-Modified',
  'Accept-Ranges',
];

/** Caddy 2. */
export const caddyConfig: Generator = {
  server: 'caddy',
  generate,
  location: parseCaddyLocation,
};

function generate(settings: FrontEndSettings): string {
  const { standalone, files } = settings;
  return join(
    describeHandlers('Caddy 2', files, (location) =>
      location === DEFAULT_LOCATION.caddy ? "'caddy'" : `caddySender({ location: '${location}' })`,
    ),
    '# Check: caddy validate --adapter caddyfile --config this-file. Run: caddy run --adapter caddyfile --config this-file',
    '',
    standalone
      ? [
          '{',
          '\tadmin off',
          '\t# Without TLS. With a name instead of the address below, Caddy obtains a certificate.',
          '\tauto_https off',
          '}',
          '',
        ]
      : undefined,
    siteOf(settings),
  );
}

function siteOf(settings: FrontEndSettings): Lines {
  const { files, upstream, handshake, host, port, caller, scratch } = settings;
  return [
    `http://:${port} {`,
    indent(
      '\t',
      host === undefined ? undefined : `bind ${host.replace(/^\[|\]$/g, '')}`,
      scratch === undefined
        ? undefined
        : [
            'log {',
            `\toutput file ${quoteForCaddy(`${scratch}/access.log`, 'scratch', caller)}`,
            '}',
          ],
      `reverse_proxy ${upstream} {`,
      indent(
        '\t',
        handshake === undefined
          ? undefined
          : [
              '# "I am the front end": overwrites what a client sends under that name.',
              `header_up ${HANDSHAKE_HEADER} ${quoteForCaddy(handshake, 'handshake', caller)}`,
            ],
        '# Clients must not set these.',
        ...removedHeaders([
          ...FORWARDED,
          ...(handshake === undefined ? [] : [HANDSHAKE_HEADER]),
        ]).map((name) => `header_up -${name}`),
        '# Caddy would request gzip on behalf of clients that do not, and then take the response for uncompressed.',
        'transport http {',
        '\tcompression off',
        '}',
        '',
        ...files.flatMap((each, index) => [filesOf(each, index, caller), '']),
        '# If the application uses the header of another server, clients do not see it.',
        ...CONTROL_HEADERS.map((name) => `header_down -${name}`),
      ),
      '}',
      "# Caddy's own errors would look like the file, and be kept as long. Put error pages here, too.",
      'handle_errors {',
      indent(
        '\t',
        'header {',
        ...['Cache-Control', ...FILE_HEADERS].map((name) => `\t-${name}`),
        '}',
      ),
      '}',
    ),
    '}',
  ];
}

function filesOf({ root, location }: FilesSettings, index: number, caller: string): Lines {
  const prefix = location.slice(0, -1);
  const matcher = index === 0 ? '@xsendfile' : `@xsendfile_${index + 1}`;
  return [
    `${matcher} header ${HEADER} ${prefix === '' ? '/*' : quoteForCaddy(`${location}*`, 'location', caller)}`,
    `handle_response ${matcher} {`,
    indent(
      '\t',
      `root * ${quoteForCaddy(root, 'root', caller)}`,
      'copy_response_headers {',
      `\texclude ${[...CONTROL_HEADERS, ...NOT_COPIED].join(' ')}`,
      '}',
      '# "uri replace" decodes what it puts in; "rewrite" alone does not.',
      'rewrite * /-xsendfile-',
      `uri replace /-xsendfile- {rp.header.${HEADER}} 1`,
      prefix === '' ? undefined : `uri strip_prefix ${quoteForCaddy(prefix, 'location', caller)}`,
      'file_server',
    ),
    '}',
  ];
}
