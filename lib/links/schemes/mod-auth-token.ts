import { createHash } from 'node:crypto';
import { formatPath } from '../../shared/url-path.js';
import { formatHexTime } from '../time.js';
import type { TokenConfiguration, TokenScheme } from '../types.js';

/** The module accepts both in upper and lower case. */
const MAC = /^[0-9a-f]{32}$/i;
const TIME = /^[0-9a-f]{8}$/i;

/**
 * Creates the scheme of Apache's mod_auth_token: `/<md5 hex>/<time>/<path>`, signed
 * `md5(secret + '/' + path + time [+ address])`.
 */
export function modAuthTokenScheme({ timeout, limitByIp }: TokenConfiguration): TokenScheme {
  function sign(key: Buffer, segments: readonly string[], time: string, address: string): string {
    return createHash('md5')
      .update(key)
      .update(`/${segments.join('/')}${time}${address}`)
      .digest('hex');
  }

  return {
    name: 'mod-auth-token',
    carries: limitByIp ? ['ip'] : [],
    needsAddress: limitByIp,

    format({ segments, now, claims }, key) {
      const time = formatHexTime(now);
      const mac = sign(key, segments, time, claims.ip ?? '');
      return formatPath([mac, time, ...segments]);
    },

    parse({ segments: [mac = '', time = '', ...segments], clientAddress }) {
      if (!MAC.test(mac) || !TIME.test(time) || segments.length === 0) return undefined;
      const made = Number.parseInt(time, 16);
      const address = limitByIp ? String(clientAddress) : '';
      return {
        mac: mac.toLowerCase(),
        expectedMac: (key) => sign(key, segments, time, address),
        segments,
        made,
        expires: made + timeout,
        claims: {},
      };
    },
  };
}
