import { createHash } from 'node:crypto';
import type { TokenConfiguration, TokenScheme } from '../types.js';
import { signingTimeScheme } from './signing-time.js';

/**
 * Creates the scheme of Apache's mod_auth_token: `/<md5 hex>/<time>/<path>`, signed
 * `md5(secret + '/' + path + time [+ address])`.
 */
export function modAuthTokenScheme({ timeout, limitByIp }: TokenConfiguration): TokenScheme {
  return signingTimeScheme({
    name: 'mod-auth-token',
    // The module accepts both in upper and lower case.
    token: /^([0-9a-f]{32})\/([0-9a-f]{8})$/i,
    separator: '/',
    ignoresCase: true,
    signsAddress: limitByIp,
    timeout,
    sign: (key, path, time, address) =>
      createHash('md5').update(key).update(`/${path}${time}${address}`).digest('hex'),
  });
}
