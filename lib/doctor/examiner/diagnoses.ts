/**
 * Meaning of a diagnosis code. Placeholders such as `{server}` are filled in by `diagnose()`.
 */
export interface Description {
  /** The same for every system. */
  readonly means: string;
  /** What this system did. @default the list or the response that the check gives, if any */
  readonly seen?: string;
  /** For servers without a separate fix, and for unknown ones. */
  readonly fix: string;
  /** It works, but the owner should know. @default false */
  readonly isWarning?: boolean;
}

const BOTH_SLASHES =
  'End both with a slash: "location ^~ {location} { internal; alias \'{root}/\'; {restored} }".';
const CONTENT_LENGTH =
  'Find the middleware or sender that sets Content-Length to the size of the file (it has to be 0)';

/** Everything that can be wrong, by its code. */
export const DIAGNOSES = {
  'remote-unreadable': {
    means: 'the application cannot read the object that the probe was given',
    fix: 'Presign an object that exists, below an origin of remoteRoot(); docs/errors.md explains the code.',
  },
  'remote-open': {
    means: 'clients reach the internal location of a store: they can send it requests',
    fix: 'Put "internal;" into that location. xsendfile config nginx --remote <origin> writes it.',
  },
  'remote-leaks': {
    means: 'clients see headers of the store, or of the front end',
    fix: 'Hide each of them in the location of the store: the option hideHeaders of remotes, or "proxy_hide_header <name>;".',
  },
  'remote-differs': {
    means: 'clients do not get the object as the application sends it',
    fix: 'Compare the location of the store with: xsendfile config nginx --remote <origin>. It passes the path and query on byte for byte, and keeps Content-Type and Content-Disposition of the application.',
  },
  'no-front-end': {
    means: 'the application itself responds: there is no front end',
    seen: 'clients get {answer}{leaks}',
    fix: "Give the public URL, where the front end listens; if there is to be none, use sender: 'serve'.",
  },
  'handshake-wrong': {
    means:
      'X-Sendfile-Handshake arrives with a wrong secret: the application sends the files itself',
    fix: "Give both sides the same secret: the option handshake, and the front end's configuration. {config} --handshake-file <file>",
  },
  'handshake-missing': {
    means: 'no X-Sendfile-Handshake arrives: the application sends the files itself',
    fix: "Let the front end set that request header to the application's secret, and let no proxy on the way remove it. {config} --handshake-file <file>",
  },
  'wrong-sender': {
    means: 'the sender is for another server than the front end',
    seen: "{server} gets {forced}, of sender '{sender}'",
    fix: "Use sender: '{server}'. If another server is to send the files, put it between {server} and the application.",
  },
  'not-passed-on': {
    means: 'the front end responds without passing the request on to the application',
    fix: 'Let no location for extensions, such as "location ~ \\.txt$", take precedence over that of the application; keep caches away from it; and allow long paths (nginx: large_client_header_buffers; Apache: LimitRequestLine).',
  },
  'location-absent': {
    means: 'the front end lacks the internal location, and requests it from the application',
    seen: '{location}, {answer}',
    fix: 'Add "location ^~ {location} { internal; alias \'{root}/\'; {restored} }", or give the sender the location that exists.',
  },
  'header-not-honoured': {
    means: 'the front end does not honour the header: its module is missing or switched off',
    seen: 'clients get {answer}{leaks}',
    fix: 'Switch it on in the front end. {config}',
  },
  'header-stripped': {
    means: 'the header is removed before it is honoured: clients get an empty file',
    seen: 'the application sent {forced}',
    fix: "Let every proxy between the application and the server that sends the files pass that header, and check the front end's own configuration. {config}",
  },
  'wrong-encoding': {
    means: 'the front end decodes the path differently from how the application encodes it',
    fix: 'Use the sender that is named after the front end, without options for its encoding.',
  },
  unreadable: {
    means: 'the front end may not read the file that the application found',
    seen: '{answer}{closed}',
    fix: "Let the front end's user enter all directories and read the files: add it to their group and chmod -R g+rX, or chmod -R o+rX '{root}' (and o+x on every directory above it).",
  },
  'alias-slash-missing': {
    means: 'the alias of the internal location has no slash at its end',
    seen: '{location}',
    fix: BOTH_SLASHES,
  },
  'wrong-root': {
    means: 'the front end looks up files in another directory, or may not send from this one',
    seen: '{answer} for {forced}, which the application found below {root}',
    fix: 'Let the configuration of the front end name {root}; in a container, the path there.',
  },
  'bad-gateway': {
    means: 'the front end fails when it is to send the file',
    seen: '{answer} for {forced}',
    fix: 'See its error log: response headers too big for its buffers, or an internal location that leads back to the application. {config}',
  },
  stalled: {
    means: 'the response does not come to its end',
    fix: `${CONTENT_LENGTH}, or a limit or timeout in a proxy; see the error log of the front end.`,
  },
  'wrong-bytes': {
    means: 'what arrives is not the file',
    seen: '{answer}, Content-Length {length}',
    fix: 'Find compression, caches and body filters on the way, or a location that responds instead of the application.',
  },
  'buffer-too-small': {
    means: 'a long path exceeds a buffer of the front end',
    seen: '{answer} for {size} bytes',
    fix: 'Make room for the response headers of the application (nginx: "proxy_buffer_size 16k; proxy_buffers 8 16k;"). {config}',
  },
  'long-path-lost': {
    means: 'a file with the longest possible path does not arrive',
    fix: 'Find what cuts headers on the way, or a longer path at the front end. {config}',
  },
  'unreadable-new-files': {
    means: 'the front end cannot read files that the application writes with its umask',
    fix: "Start the application with umask 027 and the front end's group on the directory (chmod g+s), or with umask 022. If it writes no files there, ignore this.",
  },
  'head-differs': {
    means: 'the response to HEAD differs from that to GET',
    seen: '{answer}, Content-Length {length}',
    fix: 'Let the front end pass HEAD on unchanged, and no cache turn it into GET.',
  },
  'no-ranges': {
    means: 'ranges are not honoured, so downloads cannot be resumed',
    seen: '{answer}, Content-Range {range}',
    fix: 'Let every proxy pass Range and Content-Range, switch compression off for downloads, and remove "max_ranges 0;" (nginx).',
  },
  'if-range-ignored': {
    means: 'If-Range is not honoured',
    fix: 'Let every proxy pass If-Range and ETag unchanged. Resumed downloads may mix two versions of a file otherwise.',
  },
  'conditions-ignored': {
    means: 'clients that have the file get it again',
    seen: '{answer} for If-None-Match',
    fix: 'Let every proxy pass If-None-Match and ETag unchanged.',
  },
  'all-not-modified': {
    means: 'clients that have another version get 304',
    fix: 'Leave out etag: false, and let no cache or proxy change ETag and If-None-Match.',
  },
  'headers-dropped': {
    means: 'headers of the application do not reach clients',
    fix: 'nginx: {addHeaders} in the internal location. Or find the proxy that removes them. {config}',
  },
  'errors-like-files': {
    isWarning: true,
    means:
      'errors of the front end have headers of the file: browsers keep them as long, or save them',
    fix: 'Let the front end remove {list} from its own errors.',
  },
  'same-etag-for-all': {
    means: 'every file has the ETag "0": clients that have one get 304 for another',
    fix: 'Let the application send an ETag: leave out etag: false, and remove "Header unset ETag" and "XSendFileIgnoreEtag".',
  },
  'validators-missing': {
    isWarning: true,
    means: 'clients cannot revalidate files',
    seen: '{list} missing',
    fix: 'Leave out etag: false and lastModified: false, and let no proxy remove ETag and Last-Modified; compression makes tags weak or removes them.',
  },
  'internal-missing': {
    means: 'clients can get files from the front end without the application',
    fix: 'Let no document root contain the files; nginx: put "internal;" into their location.',
  },
  'location-shared': {
    means:
      'handlers with different roots have the same location: clients of one get files of the other',
    seen: '{location}, also for {list}',
    fix: 'Give each handler its own location in its sender, and configure both.',
  },
  'location-slash-missing': {
    means: 'requests can leave the directory: the internal location has no slash at its end',
    seen: '{location}',
    fix: BOTH_SLASHES,
  },
  'any-file-sent': {
    means: 'the front end sends any file that the application names, also outside of the root',
    fix: 'Put "x-sendfile-docroot" => ( "{root}/" ) into the entry of proxy.server.',
  },
  'steered-by-client': {
    means: 'control headers in requests change the response',
    fix: 'Let the front end remove them from requests, and overwrite X-Sendfile-Handshake instead of adding to it. {config}',
  },
  'steering-passed-on': {
    isWarning: true,
    means: 'control headers in requests reach the application (it ignores them; others may not)',
    fix: 'Let the front end remove them. {config}',
  },
  'address-passed-on': {
    isWarning: true,
    means: 'clients can claim another address: the application gets what they send',
    fix: 'Let the front end remove these headers from requests, and set X-Forwarded-For to the address of the connection. {config}',
  },
  'handshake-shown': {
    means: 'clients can read the handshake: the response to TRACE contains it',
    fix: 'Let the front end refuse TRACE. Then replace the handshake on both sides.',
  },
  'connection-broken': {
    means: 'responses on one connection get mixed up or break off',
    fix: `${CONTENT_LENGTH}, or sends a body to HEAD.`,
  },
  'no-keep-alive': {
    isWarning: true,
    means: 'every request needs its own connection, which makes many small files slow',
    fix: "Enable keep-alive in the front end's configuration.",
  },
  'path-changed': {
    means: 'the path of a request does not arrive as it was sent',
    fix: 'Let every proxy pass the path on byte for byte; names that need encoding may not be found otherwise.',
  },
  'path-respelt': {
    isWarning: true,
    means: 'the path of a request arrives in another spelling',
    fix: 'Let every proxy pass the path on byte for byte; names that need encoding may not be found otherwise.',
  },
  'no-handshake': {
    means: 'clients that bypass the front end get an empty file',
    seen: '{answer}{leaks}',
    fix: 'Give the application a handshake, and let the front end send it in X-Sendfile-Handshake.',
  },
  'direct-unreachable': {
    isWarning: true,
    means: 'the application cannot be reached directly',
    fix: 'If only the front end is to reach the application, this is right: leave out --direct.',
  },
} as const satisfies { readonly [code: string]: Description };

/** Name of a diagnosis. */
export type DiagnosisCode = keyof typeof DIAGNOSES;
