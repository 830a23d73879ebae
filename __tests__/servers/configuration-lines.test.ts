import {
  createFrontEndConfig,
  FRONT_END_SERVERS,
  type FrontEndConfigOptions,
  type FrontEndServer,
} from '../../lib/frontends/index.js';
import { GENERATORS, generateForCheck } from '../../lib/servers/generators.js';

const ROOT = { root: '/srv/files' } as const;
const PART = { ...ROOT, standalone: false } as const;
const SCRATCH = { ...ROOT, scratch: '/tmp/scratch' } as const;
const REPORTS = 'udp://127.0.0.1:5140';

/** The lines of one configuration that another does not have, without their indentation. */
function linesOnlyIn(text: string, other: string): string[] {
  const trim = (all: string): string[] => all.split('\n').map((line) => line.trim());
  const known = new Set(trim(other));
  return trim(text).filter((line) => !known.has(line));
}

type Options = FrontEndConfigOptions;
type Case = readonly [
  server: FrontEndServer,
  title: string,
  options: Options,
  compared: Options,
  added: readonly string[],
  removed: readonly string[],
];
const STORE = { origin: 'https://a.example' } as const;
const CASES: readonly Case[] = [
  [
    'nginx',
    'two locations of one root',
    { ...ROOT, location: ['/-a-/', '/-internal-/'] },
    ROOT,
    [
      '# nginx in front of an application with these handlers:',
      "#   xsendfile(root, { sender: nginxSender({ location: '/-a-/' }) })",
      "#   xsendfile(root, { sender: nginxSender({ location: '/-internal-/' }) })",
      '# The files: "X-Accel-Redirect: /-a-/..." leads here. Location and alias BOTH end with "/":',
      'location ^~ /-a-/ {',
    ],
    [
      "# nginx in front of an application with xsendfile(root, { sender: nginxSender({ location: '/-internal-/' }) }).",
    ],
  ],
  [
    'nginx',
    'only another location',
    { ...ROOT, location: '/-a-/' },
    ROOT,
    [
      "# nginx in front of an application with xsendfile(root, { sender: nginxSender({ location: '/-a-/' }) }).",
      '# The files: "X-Accel-Redirect: /-a-/..." leads here. Location and alias BOTH end with "/":',
      'location ^~ /-a-/ {',
    ],
    [
      "# nginx in front of an application with xsendfile(root, { sender: nginxSender({ location: '/-internal-/' }) }).",
      "# (/-internal-/ is the default: sender: 'nginx').",
      '# The files: "X-Accel-Redirect: /-internal-/..." leads here. Location and alias BOTH end with "/":',
      'location ^~ /-internal-/ {',
    ],
  ],
  [
    'nginx',
    'a part for port 80',
    PART,
    { ...PART, listen: '8080' },
    [
      'upstream xsendfile_80_127.0.0.1_3000 {',
      'listen 80;',
      'listen [::]:80;',
      'proxy_pass http://xsendfile_80_127.0.0.1_3000;',
    ],
    [
      'upstream xsendfile_8080_127.0.0.1_3000 {',
      'listen 8080;',
      'listen [::]:8080;',
      'proxy_pass http://xsendfile_8080_127.0.0.1_3000;',
    ],
  ],
  [
    'nginx',
    'a directory to write to',
    SCRATCH,
    ROOT,
    [
      '# Check: nginx -t -c this-file. Run: nginx -e stderr -c this-file (both with the whole path)',
      'daemon off;',
      'worker_processes 1;',
      'pid "/tmp/scratch/nginx.pid";',
      'error_log "/tmp/scratch/error.log" error;',
      'client_body_temp_path "/tmp/scratch/body";',
      'proxy_temp_path "/tmp/scratch/proxy";',
      'fastcgi_temp_path "/tmp/scratch/fastcgi";',
      'uwsgi_temp_path "/tmp/scratch/uwsgi";',
      'scgi_temp_path "/tmp/scratch/scgi";',
      "log_format sent '$request_method $request_uri, $status, $body_bytes_sent bytes';",
      'access_log "/tmp/scratch/access.log" sent;',
    ],
    [
      '# Check: nginx -t -c this-file. Run: nginx -c this-file (both with the whole path)',
      'user www-data www-data;',
      'worker_processes auto;',
      'pid /run/nginx.pid;',
      'error_log /var/log/nginx/error.log;',
    ],
  ],
  [
    'nginx',
    'a user',
    { ...ROOT, user: 'files' },
    ROOT,
    ['user files files;'],
    ['user www-data www-data;'],
  ],
  [
    'nginx',
    'a dollar sign in the root',
    { root: '/srv/$a' },
    ROOT,
    [
      '# nginx has no other way to write a dollar sign that does not begin a variable.',
      'geo $xsendfile_dollar {',
      'default "$";',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of nginx's.
      'alias "/srv/${xsendfile_dollar}a/";',
    ],
    ['alias "/srv/files/";'],
  ],
  [
    'nginx',
    'a dollar sign in the handshake',
    { ...ROOT, handshake: '$ixteen-letters!' },
    { ...ROOT, handshake: 'sixteen-letters!' },
    [
      '# nginx has no other way to write a dollar sign that does not begin a variable.',
      'geo $xsendfile_dollar {',
      'default "$";',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of nginx's.
      'proxy_set_header X-Sendfile-Handshake "${xsendfile_dollar}ixteen-letters!";',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of nginx's.
      'proxy_set_header X-Sendfile-Config "${xsendfile_dollar}ixteen-letters!";',
    ],
    [
      'proxy_set_header X-Sendfile-Handshake "sixteen-letters!";',
      'proxy_set_header X-Sendfile-Config "sixteen-letters!";',
    ],
  ],
  [
    'nginx',
    'reports with a directory to write to',
    { ...SCRATCH, reports: REPORTS },
    SCRATCH,
    [
      "log_format xsendfile_application_report 'xsendfile-delivery id=$xsendfile_download_id status=$status bytes=$body_bytes_sent length=$sent_http_content_length end=$request_completion range=$sent_http_content_range';",
      'set $xsendfile_download_id $upstream_http_x_sendfile_download_id;',
      '# Reports each download to the application.',
      'access_log syslog:server=127.0.0.1:5140,tag=xsendfile,nohostname xsendfile_application_report if=$xsendfile_download_id;',
      '# That replaces the logs from outside of this location: they are repeated here.',
    ],
    [],
  ],
  [
    'nginx',
    'reports of a part with a directory to write to',
    { ...SCRATCH, ...PART, reports: REPORTS },
    PART,
    [
      "log_format xsendfile_80_127.0.0.1_3000_report 'xsendfile-delivery id=$xsendfile_download_id status=$status bytes=$body_bytes_sent length=$sent_http_content_length end=$request_completion range=$sent_http_content_range';",
      'set $xsendfile_download_id $upstream_http_x_sendfile_download_id;',
      '# Reports each download to the application.',
      'access_log syslog:server=127.0.0.1:5140,tag=xsendfile,nohostname xsendfile_80_127.0.0.1_3000_report if=$xsendfile_download_id;',
      '# That replaces the logs from outside of this location: they are repeated here.',
      'access_log "/tmp/scratch/access.log" combined;',
    ],
    [],
  ],
  [
    'nginx',
    'a store with TLS',
    { remotes: [STORE] },
    { remotes: [{ origin: 'http://a.example' }] },
    [
      "#   remoteRoot({ origins: ['https://a.example'] }), nginxSender({ location: '/-remote-/' })",
      'server a.example:443;',
      '# Objects of https://a.example: "X-Sendfile-Remote" of the application has their path and query.',
      'location = "/-remote-/https/a.example" {',
      'proxy_pass https://xsendfile_application_remote_0$xsendfile_remote;',
      'proxy_ssl_server_name on;',
      'proxy_ssl_name "a.example";',
      'proxy_ssl_verify on;',
      'proxy_ssl_verify_depth 5;',
      'proxy_ssl_trusted_certificate "/etc/ssl/certs/ca-certificates.crt";',
    ],
    [
      "#   remoteRoot({ origins: ['http://a.example'] }), nginxSender({ location: '/-remote-/' })",
      'server a.example:80;',
      '# Objects of http://a.example: "X-Sendfile-Remote" of the application has their path and query.',
      'location = "/-remote-/http/a.example" {',
      'proxy_pass http://xsendfile_application_remote_0$xsendfile_remote;',
    ],
  ],
  [
    'nginx',
    'a DNS server for the store',
    { remotes: [{ ...STORE, resolver: '127.0.0.53' }] },
    { remotes: [STORE] },
    [
      'resolver 127.0.0.53 valid=30s;',
      'set $xsendfile_store a.example:443;',
      'proxy_pass https://$xsendfile_store$xsendfile_remote;',
    ],
    [
      'upstream xsendfile_application_remote_0 {',
      'server a.example:443;',
      'keepalive 32;',
      'proxy_pass https://xsendfile_application_remote_0$xsendfile_remote;',
    ],
  ],
  [
    'nginx',
    'a DNS server with a port',
    { remotes: [{ ...STORE, resolver: '[::1]:5353' }] },
    { remotes: [{ ...STORE, resolver: '127.0.0.53' }] },
    ['resolver [::1]:5353 valid=30s;'],
    ['resolver 127.0.0.53 valid=30s;'],
  ],
  [
    'nginx',
    'a location of the store',
    { remotes: [{ ...STORE, location: '/-%20-' }] },
    { remotes: [STORE] },
    [
      "#   remoteRoot({ origins: ['https://a.example'] }), nginxSender({ location: '/-%20-/' })",
      'location = "/- -/https/a.example" {',
    ],
    [
      "#   remoteRoot({ origins: ['https://a.example'] }), nginxSender({ location: '/-remote-/' })",
      'location = "/-remote-/https/a.example" {',
    ],
  ],
  [
    'nginx',
    'certificates of the store',
    { remotes: [{ ...STORE, trustedCertificates: '/etc/"$ca"' }] },
    { remotes: [STORE] },
    ['proxy_ssl_trusted_certificate "/etc/\\"$ca\\"";'],
    ['proxy_ssl_trusted_certificate "/etc/ssl/certs/ca-certificates.crt";'],
  ],
  [
    'nginx',
    'hidden headers of the store',
    { remotes: [{ ...STORE, hideHeaders: ['x-amz-meta-owner', 'LINK'] }] },
    { remotes: [STORE] },
    ['proxy_hide_header x-amz-meta-owner;'],
    [],
  ],
  [
    'nginx',
    'passed headers with a store',
    { remotes: [STORE], passHeaders: ['Repr-Digest'] },
    { remotes: [STORE] },
    [
      'set $xsendfile_repr_digest $upstream_http_repr_digest;',
      'proxy_hide_header Repr-Digest;',
      'add_header Repr-Digest $xsendfile_repr_digest;',
    ],
    [],
  ],
  [
    'nginx',
    'two stores',
    { remotes: [STORE, { origin: 'http://b.example:9000' }] },
    { remotes: [STORE] },
    [
      "#   remoteRoot({ origins: ['http://b.example:9000'] }), nginxSender({ location: '/-remote-/' })",
      'upstream xsendfile_application_remote_1 {',
      'server b.example:9000;',
      '# Objects of http://b.example:9000: "X-Sendfile-Remote" of the application has their path and query.',
      'location = "/-remote-/http/b.example:9000" {',
      'proxy_pass http://xsendfile_application_remote_1$xsendfile_remote;',
      'proxy_set_header Host "b.example:9000";',
    ],
    [],
  ],
  [
    'apache',
    'a part for port 80',
    PART,
    { ...PART, listen: '8080' },
    ['<VirtualHost *:80>'],
    ['Listen 8080', '<VirtualHost *:8080>'],
  ],
  [
    'apache',
    'a directory to write to',
    SCRATCH,
    ROOT,
    [
      'ServerRoot "/tmp/scratch"',
      'DefaultRuntimeDir "/tmp/scratch"',
      'PidFile "/tmp/scratch/apache2.pid"',
      'ErrorLog "/tmp/scratch/error.log"',
      'StartServers 1',
      '<IfModule !log_config_module>',
      'LoadModule log_config_module "/usr/lib/apache2/modules/mod_log_config.so"',
      'CustomLog "/tmp/scratch/access.log" "%r, %>s, %B bytes"',
    ],
    [
      'ServerRoot "/etc/apache2"',
      'DefaultRuntimeDir "/run"',
      'PidFile "/run/apache2.pid"',
      'ErrorLog "/var/log/apache2/error.log"',
      'User www-data',
      'Group www-data',
    ],
  ],
  ['apache', 'a group', { ...ROOT, group: 'web' }, ROOT, ['Group web'], ['Group www-data']],
  [
    'apache',
    'reports of a part',
    { ...PART, reports: REPORTS },
    PART,
    [
      '<IfModule !logio_module>',
      'LoadModule logio_module "/usr/lib/apache2/modules/mod_logio.so"',
      '</IfModule>',
      '# Reports each download to the application, in addition to all other logs.',
      'GlobalLog "|/usr/bin/logger --server 127.0.0.1 --port 5140 --udp --rfc3164 --tag xsendfile" "xsendfile-delivery id=%{xsendfile_download_id_80}n status=%>s bytes=%B sent=%O end=%X range=%{Content-Range}o" "expr=-n note(\'xsendfile_download_id_80\')"',
      '# Kept for the log.',
      'Header note X-Sendfile-Download-Id xsendfile_download_id_80',
    ],
    [],
  ],
  [
    'apache',
    'a variable in the root',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Apache's.
    { root: '/srv/${a}' },
    ROOT,
    [
      '# A dollar sign that does not begin a variable.',
      'Define XSENDFILE_DOLLAR $',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Apache's.
      'XSendFilePath "/srv/${XSENDFILE_DOLLAR}{a}"',
    ],
    ['XSendFilePath "/srv/files"'],
  ],
  [
    'apache',
    'neither dollar sign nor brace alone',
    { root: '/srv/$a{b' },
    ROOT,
    ['XSendFilePath "/srv/$a{b"'],
    ['XSendFilePath "/srv/files"'],
  ],
  [
    'apache',
    'a handshake with "expr=" inside',
    { ...ROOT, handshake: 'sixteen-expr=letters' },
    { ...ROOT, handshake: 'sixteen-letters!' },
    ['RequestHeader set X-Sendfile-Handshake "sixteen-expr=letters"'],
    ['RequestHeader set X-Sendfile-Handshake "sixteen-letters!"'],
  ],
  [
    'lighttpd',
    'a part for port 80',
    PART,
    { ...PART, listen: '8080' },
    [
      'server.stat-cache-engine = "disable"',
      'server.http-parseopts += ( "url-normalize" => "disable" )',
      'setenv.set-request-header += (',
      'setenv.set-response-header += (',
    ],
    [
      '# These two are for all sites. ":=" replaces what other files say, so that several of these can be',
      '# included: one for port 80 first.',
      'server.stat-cache-engine := "disable"',
      'server.http-parseopts := ( "url-normalize" => "disable" )',
      '$SERVER["socket"] == ":8080" {',
      'setenv.set-request-header = (',
      'setenv.set-response-header = (',
      '}',
    ],
  ],
  [
    'lighttpd',
    'a directory to write to',
    SCRATCH,
    ROOT,
    [
      'server.modules = ( "mod_accesslog", "mod_setenv", "mod_proxy" )',
      'server.document-root = "/tmp/scratch"',
      'server.upload-dirs = ( "/tmp/scratch" )',
      'server.errorlog = "/tmp/scratch/error.log"',
      'accesslog.filename = "/tmp/scratch/access.log"',
      'accesslog.format = "%r, %>s, %b bytes"',
    ],
    [
      'server.modules = ( "mod_setenv", "mod_proxy" )',
      'server.username = "www-data"',
      'server.groupname = "www-data"',
      'server.document-root = "/var/empty"',
      'server.upload-dirs = ( "/var/tmp" )',
      'server.errorlog = "/var/log/lighttpd/error.log"',
    ],
  ],
  ['lighttpd', 'a directory to write to for a part', { ...SCRATCH, ...PART }, PART, [], []],
  [
    'lighttpd',
    'reports of a part',
    { ...PART, reports: REPORTS },
    PART,
    [
      'server.modules += ( "mod_accesslog", "mod_setenv", "mod_proxy" )',
      '# Reports each download to the application. lighttpd has one access log: this replaces any other.',
      'accesslog.filename := "|/usr/bin/logger --server 127.0.0.1 --port 5140 --udp --rfc3164 --tag xsendfile"',
      'accesslog.format := "xsendfile-delivery id=%{X-LIGHTTPD-Download-Id}o status=%>s bytes=%b end=%X range=%{Content-Range}o"',
    ],
    ['server.modules += ( "mod_setenv", "mod_proxy" )'],
  ],
  [
    'lighttpd',
    'reports with a directory to write to',
    { ...SCRATCH, reports: REPORTS },
    SCRATCH,
    [
      '# Reports each download to the application. lighttpd has one access log: this replaces any other.',
      'accesslog.filename = "|/usr/bin/logger --server 127.0.0.1 --port 5140 --udp --rfc3164 --tag xsendfile"',
      'accesslog.format = "xsendfile-delivery id=%{X-LIGHTTPD-Download-Id}o status=%>s bytes=%b end=%X range=%{Content-Range}o"',
    ],
    ['accesslog.filename = "/tmp/scratch/access.log"', 'accesslog.format = "%r, %>s, %b bytes"'],
  ],
  [
    'caddy',
    'a part',
    PART,
    ROOT,
    [],
    [
      '{',
      'admin off',
      '# Without TLS. With a name instead of the address below, Caddy obtains a certificate.',
      'auto_https off',
    ],
  ],
  [
    'caddy',
    'a directory to write to',
    SCRATCH,
    ROOT,
    ['log {', 'output file /tmp/scratch/access.log'],
    [],
  ],
  [
    'caddy',
    'quotation marks and backticks in the root',
    { root: '/srv/"`\\a' },
    ROOT,
    ['root * "/srv/\\"`\\a"'],
    ['root * /srv/files'],
  ],
  [
    'h2o',
    'a directory to write to',
    SCRATCH,
    ROOT,
    [
      'num-threads: 1',
      'access-log:',
      'path: "/tmp/scratch/access.log"',
      'format: "%m %U%q, %s, %b bytes"',
      'error-log: "/tmp/scratch/error.log"',
      'port: "/tmp/scratch/xsendfile-files.internal.sock"',
    ],
    [
      'user: www-data',
      'error-log: "/var/log/h2o/error.log"',
      'port: "/run/xsendfile-files.internal.sock"',
    ],
  ],
  [
    'h2o',
    'an internal host with an address of IPv6',
    { ...ROOT, location: 'http://[fd00::1]:81/' },
    ROOT,
    [
      "# h2o 2 in front of an application with xsendfile(root, { sender: h2oSender({ location: 'http://[fd00::1]:81/' }) }).",
      '"[fd00::1]:81":',
      'port: "/run/xsendfile-[fd00::1].sock"',
    ],
    [
      "# h2o 2 in front of an application with xsendfile(root, { sender: 'h2o' }).",
      '"files.internal:81":',
      'port: "/run/xsendfile-files.internal.sock"',
    ],
  ],
  [
    'h2o',
    'another embedding',
    { ...ROOT, embedding: 'same-origin' },
    ROOT,
    ['header.set: "Cross-Origin-Resource-Policy: same-origin"'],
    ['header.set: "Cross-Origin-Resource-Policy: same-site"'],
  ],
];

