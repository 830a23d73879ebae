import { createHash, createHmac } from 'node:crypto';
import { show } from '../../shared/option-checks.js';
import { Option } from '../../shared/option-reader.js';
import { formatPath } from '../../shared/url-path.js';
import { formatHexTime } from '../time.js';
import type { TokenConfiguration, TokenScheme } from '../types.js';

const TIME = /^[0-9a-f]{8}$/i;

interface Algorithm {
  readonly pattern: RegExp;
  readonly sign: (key: Buffer, path: string, time: string) => string;
}

/** The HMAC covers the visible part of the link: a slash, the time, and the path with its slash. */
const hmac =
  (hash: string) =>
  (key: Buffer, path: string, time: string): string =>
    createHmac(hash, key).update(`/${time}${path}`).digest('base64url');

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  md5: {
    pattern: /^[0-9a-f]{32}$/i,
    sign: (key, path, time) =>
      createHash('md5')
        .update(key)
        .update(path + time)
        .digest('hex'),
  },
  'hmac-sha1': { pattern: /^[\w-]{27}$/, sign: hmac('sha1') },
  'hmac-sha256': { pattern: /^[\w-]{43}$/, sign: hmac('sha256') },
};

/**
 * Creates the scheme of lighttpd's mod_secdownload (until 1.4.67): `/<mac>/<time>/<path>`.
 *
 * @throws {@link BadOptionError} for any other algorithm.
 */
export function secdownloadScheme(config: TokenConfiguration, caller: string): TokenScheme {
  const { algorithm: name = 'hmac-sha256', timeout } = config;
  const algorithm =
    typeof name === 'string' && Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
  if (algorithm === undefined) {
    throw new Option(caller, 'algorithm').error(
      `algorithm of scheme 'secdownload' must be 'md5', 'hmac-sha1' or 'hmac-sha256', got ${show(name)}.`,
    );
  }
  const { pattern, sign } = algorithm;

  return {
    name: 'secdownload',
    carries: [],

    format({ segments, now }, key) {
      const time = formatHexTime(now);
      const mac = sign(key, `/${segments.join('/')}`, time);
      return formatPath([mac, time, ...segments]);
    },

    parse({ segments: [mac = '', time = '', ...segments] }) {
      if (!pattern.test(mac) || !TIME.test(time) || segments.length === 0) return undefined;
      const made = Number.parseInt(time, 16);
      return {
        // Like lighttpd, accepts hexadecimal digits in upper and lower case.
        mac: name === 'md5' ? mac.toLowerCase() : mac,
        expectedMac: (key) => sign(key, `/${segments.join('/')}`, time),
        segments,
        made,
        expires: made + timeout,
        claims: {},
      };
    },
  };
}
