import { createFrontEndConfig, type FrontEndRemote } from '../../lib/frontends/index.js';
import type { FrontEnd, FrontEndName, Place } from '../helpers/front-end-server.js';

type Args = (configFile: string, place: Pick<Place, 'scratch'>) => readonly string[];

/** How each server is started in the foreground. */
const RUN: { readonly [server in FrontEndName]: Args } = {
  nginx: (configFile, { scratch }) => ['-p', scratch, '-e', 'stderr', '-c', configFile],
  apache: (configFile) => ['-DFOREGROUND', '-f', configFile],
  lighttpd: (configFile) => ['-D', '-f', configFile],
  caddy: (configFile) => ['run', '--adapter', 'caddyfile', '--config', configFile],
  h2o: (configFile) => ['-m', 'worker', '-c', configFile],
};

/** How each server checks a configuration without running. */
export const CHECK: { readonly [server in FrontEndName]: Args } = {
  nginx: (configFile, { scratch }) => ['-t', '-p', scratch, '-e', 'stderr', '-c', configFile],
  apache: (configFile) => ['-t', '-f', configFile],
  lighttpd: (configFile) => ['-tt', '-f', configFile],
  caddy: (configFile) => ['validate', '--adapter', 'caddyfile', '--config', configFile],
  h2o: (configFile) => ['-t', '-c', configFile],
};

const NGINX_LOCATIONS: string | readonly string[] = ['/-internal-/', '/docs/-internal-/'];

/**
 * A server with the configuration that the package generates for it. nginx has two internal
 * locations: the default, and the one of a handler on /docs whose sender prepends the mount path.
 */
export function generated(
  name: FrontEndName,
  location = name === 'nginx' ? NGINX_LOCATIONS : undefined,
  remotes: readonly FrontEndRemote[] = [],
): FrontEnd {
  return {
    name,
    args: RUN[name],
    configure: ({ root, scratch, port, backendPort, handshake, user }) =>
      createFrontEndConfig(name, {
        root,
        scratch,
        user,
        handshake,
        listen: `127.0.0.1:${port}`,
        upstream: `http://127.0.0.1:${backendPort}`,
        location,
        remotes,
      }),
  };
}
