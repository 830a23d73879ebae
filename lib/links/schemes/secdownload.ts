import { createHash, createHmac } from 'node:crypto';
import { show } from '../../shared/option-checks.js';
import { Option } from '../../shared/option-reader.js';
import type { TokenConfiguration, TokenScheme } from '../types.js';
import { signingTimeScheme } from './signing-time.js';

type Sign = (key: Buffer, path: string, time: string) => string;

/** The HMAC covers the visible part of the link: a slash, the time, and the path with its slash. */
const hmac =
  (hash: string): Sign =>
  (key, path, time) =>
    createHmac(hash, key).update(`/${time}/${path}`).digest('base64url');

const ALGORITHMS = {
  md5: {
    token: /^([0-9a-f]{32})\/([0-9a-f]{8})$/i,
    sign: (key: Buffer, path: string, time: string) =>
      createHash('md5').update(key).update(`/${path}${time}`).digest('hex'),
  },
  'hmac-sha1': { token: /^([\w-]{27})\/([0-9a-f]{8})$/i, sign: hmac('sha1') },
  'hmac-sha256': { token: /^([\w-]{43})\/([0-9a-f]{8})$/i, sign: hmac('sha256') },
} as const;

/**
 * Creates the scheme of lighttpd's mod_secdownload (until 1.4.67): `/<mac>/<time>/<path>`.
 *
 * @throws {@link BadOptionError} for any other algorithm.
 */
export function secdownloadScheme(config: TokenConfiguration, caller: string): TokenScheme {
  const { algorithm = 'hmac-sha256', timeout } = config;
  if (typeof algorithm !== 'string' || !Object.hasOwn(ALGORITHMS, algorithm)) {
    throw new Option(caller, 'algorithm').error(
      `algorithm of scheme 'secdownload' must be 'md5', 'hmac-sha1' or 'hmac-sha256', got ${show(algorithm)}.`,
    );
  }
  return signingTimeScheme({
    name: 'secdownload',
    separator: '/',
    // Like lighttpd, accepts hexadecimal digits in upper and lower case.
    ignoresCase: algorithm === 'md5',
    timeout,
    ...ALGORITHMS[algorithm as keyof typeof ALGORITHMS],
  });
}
