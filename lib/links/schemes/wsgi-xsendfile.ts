import { createHash, getHashes } from 'node:crypto';
import { show } from '../../shared/option-checks.js';
import { Option } from '../../shared/option-reader.js';
import type { TokenConfiguration, TokenScheme } from '../types.js';
import { signingTimeScheme } from './signing-time.js';

/**
 * Creates the scheme of wsgi-xsendfile: `/<hex digest>-<time>/<path>`, signed `H(secret + path + time)`.
 *
 * @throws {@link BadOptionError} for a hash that `node:crypto` does not support.
 */
export function wsgiXsendfileScheme(config: TokenConfiguration, caller: string): TokenScheme {
  const { algorithm = 'md5', timeout } = config;
  const hash =
    typeof algorithm === 'function' ? ownHash(algorithm) : builtInHash(algorithm, caller);

  return signingTimeScheme({
    name: 'wsgi-xsendfile',
    token: /^(\w+)-([0-9a-f]{8})$/,
    separator: '-',
    timeout,
    sign: (key, path, time) => hash(Buffer.concat([key, Buffer.from(path + time)])),
  });
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
