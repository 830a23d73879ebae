import type { FrontEnd } from '../helpers/front-end-server.js';

/**
 * nginx with two internal locations: one that the sender names, and the default of a handler that
 * is mounted on /docs.
 *
 * Nothing here hides control headers from clients: the tests are to see a leak.
 */
export const nginx: FrontEnd = {
  name: 'nginx',
  args: (configFile, { scratch }) => ['-p', scratch, '-e', 'stderr', '-c', configFile],
  configure: ({ scratch, root, port, backendPort, handshake, user }) => `
daemon off;
${user === undefined ? '' : `user ${user};`}
worker_processes 1;
pid ${scratch}/nginx.pid;
error_log stderr error;

events {
  worker_connections 128;
}

http {
  access_log off;
  sendfile on;
  default_type application/octet-stream;

  # The compiled-in places are writable for root alone.
  client_body_temp_path ${scratch}/body;
  proxy_temp_path ${scratch}/proxy;
  fastcgi_temp_path ${scratch}/fastcgi;
  uwsgi_temp_path ${scratch}/uwsgi;
  scgi_temp_path ${scratch}/scgi;

  upstream application {
    server 127.0.0.1:${backendPort};
    keepalive 8;
  }

  server {
    listen 127.0.0.1:${port};
    keepalive_requests 10000;

    location / {
      # Without a URI part, so that the path arrives as the client wrote it.
      proxy_pass http://application;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Sendfile-Handshake ${handshake};
      # A path may have 4096 bytes, and three times as many characters when it is encoded.
      proxy_buffer_size 16k;
      proxy_buffers 8 16k;
    }

    ${internalLocation('/-internal-/', root)}
    ${internalLocation('/docs/-internal-/', root)}
  }
}
`,
};

function internalLocation(location: string, root: string): string {
  return `location ${location} {
      internal;
      alias "${root}/";
      # nginx forgets these headers of the application; an empty one is not sent.
      add_header X-Content-Type-Options $upstream_http_x_content_type_options;
      add_header Content-Security-Policy $upstream_http_content_security_policy;
      add_header Referrer-Policy $upstream_http_referrer_policy;
      add_header Vary $upstream_http_vary;
      add_header Content-Encoding $upstream_http_content_encoding;
    }`;
}
