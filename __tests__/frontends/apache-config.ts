import type { FrontEnd } from '../helpers/front-end-server.js';

const MODULES = '/usr/lib/apache2/modules';

/**
 * Apache httpd with mod_xsendfile as Debian and Ubuntu have it.
 *
 * Without the usual "Header unset X-Sendfile" for answers other than 200: the tests are to see a leak.
 */
export const apache: FrontEnd = {
  name: 'apache',
  args: (configFile) => ['-DFOREGROUND', '-f', configFile],
  configure: ({ scratch, root, port, backendPort, handshake, user }) => `
ServerRoot "${scratch}"
ServerName localhost
Listen 127.0.0.1:${port}
PidFile "${scratch}/apache.pid"
DefaultRuntimeDir "${scratch}"
ErrorLog /dev/stderr
LogLevel error

LoadModule mpm_event_module ${MODULES}/mod_mpm_event.so
LoadModule authz_core_module ${MODULES}/mod_authz_core.so
LoadModule proxy_module ${MODULES}/mod_proxy.so
LoadModule proxy_http_module ${MODULES}/mod_proxy_http.so
LoadModule headers_module ${MODULES}/mod_headers.so
LoadModule xsendfile_module ${MODULES}/mod_xsendfile.so

${user === undefined ? '' : `User ${user}\nGroup ${user}`}
StartServers 1
KeepAlive On
MaxKeepAliveRequests 0

# Both together let the path arrive as the client wrote it.
AllowEncodedSlashes NoDecode
ProxyPass / http://127.0.0.1:${backendPort}/ nocanon
ProxyPassReverse / http://127.0.0.1:${backendPort}/
ProxyPreserveHost On
RequestHeader set X-Sendfile-Handshake ${handshake}

XSendFile On
XSendFilePath "${root}"
`,
};
