import {
  DEFAULT_LOCATION,
  type FrontEndServer,
  HANDSHAKE_HEADER,
} from '../../protocol/control-headers.js';
import { describeAnswer, headerFor } from './answers.js';
import { headerOf } from './client.js';
import type { CheckId, Symptoms } from './findings.js';

/** From symptoms to a name and a cure; of a check's rules the first that fits is taken. */
export interface Rule {
  readonly name: string;
  readonly checks: readonly CheckId[];
  readonly when: (symptoms: Symptoms) => boolean;
  readonly says: (symptoms: Symptoms) => string;
  readonly cure: (symptoms: Symptoms) => string;
  /** Nothing is broken, but it should be known. */
  readonly isWarning?: boolean;
}

const always = (): boolean => true;

/** How each server is made to heed its header. */
const SWITCHES: { readonly [server in FrontEndServer]: string } = {
  nginx:
    'nginx heeds X-Accel-Redirect unless told not to: remove "proxy_ignore_headers X-Accel-Redirect" and "proxy_pass_header X-Accel-Redirect".',
  apache:
    'Load mod_xsendfile (Debian: apt-get install libapache2-mod-xsendfile; a2enmod xsendfile) and put "XSendFile On" and "XSendFilePath <root>" into the virtual host that passes requests on.',
  lighttpd:
    'Put "x-sendfile" => "enable" and "x-sendfile-docroot" => ( "<root>/" ) into the entry of proxy.server.',
  caddy:
    'Put "@xsendfile header X-Accel-Redirect *" and a "handle_response @xsendfile" with "file_server" into reverse_proxy.',
  h2o: 'Put "reproxy: ON" into the path that passes requests on.',
};

const GENERATE = (server: FrontEndServer | undefined): string =>
  `Compare with: xsendfile config ${server ?? '<server>'} --root <root>`;

const nameOf = ({ server }: Symptoms): string => server ?? 'the front end';
const statusIs = ({ exchange: { answer } }: Symptoms, ...statuses: number[]): boolean =>
  statuses.includes(answer.status);
const isOffloaded = ({ exchange: { account } }: Symptoms): boolean => account?.kind === 'offloaded';
const isEmpty = ({ exchange: { answer } }: Symptoms): boolean =>
  answer.status === 200 && answer.body.length === 0;
const told = ({ exchange: { account } }: Symptoms): string =>
  account?.header === undefined
    ? 'nothing'
    : `${account.header.name}: ${shown(account.header.value)}`;
const shown = (value: string): string => (value.length > 200 ? `${value.slice(0, 200)}…` : value);
const locationOf = ({ exchange: { account }, opened }: Symptoms): string => {
  const value = account?.header?.value ?? '';
  const at = value.indexOf(opened.directory);
  return at === -1 ? DEFAULT_LOCATION.nginx : value.slice(0, at);
};
const rootOf = ({ opened }: Symptoms): string => opened.root;
const answered = (symptoms: Symptoms): string => describeAnswer(symptoms.exchange.answer);

/** These hide a header that they do not heed: lighttpd always, Caddy with our configuration. */
const isSilent = ({ server }: Symptoms): boolean => server === 'lighttpd' || server === 'caddy';

/** Everything by which a file is asked for as any other. */
const FILES: readonly CheckId[] = ['download', 'large', 'names', 'long', 'written'];

