import { formatPath } from '../../shared/path-encoding.js';
import { formatHexTime } from '../time.js';
import type { TokenScheme } from '../types.js';

/** Differences between the schemes of links that contain their signing time. */
interface SigningTimeFormat {
  readonly name: string;
  /** Matches signature and time, in the first segment, or the first two if a slash is between them. */
  readonly token: RegExp;
  readonly separator: '/' | '-';
  /** Whether the signature is hexadecimal, in upper or lower case. @default false */
  readonly ignoresCase?: boolean;
  /** Whether the client's address is signed. @default false */
  readonly signsAddress?: boolean;
  /** Seconds for which links are valid. */
  readonly timeout: number;
  /** @param path - without a slash at its beginning. @param address - `''` if it is not signed */
  readonly sign: (key: Buffer, path: string, time: string, address: string) => string;
}

/** Creates a scheme of links `/<signature>/<time>/<path>` or `/<signature>-<time>/<path>`. */
export function signingTimeScheme(format: SigningTimeFormat): TokenScheme {
  const { name, token, separator, ignoresCase, signsAddress = false, timeout, sign } = format;
  const tokenLength = separator === '/' ? 2 : 1;

  return {
    name,
    carries: signsAddress ? ['ip'] : [],
    needsAddress: signsAddress,

    format({ segments, now, claims }, key) {
      const time = formatHexTime(now);
      const mac = sign(key, segments.join('/'), time, claims.ip ?? '');
      return formatPath([...(tokenLength === 2 ? [mac, time] : [`${mac}-${time}`]), ...segments]);
    },

    parse({ segments, clientAddress }) {
      const [, mac, time] = token.exec(segments.slice(0, tokenLength).join('/')) ?? [];
      const path = segments.slice(tokenLength);
      if (mac === undefined || time === undefined || path.length === 0) return undefined;
      const made = Number.parseInt(time, 16);
      const address = signsAddress ? String(clientAddress) : '';
      return {
        mac: ignoresCase === true ? mac.toLowerCase() : mac,
        expectedMac: (key) => sign(key, path.join('/'), time, address),
        segments: path,
        made,
        expires: made + timeout,
        claims: {},
      };
    },
  };
}
