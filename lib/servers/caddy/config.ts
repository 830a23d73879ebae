import { FILE_HEADERS } from '../../shared/file-headers.js';
import { describeHandlers } from '../config/describe.js';
import type { Generator } from '../config/generator.js';
import { hideControlHeaders, requestHeaders } from '../config/headers.js';
import type { FilesSettings, FrontEndSettings } from '../config/settings.js';
import { indent, join, type Lines } from '../config/text.js';
import { CONTROL_HEADERS, HANDSHAKE_HEADER } from '../headers.js';
import { withoutBrackets } from '../host.js';
import { quote } from './quoting.js';
import { caddy, parseLocation } from './traits.js';

const HEADER = caddy.header;
/** Headers that Caddy overwrites, unless the client is one of its trusted proxies. */
const FORWARDED = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto'];
/** Headers that Caddy sets for a file itself, or that belong to a single connection. */
const NOT_COPIED =
  'Content-Length Transfer-Encoding Connection Keep-Alive Date ETag Last-Modified Accept-Ranges';

/** Caddy 2. */
export const caddyConfig: Generator = {
  traits: caddy,
  generate,
  location: parseLocation,
};

function generate(settings: FrontEndSettings): string {
  const { standalone, files } = settings;
  return join(
    describeHandlers('Caddy 2', files, caddy),
    '# Check: caddy validate --adapter caddyfile --config this-file. Run: caddy run --adapter caddyfile --config this-file',
    '',
    standalone && [
      '{',
      '\tadmin off',
      '\t# Without TLS. With a name instead of the address below, Caddy obtains a certificate.',
      '\tauto_https off',
      '}',
      '',
    ],
    siteOf(settings),
  );
}

function siteOf(settings: FrontEndSettings): Lines {
  const { files, upstream, host, port, caller, scratch } = settings;
  return [
    `http://:${port} {`,
    indent(
      '\t',
      host !== undefined && `bind ${withoutBrackets(host)}`,
      scratch !== undefined && [
        'log {',
        `\toutput file ${quote(`${scratch}/access.log`, 'scratch', caller)}`,
        '}',
      ],
      `reverse_proxy ${upstream} {`,
      indent(
        '\t',
        requestHeaders(settings, {
          set: (secret) => `header_up ${HANDSHAKE_HEADER} ${quote(secret, 'handshake', caller)}`,
          comment: '# Clients must not set these.',
          remove: (name) => `header_up -${name}`,
          overwritten: FORWARDED,
        }),
        '# Caddy would request gzip on behalf of clients that do not, and then take the response for uncompressed.',
        'transport http {',
        '\tcompression off',
        '}',
        '',
        ...files.flatMap((each, index) => [filesOf(each, index, caller), '']),
        hideControlHeaders((name) => `header_down -${name}`),
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
    `${matcher} header ${HEADER} ${prefix === '' ? '/*' : quote(`${location}*`, 'location', caller)}`,
    `handle_response ${matcher} {`,
    indent(
      '\t',
      `root * ${quote(root, 'root', caller)}`,
      'copy_response_headers {',
      `\texclude ${CONTROL_HEADERS.join(' ')} ${NOT_COPIED}`,
      '}',
      '# "uri replace" decodes what it puts in; "rewrite" alone does not.',
      'rewrite * /-xsendfile-',
      `uri replace /-xsendfile- {rp.header.${HEADER}} 1`,
      prefix !== '' && `uri strip_prefix ${quote(prefix, 'location', caller)}`,
      'file_server',
    ),
    '}',
  ];
}
