import { FILE_HEADERS } from '../../shared/file-headers.js';
import { describeHandlers } from '../config/describe.js';
import { hideControlHeaders, requestHeaders } from '../config/headers.js';
import type { FilesSettings, FrontEndSettings, Generator } from '../config/options.js';
import { join, type Lines, lines } from '../config/text.js';
import { unwritable } from '../config/unwritable.js';
import { CONTROL_HEADERS, HANDSHAKE_HEADER } from '../headers.js';
import { withoutBrackets } from '../host.js';
import { caddy, parseLocation } from './traits.js';

const HEADER = caddy.header;
/** Headers that Caddy overwrites, unless the client is one of its trusted proxies. */
const FORWARDED = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto'];
/** Headers that Caddy sets for a file itself, or that belong to a single connection. */
const NOT_COPIED =
  'Content-Length Transfer-Encoding Connection Keep-Alive Date ETag Last-Modified Accept-Ranges';

/** Caddy 2. */
export const config: Generator = {
  traits: caddy,
  generate,
  location: parseLocation,
  check: {
    programs: ['caddy'],
    args: (file) => ['validate', '--adapter', 'caddyfile', '--config', file],
    wrap: (part) => [GLOBAL_OPTIONS, part],
  },
};

function generate(settings: FrontEndSettings): string {
  const { standalone, files } = settings;
  const text = join(lines`
    ${describeHandlers('Caddy 2', files, caddy)}
    # Check: caddy validate --adapter caddyfile --config this-file. Run: caddy run --adapter caddyfile --config this-file

    ${standalone && GLOBAL_OPTIONS}
    ${siteOf(settings)}
  `);
  // As "caddy fmt" indents it.
  return text.replace(/(?<=\n) +/g, (spaces) => '\t'.repeat(spaces.length / 4));
}

const GLOBAL_OPTIONS = lines`
  {
      admin off
      # Without TLS. With a name instead of the address below, Caddy obtains a certificate.
      auto_https off
  }

`;

function siteOf(settings: FrontEndSettings): Lines {
  const { files, upstream, host, port, scratch } = settings;
  return lines`
    http://:${port} {
        ${host !== undefined && `bind ${withoutBrackets(host)}`}
        ${scratch !== undefined && logOf(scratch)}
        reverse_proxy ${upstream} {
            ${requestHeaders(settings, {
              set: (secret) => `header_up ${HANDSHAKE_HEADER} ${quote(secret, 'handshake')}`,
              comment: '# Clients must not set these.',
              remove: (name) => `header_up -${name}`,
              overwritten: FORWARDED,
            })}
            # Caddy would request gzip on behalf of clients that do not, and then take the response for uncompressed.
            transport http {
                compression off
            }

            ${files.map((each, index) => [filesOf(each, index), ''])}
            ${hideControlHeaders((name) => `header_down -${name}`)}
        }
        # Caddy's own errors would look like the file, and be kept as long. Put error pages here, too.
        handle_errors {
            header {
                ${['Cache-Control', ...FILE_HEADERS].map((name) => `-${name}`)}
            }
        }
    }
  `;
}

function logOf(scratch: string): Lines {
  return lines`
    log {
        output file ${quote(`${scratch}/access.log`, 'scratch')}
    }
  `;
}

function filesOf({ root, location }: FilesSettings, index: number): Lines {
  const prefix = location.slice(0, -1);
  const matcher = index === 0 ? '@xsendfile' : `@xsendfile_${index + 1}`;
  return lines`
    ${matcher} header ${HEADER} ${prefix === '' ? '/*' : quote(`${location}*`, 'location')}
    handle_response ${matcher} {
        root * ${quote(root, 'root')}
        copy_response_headers {
            exclude ${CONTROL_HEADERS.join(' ')} ${NOT_COPIED}
        }
        # "uri replace" decodes what it puts in; "rewrite" alone does not.
        rewrite * /-xsendfile-
        uri replace /-xsendfile- {rp.header.${HEADER}} 1
        ${prefix !== '' && `uri strip_prefix ${quote(prefix, 'location')}`}
        file_server
    }
  `;
}

/**
 * Quotes a string: between backticks everything is as it is; between quotation marks a backslash before one
 * goes. Braces would be placeholders.
 *
 * @throws {@link BadOptionError} for what neither can hold.
 */
function quote(text: string, option: string): string {
  // Read before anything else, quoted or not.
  if (text.includes('{$')) throw unwritable(text, option, 'with "{$"');
  const escaped = text.replace(/[{}]/g, '\\$&');
  if (!escaped.includes('`')) return /^[\w./:-]+$/.test(escaped) ? escaped : `\`${escaped}\``;
  if (!/\\(?:"|$)/.test(escaped)) return `"${escaped.replaceAll('"', '\\"')}"`;
  throw unwritable(text, option, 'with a backtick and a backslash before a quotation mark');
}