describe('createFrontEndConfig(server, options)', () => {
  it.each(CASES)('%s: %s', (server, _title, options, compared, added, removed) => {
    const text = createFrontEndConfig(server, options);
    const other = createFrontEndConfig(server, compared);
    expect([linesOnlyIn(text, other), linesOnlyIn(other, text)]).toEqual([added, removed]);
  });
});

describe("the server's own check of a configuration", () => {
  const CHECKS: readonly [FrontEndServer, string[], string[], string | undefined][] = [
    ['nginx', ['nginx'], ['-t', '-p', '/tmp/scratch', '-c', 'a.conf'], 'syntax is ok'],
    ['apache', ['apache2', 'httpd'], ['-t', '-f', 'a.conf'], undefined],
    ['lighttpd', ['lighttpd'], ['-tt', '-f', 'a.conf'], undefined],
    ['caddy', ['caddy'], ['validate', '--adapter', 'caddyfile', '--config', 'a.conf'], undefined],
    ['h2o', ['h2o'], ['-t', '-c', 'a.conf'], undefined],
  ];

  it.each(CHECKS)('of %s', (server, programs, args, accepted) => {
    const { check } = GENERATORS[server];
    expect([check.programs, check.accepted]).toEqual([programs, accepted]);
    expect(check.args('a.conf', '/tmp/scratch')).toEqual(args);
  });

  it.each(FRONT_END_SERVERS)('of %s is for a whole configuration, as it is', (server) => {
    const text = createFrontEndConfig(server, { ...SCRATCH, user: 'www-data' });
    expect(generateForCheck(server, ROOT, '/tmp/scratch')).toBe(text);
  });

  /** The first line of each server's own part. */
  const FIRST = {
    nginx: 'user www-data www-data;',
    apache: 'ServerRoot "/tmp/scratch"',
    lighttpd: 'server.bind = ""',
    caddy: '{',
    h2o: 'user: www-data',
  };

  it.each(FRONT_END_SERVERS)('of %s is for a part, with all that the server needs', (server) => {
    const listen = '8080';
    const part = createFrontEndConfig(server, { ...PART, listen });
    const whole = createFrontEndConfig(server, { ...SCRATCH, user: 'www-data', listen });
    const text = generateForCheck(server, { ...PART, listen }, '/tmp/scratch');
    expect(text.split('\n')[0]).toBe(FIRST[server]);
    expect(linesOnlyIn(part, text)).toEqual([]);
    expect(linesOnlyIn(linesOnlyIn(text, part).join('\n'), whole)).toEqual([]);
    if (server !== 'nginx') expect(text.trimEnd().endsWith(part.trimEnd())).toBe(true);
  });
});

it('a configuration for stores is for files, too, if there is a root', () => {
  const both = createFrontEndConfig('nginx', { ...ROOT, remotes: [STORE] });
  const stores = createFrontEndConfig('nginx', { remotes: [STORE] });
  const files = createFrontEndConfig('nginx', ROOT);
  expect(linesOnlyIn(files, both)).toEqual([]);
  expect(linesOnlyIn(stores, both)).toEqual([
    '# nginx in front of an application with these handlers:',
  ]);
  expect(both).toContain('alias "/srv/files/";');
  expect(stores).not.toContain('alias ');
});