export const RULES: readonly Rule[] = [
  {
    name: 'no-front-end',
    checks: ['handshake', 'download'],
    when: ({ isDirect }) => isDirect,
    says: ({ leaked }) =>
      leaked.length === 0
        ? 'this is the application itself: no front end is in between, and it sends everything by itself'
        : `this is the application itself: no front end is in between, so clients get an empty file and ${leaked.join(', ')}`,
    cure: () =>
      "Give the public URL, where the front end listens; or, if there is to be none, use sender: 'serve'.",
  },
  {
    name: 'handshake-wrong',
    checks: ['handshake'],
    when: ({ exchange: { account } }) => account?.handshake === true,
    says: () =>
      `${HANDSHAKE_HEADER} arrives, but it is not the application's secret, so the application sends everything by itself`,
    cure: ({ server }) =>
      `Give both sides the same secret: the option handshake, and the front end's configuration. ${GENERATE(server)} --handshake-file <file>`,
  },
  {
    name: 'handshake-missing',
    checks: ['handshake'],
    when: always,
    says: () => `no ${HANDSHAKE_HEADER} arrives, so the application sends everything by itself`,
    cure: ({ server }) =>
      `Let the front end set that request header to the application's secret, and let no proxy in between remove it. ${GENERATE(server)} --handshake-file <file>`,
  },
  {
    name: 'wrong-sender',
    checks: ['download'],
    when: (symptoms) => {
      const { server, exchange } = symptoms;
      const header = exchange.account?.header?.name.toLowerCase();
      return (
        server !== undefined &&
        header !== undefined &&
        isOffloaded(symptoms) &&
        header !== headerFor(server)
      );
    },
    says: (symptoms) =>
      `${nameOf(symptoms)} is in front, but the application speaks to another server: ${told(symptoms)} (sender '${symptoms.exchange.account?.sender}')`,
    cure: ({ server }) =>
      `Use sender: '${server}'. If another server is to send the files, it has to stand between ${server} and the application.`,
  },
  {
    name: 'not-passed-on',
    checks: FILES,
    when: ({ exchange: { account, answer } }) => account === undefined && answer.status !== 0,
    says: (symptoms) =>
      `${nameOf(symptoms)} has not passed the request on to the application, but answered it: ${answered(symptoms)}`,
    cure: (symptoms) =>
      symptoms.check === 'names' || symptoms.check === 'long'
        ? 'Let the path of requests arrive byte for byte, and allow long ones (nginx: large_client_header_buffers; Apache: LimitRequestLine).'
        : 'Let no location for certain extensions, such as "location ~ \\.txt$", come before that of the application, and keep caches away from it.',
  },
  {
    name: 'location-absent',
    checks: ['download'],
    when: ({ exchange: { strays } }) => strays.length > 0,
    says: (symptoms) =>
      `${nameOf(symptoms)} has no location ${locationOf(symptoms)}, and asked the application for it: ${answered(symptoms)}`,
    cure: (symptoms) =>
      `Add "location ^~ ${locationOf(symptoms)} { internal; alias ${rootOf(symptoms)}/; }", or give the sender the location that is there. ` +
      'A handler on a mount path without a location of its own puts that path before it: doctorProbe(files, { secret, mount }).',
  },
  {
    name: 'header-not-honoured',
    checks: ['download'],
    when: (symptoms) =>
      isOffloaded(symptoms) &&
      symptoms.exchange.answer.status < 400 &&
      (symptoms.leaked.length > 0 || (isEmpty(symptoms) && isSilent(symptoms))),
    says: (symptoms) =>
      symptoms.leaked.length > 0
        ? `${nameOf(symptoms)} does not heed the header: module missing or switched off. Clients get ${symptoms.exchange.answer.body.length} bytes and see ${symptoms.leaked.join(', ')}`
        : `${nameOf(symptoms)} does not heed the header: switched off, unless somebody removes it on the way. Clients get an empty file`,
    cure: ({ server }) =>
      `${server === undefined ? 'Switch it on in the front end.' : SWITCHES[server]} ${GENERATE(server)}`,
  },
  {
    name: 'header-stripped',
    checks: ['download'],
    when: (symptoms) => isOffloaded(symptoms) && isEmpty(symptoms),
    says: (symptoms) =>
      `the application said ${told(symptoms)}, but nobody acts on it, and it does not arrive here: a proxy in between, or the front end's own configuration, removes it. Clients get an empty file`,
    cure: ({ server }) =>
      `Let every proxy between the application and the server that sends the files pass that header. ${server === undefined ? '' : `${SWITCHES[server]} `}${GENERATE(server)}`,
  },
  {
    name: 'wrong-encoding',
    checks: ['download'],
    when: ({ helpsRecoding }) => helpsRecoding,
    says: (symptoms) =>
      `${nameOf(symptoms)} reads the path in another encoding than the application writes it: ${told(symptoms)}`,
    cure: encodingOf,
  },
  {
    name: 'unreadable',
    checks: ['download'],
    when: (symptoms) => {
      const { server, opened } = symptoms;
      // Apache says 404 and lighttpd 403 for what they cannot read and for what they may not send.
      const isAmbiguous = server === undefined || server === 'apache' || server === 'lighttpd';
      return isAmbiguous
        ? statusIs(symptoms, 403, 404) && opened.closedTo !== undefined
        : statusIs(symptoms, 403);
    },
    says: (symptoms) =>
      `the application found the file, ${nameOf(symptoms)} may not read it (${symptoms.exchange.answer.status})` +
      (symptoms.opened.closedTo === undefined
        ? ''
        : `: ${symptoms.opened.closedTo} is not open to other users`),
    cure: (symptoms) =>
      `Let the front end's user pass all directories and read the files: add it to their group and chmod -R g+rX, or chmod -R o+rX ${rootOf(symptoms)} (and o+x on every directory above it).`,
  },
  {
    name: 'alias-slash-missing',
    checks: ['download'],
    when: (symptoms) => statusIs(symptoms, 404) && symptoms.helpsDoubledSlash,
    says: (symptoms) =>
      `${nameOf(symptoms)} looks beside the directory: the alias of ${locationOf(symptoms)} has no slash at its end`,
    cure: (symptoms) =>
      `Both end with a slash: "location ^~ ${locationOf(symptoms)} { internal; alias ${rootOf(symptoms)}/; }".`,
  },
  {
    name: 'wrong-root',
    checks: ['download'],
    when: (symptoms) => isOffloaded(symptoms) && statusIs(symptoms, 403, 404),
    says: (symptoms) =>
      `the application found the file below ${rootOf(symptoms)}, ${nameOf(symptoms)} does not (${symptoms.exchange.answer.status}): it looks in another directory, or may not send from this one`,
    cure: (symptoms) =>
      `The application said ${told(symptoms)}. Let ${DOCROOTS[symptoms.server ?? 'nginx']} name ${rootOf(symptoms)}; ` +
      'where the front end sees the files under another path (containers), use its path there, and frontendRoot in the sender of Apache and lighttpd.',
  },
  {
    name: 'bad-gateway',
    checks: ['download'],
    when: (symptoms) => symptoms.exchange.answer.status >= 500,
    says: (symptoms) => `${nameOf(symptoms)} answers ${answered(symptoms)} to ${told(symptoms)}`,
    cure: ({ server }) =>
      `Its error log says why: an answer of the application too big for its buffers, or an internal location that leads back to the application. ${GENERATE(server)}`,
  },
  {
    name: 'stalled',
    checks: ['download', 'large'],
    when: ({ exchange: { answer } }) => answer.broken !== undefined,
    says: (symptoms) => `the download does not come to its end: ${answered(symptoms)}`,
    cure: () =>
      'Look for a middleware or a sender that sets Content-Length to the size of the file (it has to be 0), and for a limit or timeout in a proxy.',
  },
  {
    name: 'wrong-bytes',
    checks: ['download', 'large'],
    when: always,
    says: (symptoms) =>
      `what arrives is not the file: ${answered(symptoms)}, Content-Length ${headerOf(symptoms.exchange.answer, 'Content-Length') ?? 'missing'}`,
    cure: () =>
      'Look for compression, caches and body filters on the way, and for a location that answers in place of the application.',
  },
  {
    name: 'wrong-encoding',
    checks: ['names'],
    when: ({ exchange: { answer } }) => answer.status !== 0,
    says: (symptoms) =>
      `ordinary names work, these do not: ${symptoms.list.join(', ')}. The front end reads the path in another encoding than the application writes it`,
    cure: encodingOf,
  },
  {
    name: 'stalled',
    checks: ['names', 'written'],
    when: ({ exchange: { answer } }) => answer.status === 0,
    says: (symptoms) => answered(symptoms),
    cure: () => "Look into the front end's error log.",
  },
  {
    name: 'buffer-too-small',
    checks: ['long'],
    when: ({ exchange: { answer } }) => answer.status === 0 || answer.status >= 500,
    says: (symptoms) =>
      `a path of ${symptoms.exchange.account?.header?.value.length ?? 'thousands of'} bytes is too long for ${nameOf(symptoms)}: ${answered(symptoms)}`,
    cure: ({ server }) =>
      server === undefined || server === 'nginx'
        ? 'The head of the application\'s answer has to fit its buffer: "proxy_buffer_size 16k; proxy_buffers 8 16k;".'
        : `Give it more room for headers of the application. ${GENERATE(server)}`,
  },
  {
    name: 'long-path-lost',
    checks: ['long'],
    when: always,
    says: (symptoms) => `a path near the longest there is does not arrive: ${answered(symptoms)}`,
    cure: ({ server }) =>
      `Look for what cuts headers in between, and for a longer path at the front end. ${GENERATE(server)}`,
  },
  {
    name: 'unreadable-new-files',
    checks: ['written'],
    when: always,
    says: (symptoms) =>
      `files that the application writes now cannot be read by ${nameOf(symptoms)}: ${answered(symptoms)}`,
    cure: () =>
      "Start the application with umask 027 and the front end's group on the directory (chmod g+s), or with umask 022. If it writes no files there, there is nothing to do.",
  },
  {
    name: 'head-differs',
    checks: ['head'],
    when: always,
    says: (symptoms) =>
      `HEAD is answered differently from GET: ${answered(symptoms)}, Content-Length ${headerOf(symptoms.exchange.answer, 'Content-Length') ?? 'missing'}`,
    cure: () => 'Let the front end pass HEAD on as it is, and no cache turn it into GET.',
  },
  {
    name: 'no-ranges',
    checks: ['range', 'unsatisfiable'],
    when: always,
    says: (symptoms) =>
      `a ${symptoms.check === 'range' ? 'range' : 'range behind the end'} is answered with ${answered(symptoms)}, Content-Range ${headerOf(symptoms.exchange.answer, 'Content-Range') ?? 'missing'}`,
    cure: () =>
      'Let every proxy pass Range and Content-Range, and switch compression off for downloads; without ranges they cannot be resumed.',
  },
  {
    name: 'if-range-ignored',
    checks: ['ifRange'],
    when: always,
    says: ({ list }) => list.join('; '),
    cure: () =>
      'Let every proxy pass If-Range and ETag as they are. Resumed downloads may consist of two versions of a file otherwise.',
  },
  {
    name: 'same-etag-for-all',
    checks: ['validators'],
    when: ({ exchange: { answer } }) => /^"?0"?$/.test(headerOf(answer, 'ETag') ?? ''),
    says: () =>
      'Apache gives every file the ETag "0": each is "not modified" for whoever has another',
    cure: () =>
      'Let the application send an ETag: leave out etag: false, and remove "Header unset ETag" and "XSendFileIgnoreEtag".',
  },
  {
    name: 'all-not-modified',
    checks: ['notModified'],
    when: ({ list }) => list.length > 0,
    says: ({ list }) => list.join('; '),
    cure: () => 'Leave out etag: false, and let no cache or proxy change ETag and If-None-Match.',
  },
  {
    name: 'validators-missing',
    checks: ['validators'],
    when: always,
    isWarning: true,
    says: ({ list }) => list.join('; '),
    cure: () =>
      'Leave out etag: false and lastModified: false, and let no proxy remove ETag and Last-Modified; compression makes tags weak or removes them.',
  },
  {
    name: 'conditions-ignored',
    checks: ['notModified'],
    when: always,
    says: (symptoms) =>
      `whoever has the file already gets it again: If-None-Match is answered with ${answered(symptoms)}`,
    cure: () => 'Let every proxy pass If-None-Match and ETag as they are.',
  },
  {
    name: 'headers-dropped',
    checks: ['headers'],
    when: always,
    says: ({ list }) => `these headers of the application do not reach clients: ${list.join(', ')}`,
    cure: ({ server, list }) =>
      server === undefined || server === 'nginx'
        ? `In the internal location: ${list
            .map(
              (name) =>
                `add_header ${name} $upstream_http_${name.toLowerCase().replaceAll('-', '_')};`,
            )
            .join(' ')} (or a proxy in between removes them).`
        : server === 'caddy'
          ? 'Put "copy_response_headers" into handle_response.'
          : `Look for a proxy in between that removes them. ${GENERATE(server)}`,
  },
  {
    name: 'internal-missing',
    checks: ['location'],
    when: always,
    says: ({ list }) =>
      `clients can ask the front end for it without asking the application: ${list.join(', ')}`,
    cure: ({ server, exchange: { account } }) =>
      server === 'nginx' || (server === undefined && account?.header?.name === 'x-accel-redirect')
        ? 'Put "internal;" into the location of the files, and let no other root or alias lead there.'
        : server === 'h2o'
          ? 'Let the internal host listen on a Unix socket of its own (listen: { type: unix, … }).'
          : 'Let no document root contain the files.',
  },
  {
    name: 'location-slash-missing',
    checks: ['slash'],
    when: always,
    says: (symptoms) =>
      `${nameOf(symptoms)} can be led out of the directory: the location ${locationOf(symptoms).slice(0, -1)} has no slash at its end`,
    cure: (symptoms) =>
      `Both end with a slash: "location ^~ ${locationOf(symptoms)} { internal; alias ${rootOf(symptoms)}/; }".`,
  },
  {
    name: 'any-file-sent',
    checks: ['outside'],
    when: always,
    says: (symptoms) =>
      `${nameOf(symptoms)} sends files from outside of ${rootOf(symptoms)}, should the application name one`,
    cure: (symptoms) =>
      symptoms.server === 'apache'
        ? `Let XSendFilePath name no more than ${rootOf(symptoms)}.`
        : `Put "x-sendfile-docroot" => ( "${rootOf(symptoms)}/" ) into the entry of proxy.server.`,
  },
  {
    name: 'steered-by-client',
    checks: ['steering'],
    when: ({ list }) => list.length === 0,
    says: (symptoms) =>
      `control headers in a client's request change the answer: ${answered(symptoms)}`,
    cure: ({ server }) =>
      `Let the front end remove them from requests, and overwrite ${HANDSHAKE_HEADER} instead of adding to it. ${GENERATE(server)}`,
  },
  {
    name: 'steering-passed-on',
    checks: ['steering'],
    when: always,
    isWarning: true,
    says: ({ list }) =>
      `control headers in a client's request reach the application, which ignores them; other software may not: ${list.join(', ')}`,
    cure: ({ server }) => `Let the front end remove them. ${GENERATE(server)}`,
  },
  {
    name: 'connection-broken',
    checks: ['keepAlive'],
    when: ({ list }) => list.length > 0,
    says: ({ list }) => `answers on one connection get mixed up or break off: ${list.join(', ')}`,
    cure: () =>
      'Look for a middleware or a sender that sets Content-Length to the size of the file (it has to be 0), or sends a body to HEAD.',
  },
  {
    name: 'no-keep-alive',
    checks: ['keepAlive'],
    when: always,
    isWarning: true,
    says: () => 'every request needs a connection of its own',
    cure: () =>
      "Look for keep-alive in the front end's configuration; many small files will be slow.",
  },
  {
    name: 'path-changed',
    checks: ['target'],
    when: ({ list: [sent = '', arrived = ''] }) => decode(sent) !== decode(arrived),
    says: ({ list: [sent, arrived] }) =>
      `the path of a request does not arrive as it was sent: ${sent} became ${arrived ?? 'nothing'}`,
    cure: (symptoms) => PASS_PATHS[symptoms.server ?? 'h2o'],
  },
  {
    name: 'path-respelt',
    checks: ['target'],
    when: always,
    isWarning: true,
    says: ({ list: [sent, arrived] }) =>
      `the path of a request arrives in another spelling: ${sent} became ${arrived}`,
    cure: (symptoms) => PASS_PATHS[symptoms.server ?? 'h2o'],
  },
  {
    name: 'direct-unreachable',
    checks: ['direct'],
    when: ({ exchange: { answer } }) => answer.status === 0,
    isWarning: true,
    says: (symptoms) => answered(symptoms),
    cure: () =>
      'If nobody but the front end is to reach the application, leave out --direct: all is well.',
  },
  {
    name: 'no-handshake',
    checks: ['direct'],
    when: always,
    says: ({ leaked }) =>
      `whoever reaches the application without the front end gets an empty file and sees ${leaked.join(', ') || 'no reason for it'}`,
    cure: () =>
      `Give the application a handshake, and let the front end send it in ${HANDSHAKE_HEADER}.`,
  },
];

