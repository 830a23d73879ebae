import { createHash, getHashes } from 'node:crypto';
import { show } from '../../shared/option-checks.js';
import { Option } from '../../shared/option-reader.js';
import { formatPath } from '../../shared/url-path.js';
import { formatHexTime } from '../time.js';
import type { TokenConfiguration, TokenScheme } from '../types.js';

const TOKEN = /^(\w+)-([0-9a-f]{8})$/;

/**
 * Creates the scheme of wsgi-xsendfile: `/<hex digest>-<time>/<path>`, signed `H(secret + path + time)`.
 *
 * @throws {@link BadOptionError} for a hash that `node:crypto` does not support.
 */
export function wsgiXsendfileScheme(config: TokenConfiguration, caller: string): TokenScheme {
  const { algorithm = 'md5', timeout } = config;
  const hash =
    typeof algorithm === 'function' ? ownHash(algorithm) : builtInHash(algorithm, caller);

  function sign(key: Buffer, segments: readonly string[], time: string): string {
    return hash(Buffer.concat([key, Buffer.from(segments.join('/') + time)]));
  }

  return {
    name: 'wsgi-xsendfile',
    carries: [],

    format({ segments, now }, key) {
      const time = formatHexTime(now);
      return formatPath([`${sign(key, segments, time)}-${time}`, ...segments]);
    },

    parse({ segments: [token = '', ...segments] }) {
      const [, mac, time] = TOKEN.exec(token) ?? [];
      if (mac === undefined || time === undefined || segments.length === 0) return undefined;
      const made = Number.parseInt(time, 16);
      return {
        mac,
        expectedMac: (key) => sign(key, segments, time),
        segments,
        made,
        expires: made + timeout,
        claims: {},
      };
    },
  };
}

type Hash = (text: Buffer) => string;

function builtInHash(algorithm: string, caller: string): Hash {
  if (!getHashes().some((name) => name.toLowerCase() === algorithm.toLowerCase())) {
    throw new Option(caller, 'algorithm').error(
      `algorithm of scheme 'wsgi-xsendfile' must be a function or a hash of crypto.getHashes(), got ${show(algorithm)}.`,
    );
  }
  return (text) => createHash(algorithm).update(text).digest('hex');
}

function ownHash(algorithm: (text: string) => string): Hash {
  return (text) => {
    const digest: unknown = algorithm(text.toString());
    if (typeof digest !== 'string') {
      throw new TypeError(`xsendfile: options.algorithm returned ${show(digest)}, not a string.`);
    }
    return digest;
  };
}
