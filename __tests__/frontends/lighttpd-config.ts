import type { FrontEnd } from '../helpers/front-end-server.js';

/** lighttpd 1.4 with mod_proxy; mod_setenv gives and overwrites the request header. */
export const lighttpd: FrontEnd = {
  name: 'lighttpd',
  args: (configFile) => ['-D', '-f', configFile],
  configure: ({ scratch, root, port, backendPort, handshake, user }) => `
server.modules = ( "mod_setenv", "mod_proxy" )
server.document-root = "${scratch}"
server.bind = "127.0.0.1"
server.port = ${port}
server.upload-dirs = ( "${scratch}" )
# Else it cuts a file that has grown within the last second to its old size.
server.stat-cache-engine = "disable"
server.max-keep-alive-requests = 10000
${user === undefined ? '' : `server.username = "${user}"\nserver.groupname = "${user}"`}

setenv.set-request-header = ( "X-Sendfile-Handshake" => "${handshake}" )

proxy.server = ( "" => ((
  "host" => "127.0.0.1",
  "port" => ${backendPort},
  "x-sendfile" => "enable",
  # Without it, lighttpd sends any file that it can read.
  "x-sendfile-docroot" => ( "${root}" )
)))
`,
};
