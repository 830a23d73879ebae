import { createFrontEndConfig, type FrontEndRemote } from '../../lib/frontends/index.js';
import { generated } from '../frontends/generated.js';
import { type RunningFrontEnd, startFrontEnd } from '../helpers/front-end-server.js';

export const HANDSHAKE = 'handshake-of-the-tests-of-remotes';

/** Starts nginx in front of an application, with the generated configuration for these stores. */
export function startNginx(
  remotes: readonly FrontEndRemote[],
  backendPort: number,
): Promise<RunningFrontEnd> {
  const frontEnd = {
    ...generated('nginx'),
    configure: ({
      scratch,
      user,
      port,
    }: {
      scratch: string;
      user: string | undefined;
      port: number;
    }) =>
      createFrontEndConfig('nginx', {
        remotes,
        scratch,
        user,
        handshake: HANDSHAKE,
        listen: `127.0.0.1:${port}`,
        upstream: `http://127.0.0.1:${backendPort}`,
      }),
  };
  return startFrontEnd(frontEnd, { root: '/srv', backendPort, handshake: HANDSHAKE });
}
