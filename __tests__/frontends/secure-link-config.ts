import type { FrontEnd } from '../helpers/front-end-server.js';
import { LINK_SECRET } from './links.js';

/** A location of nginx that checks links. */
export interface SecureLinkLocation {
  /** Its path, decoded, without the slash at the end. */
  readonly mountPath: string;
  /** Names of the query arguments. */
  readonly queryArguments: { readonly mac: string; readonly expires: string };
  /** Whether the client's address is signed. */
  readonly limitByIp: boolean;
}

const USUAL = { mac: 'md5', expires: 'expires' };

export const locations: readonly SecureLinkLocation[] = [
  { mountPath: '/dl', queryArguments: USUAL, limitByIp: false },
  { mountPath: '/dl-ip', queryArguments: USUAL, limitByIp: true },
  { mountPath: '/dl-names', queryArguments: { mac: 'st', expires: 'e' }, limitByIp: false },
  { mountPath: '/téléchargés à 50%', queryArguments: USUAL, limitByIp: false },
];

/** nginx with the module secure_link, as its documentation says. */
export const nginxSecureLink: FrontEnd = {
  name: 'nginx',
  args: (configFile, { scratch }) => ['-p', scratch, '-e', 'stderr', '-c', configFile],
  configure: ({ scratch, root, port, user }) => `
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
  default_type application/octet-stream;

  client_body_temp_path ${scratch}/body;
  proxy_temp_path ${scratch}/proxy;
  fastcgi_temp_path ${scratch}/fastcgi;
  uwsgi_temp_path ${scratch}/uwsgi;
  scgi_temp_path ${scratch}/scgi;

  server {
    listen 127.0.0.1:${port};
    ${locations.map((location) => locationBlock(location, root)).join('')}
  }
}
`,
};

function locationBlock(
  { mountPath, queryArguments, limitByIp }: SecureLinkLocation,
  root: string,
): string {
  const { mac, expires } = queryArguments;
  return `
    location "${mountPath}/" {
      secure_link $arg_${mac},$arg_${expires};
      secure_link_md5 "$secure_link_expires$uri${limitByIp ? '$remote_addr' : ''} ${LINK_SECRET}";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 410; }
      alias "${root}/";
    }`;
}