/** How each server is made to pass paths on as they are. */
const PASS_PATHS: { readonly [server in FrontEndServer]: string } = {
  nginx:
    'Write "proxy_pass http://application;" without anything behind the name, not even a slash.',
  apache: 'Add "nocanon" to ProxyPass, and "AllowEncodedSlashes NoDecode".',
  lighttpd: 'Add server.http-parseopts = ( "url-normalize" => "disable" ).',
  caddy: 'Rewrite nothing in front of reverse_proxy.',
  h2o: 'Let every proxy pass it on byte for byte; names that need encoding may not be found otherwise.',
};

function encodingOf({ server, exchange: { account } }: Symptoms): string {
  if (server === 'caddy') {
    return 'In handle_response, put the path in with "uri replace", which decodes it; "rewrite" alone does not.';
  }
  if (server === 'apache') {
    return account?.sender === 'apache'
      ? "mod_xsendfile 0.12 takes raw bytes: sender: 'apache'; 1.0 takes percent-encoded ones: apacheSender({ encoding: 'percent' })."
      : "Use sender: 'apache' (mod_xsendfile 0.12), or apacheSender({ encoding: 'percent' }) (1.0).";
  }
  return `Use sender: '${server ?? '<server>'}'.`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What says where each server looks. */
const DOCROOTS: { readonly [server in FrontEndServer]: string } = {
  nginx: 'the alias of the internal location',
  apache: 'XSendFilePath',
  lighttpd: '"x-sendfile-docroot"',
  caddy: '"root" in handle_response',
  h2o: 'file.dir of the internal host',
};
