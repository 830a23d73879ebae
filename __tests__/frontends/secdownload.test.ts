import { createHash, createHmac } from 'node:crypto';
import { encodePath, LINK_SECRET, secondsFromNow } from './links.js';
import { describeNativeScheme, signLink, type Variant } from './native-scheme.js';
import { lighttpdSecdownload, TIMEOUT } from './secdownload-config.js';

type Algorithm = 'md5' | 'hmac-sha1' | 'hmac-sha256';
const ALGORITHMS: readonly Algorithm[] = ['md5', 'hmac-sha1', 'hmac-sha256'];

/** Everything that a link of mod_secdownload's is made of. */
interface LinkParts {
  readonly algorithm: Algorithm;
  /** With its slash. */
  readonly path: string;
  /** When it was made. */
  readonly made: number;
  readonly secret: string;
}

/** As the documentation of mod_secdownload has it in its examples. */
function documentedMac({ algorithm, path, made, secret }: LinkParts): string {
  const time = made.toString(16);
  if (algorithm === 'md5') return createHash('md5').update(`${secret}${path}${time}`).digest('hex');
  return createHmac(algorithm.slice('hmac-'.length), secret)
    .update(`/${time}${path}`)
    .digest('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function documentedLink(given: Partial<LinkParts> = {}): string {
  const parts = {
    algorithm: 'md5' as const,
    path: '/ten.txt',
    made: secondsFromNow(0),
    secret: LINK_SECRET,
    ...given,
  };
  const { algorithm, path, made } = parts;
  return `/${algorithm}/${documentedMac(parts)}/${made.toString(16)}${encodePath(path)}`;
}

interface AlgorithmVariant extends Variant {
  readonly algorithm: Algorithm;
}

const variants = ALGORITHMS.map(
  (algorithm): AlgorithmVariant => ({
    title: `with ${algorithm}`,
    mountPath: `/${algorithm}`,
    options: { scheme: 'secdownload', algorithm, timeout: TIMEOUT },
    algorithm,
  }),
);

const good = (parts?: Partial<LinkParts>) => documentedLink(parts);
const longAgo = () => secondsFromNow(-TIMEOUT - 3);
const later = () => secondsFromNow(TIMEOUT + 10);
const GOOD = [200, 200] as const;
/** authToken() tells nobody that there is such a file. */
const FORGED = [403, 404] as const;
const NONE = [404, 404] as const;

describeNativeScheme(
  {
    title: 'mod_secdownload of lighttpd',
    frontEnd: lighttpdSecdownload,
    variants,
    documentedLink: ({ algorithm }, path) => documentedLink({ algorithm, path }),
    cases: [
      { what: 'a link', target: () => good(), status: GOOD },
      {
        what: 'a link with an additional query',
        target: () => `${good({ algorithm: 'hmac-sha1' })}?utm_source=mail`,
        status: GOOD,
      },
      {
        what: 'a signature in upper-case digits',
        target: () => good().replace(/(?<=\/)[0-9a-f]{32}(?=\/)/, (mac) => mac.toUpperCase()),
        status: GOOD,
      },
      {
        what: 'a link from a clock that is ahead',
        target: () => good({ made: secondsFromNow(TIMEOUT - 10) }),
        status: GOOD,
      },
      { what: 'a link from the future', target: () => good({ made: later() }), status: [410, 404] },
      {
        what: 'an expired link',
        target: () => good({ made: longAgo() }),
        status: [410, 410],
      },
      {
        what: 'a forged expired link',
        target: () => good({ made: longAgo(), secret: 'another secret' }),
        status: [410, 404],
      },
      {
        what: 'a link with another secret',
        target: () => good({ secret: 'another secret' }),
        status: FORGED,
      },
      {
        what: 'a link for another file',
        target: () => good().replace('ten.txt', 'large.bin'),
        status: FORGED,
      },
      {
        what: 'a link whose time was changed',
        target: () =>
          good({ algorithm: 'hmac-sha256', made: secondsFromNow(-5) }).replace(
            /\/[0-9a-f]{8}\//,
            `/${secondsFromNow(0).toString(16)}/`,
          ),
        status: FORGED,
      },
      {
        what: 'a link to a missing file',
        target: () => good({ path: '/no.txt' }),
        status: NONE,
      },
      { what: 'no link', target: () => '/md5/ten.txt', status: NONE },
      {
        what: 'a signature that is too short',
        target: () => good().replace(/\/md5\/./, '/md5/'),
        status: NONE,
      },
      {
        what: 'a padded signature',
        target: () => good({ algorithm: 'hmac-sha1' }).replace(/(.{27})(\/[0-9a-f]{8}\/)/, '$1=$2'),
        status: NONE,
      },
      {
        what: 'a time of nine digits',
        target: () => good({ made: 0x1_0000_0000 }),
        status: NONE,
      },
    ],
  },
  (variant, askBoth) => {
    it('accepts no link of another algorithm', async () => {
      const { algorithm } = variant;
      for (const other of ALGORITHMS.filter((each) => each !== algorithm)) {
        const target = documentedLink({ algorithm: other }).replace(other, algorithm);
        const replies = await askBoth(target);
        expect(replies.map(({ status }) => status)).toEqual([404, 404]);
      }
    });

    // A test may take some seconds, and the clock of time() may be a tick behind, and with it the second.
    it.each([
      [TIMEOUT - 10, 200],
      [TIMEOUT + 3, 410],
    ])('answers our link after %i seconds with %i', async (seconds, status) => {
      const replies = await askBoth(signLink(variant, 'ten.txt', -seconds));
      expect(replies.map((reply) => reply.status)).toEqual([status, status]);
    });
  },
);
