import { readFileSync } from 'node:fs';
import type { FrontEndName, Place } from '../helpers/front-end-server.js';

type System = Pick<Place, 'scratch' | 'port' | 'user'>;

const APACHE_MODULES = ['mpm_event', 'authz_core', 'headers', 'proxy', 'proxy_http', 'xsendfile'];

/** A system's own configuration, which includes generated parts. */
export function systemFile(
  name: FrontEndName,
  { scratch, port, user }: System,
  parts: readonly string[],
): string {
  const lines: { readonly [server in FrontEndName]: () => readonly string[] } = {
    nginx: () => [
      user === undefined ? '' : `user ${user};`,
      'daemon off;',
      `pid ${scratch}/nginx.pid;`,
      'error_log stderr error;',
      'events {}',
      'http {',
      ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (each) => `${each}_temp_path ${scratch}/${each};`,
      ),
      'access_log off;',
      ...parts.map((part) => `include ${part};`),
      '}',
    ],
    apache: () => [
      `ServerRoot ${scratch}`,
      'ServerName localhost',
      `DefaultRuntimeDir ${scratch}`,
      `PidFile ${scratch}/apache2.pid`,
      `ErrorLog ${scratch}/error.log`,
      ...(user === undefined ? [] : [`User ${user}`, `Group ${user}`]),
      ...APACHE_MODULES.map(
        (each) => `LoadModule ${each}_module /usr/lib/apache2/modules/mod_${each}.so`,
      ),
      ...parts.map((part) => `Include ${part}`),
    ],
    lighttpd: () => [
      `server.port = ${port}`,
      'server.bind = "127.0.0.1"',
      ...(user === undefined
        ? []
        : [`server.username = "${user}"`, `server.groupname = "${user}"`]),
      `server.document-root = "${scratch}"`,
      ...parts.map((part) => `include "${part}"`),
    ],
    caddy: () => [
      '{',
      '\tadmin off',
      '\tauto_https off',
      '}',
      ...parts.map((part) => `import ${part}`),
    ],
    h2o: () => [
      ...(user === undefined ? [] : [`user: ${user}`]),
      'num-threads: 1',
      'hosts:',
      ...parts.map((part) => readFileSync(part, 'utf8')),
    ],
  };
  return `${lines[name]().join('\n')}\n`;
}
