import { createHash } from 'node:crypto';
import { decodePercent, formatPath } from '../../shared/path-encoding.js';
import type { TokenConfiguration, TokenScheme } from '../types.js';

const MAC = /^[\w-]{22}$/;
const EXPIRES = /^[0-9]{1,10}$/;

/**
 * Creates the scheme of nginx's secure_link: `/<path>?md5=<base64url>&expires=<seconds>`, signed
 * `md5(expires + uri [+ address] + ' ' + secret)`, where `uri` is the decoded path including the mount
 * path: `secure_link_md5 "$secure_link_expires$uri SECRET"`.
 */
export function secureLinkScheme(config: TokenConfiguration): TokenScheme {
  const { mountPath, queryArguments, limitByIp } = config;

  function sign(
    key: Buffer,
    segments: readonly string[],
    expires: string,
    address: string,
  ): string {
    return createHash('md5')
      .update(`${expires}${mountPath}/${segments.join('/')}${address} `)
      .update(key)
      .digest('base64url');
  }

  return {
    name: 'secure-link',
    carries: limitByIp ? ['expiresIn', 'expires', 'ip'] : ['expiresIn', 'expires'],
    needsAddress: limitByIp,

    format({ segments, expires, claims }, key) {
      const time = String(expires);
      const mac = sign(key, segments, time, claims.ip ?? '');
      const { mac: macName, expires: expiresName } = queryArguments;
      return `${formatPath(segments)}?${macName}=${mac}&${expiresName}=${time}`;
    },

    parse({ segments, query, clientAddress }) {
      const mac = onlyArgument(query, queryArguments.mac);
      const time = onlyArgument(query, queryArguments.expires);
      if (mac === undefined || time === undefined) return undefined;
      if (!MAC.test(mac) || !EXPIRES.test(time)) return undefined;
      const address = limitByIp ? String(clientAddress) : '';
      return {
        mac,
        expectedMac: (key) => sign(key, segments, time, address),
        segments,
        expires: Number(time),
        claims: {},
      };
    },
  };
}

/** Returns the value of an argument that occurs exactly once: parsers differ on which of two they use. */
function onlyArgument(query: string, name: string): string | undefined {
  const [value, ...others] = query
    .split('&')
    .filter((argument) => argument.startsWith(`${name}=`))
    .map((argument) => argument.slice(name.length + 1));
  if (value === undefined || others.length > 0) return undefined;
  // Some URL encoders write `%2D` and `%5F` for characters of the signature.
  return decodePercent(value) ?? value;
}
