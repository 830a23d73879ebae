import { type AuthTokenOptions, authToken, type Outcome } from '../../../lib/index.js';
import { type LimitUsesOptions, limitUses } from '../../../lib/uses/index.js';
import { type Fixture, listenWith } from '../../helpers/check.js';
import type { RawRequest, RawResponse } from '../../helpers/raw-request.js';

export const SECRET = 'a secret of more than sixteen bytes';

/** A handler for links whose uses are counted, and a way to ask it as one client or another. */
export interface LinkSite extends Fixture {
  sign(
    path: string,
    claims?: Parameters<ReturnType<typeof authToken>['signer']['sign']>[1],
  ): string;
  /** The status of a request of this client. */
  ask(client: string, target: string, request?: Omit<RawRequest, 'target'>): Promise<number>;
  respond(
    client: string,
    target: string,
    request?: Omit<RawRequest, 'target'>,
  ): Promise<RawResponse>;
}

/** Serves `root` to clients with a link, each of which names itself in a header. */
export async function startLinkSite(
  root: string,
  options: AuthTokenOptions = {},
  limits: LimitUsesOptions = {},
): Promise<LinkSite> {
  const outcomes: Outcome[] = [];
  const handler = authToken(SECRET, root, {
    allow: limitUses({ client: clientOf, ...limits }),
    onFinish: (outcome) => outcomes.push(outcome),
    ...options,
  });
  const fixture = await listenWith((req, res) => handler(req, res), outcomes);
  const respond: LinkSite['respond'] = (client, target, request = {}) =>
    fixture.request({ ...request, target, headers: { 'X-Client': client, ...request.headers } });
  return {
    ...fixture,
    sign: (path, claims = { uses: 1 }) => handler.signer.sign(path, { expiresIn: 3600, ...claims }),
    respond,
    ask: async (...request) => (await respond(...request)).status,
  };
}

/** What a client calls itself. */
export function clientOf({ headers }: { headers: NodeJS.Dict<string | string[]> }): string {
  return String(headers['x-client']);
}
