import { createHash, createHmac } from 'node:crypto';
import express from 'express';
import { authToken, createUrlSigner, type TokenOptions } from '../../lib/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { TEN } from './files.js';
import { contentOf, isUrlLegal, names } from './names.js';
import { lighttpdSecdownload, TIMEOUT } from './secdownload-config.js';
import {
  encodePath,
  LINK_SECRET,
  type LinkServer,
  secondsFromNow,
  startLinkServer,
} from './tokens-server.js';

const START_TIMEOUT_MS = 180_000;
const legalNames = names.filter(({ name }) => isUrlLegal(name));

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

function optionsFor(algorithm: Algorithm): TokenOptions {
  return { scheme: 'secdownload', algorithm, timeout: TIMEOUT };
}

function ownLink(algorithm: Algorithm, path: string, now = Date.now): string {
  const signer = createUrlSigner(LINK_SECRET, { ...optionsFor(algorithm), now });
  return `/${algorithm}${signer.sign(path)}`;
}

describeWithPrograms('mod_secdownload of lighttpd', ['lighttpd'], () => {
  let lighttpd: LinkServer | undefined;
  let port: number;

  beforeAll(async () => {
    lighttpd = await startLinkServer(lighttpdSecdownload);
    const app = express();
    for (const algorithm of ALGORITHMS) {
      const handler = authToken(LINK_SECRET, lighttpd.root, {
        ...optionsFor(algorithm),
        sender: 'serve',
        dotfiles: 'allow',
      });
      app.use(`/${algorithm}`, handler);
    }
    port = await listen(app);
  }, START_TIMEOUT_MS);

  afterAll(() => lighttpd?.close());

  type Details = Omit<RawRequest, 'target'>;

  function askLighttpd(target: string, details?: Details): Promise<RawResponse> {
    if (lighttpd === undefined) throw new Error('lighttpd is not running');
    return lighttpd.ask(target, details);
  }

  function askHandler(target: string, details: Details = {}): Promise<RawResponse> {
    return rawRequest(port, { ...details, target });
  }

  describe.each(ALGORITHMS)('with %s', (algorithm) => {
    it.each(legalNames)('takes our link to a file with $what in its name', async ({ name }) => {
      const reply = await askLighttpd(ownLink(algorithm, `names/${name}`));
      expect(reply.status).toBe(200);
      expect(reply.body.equals(contentOf(name))).toBe(true);
    });

    it.each(legalNames)(
      'makes a link that authToken() takes, to a file with $what in its name',
      async ({ name }) => {
        const target = documentedLink({ algorithm, path: `/names/${name}` });
        for (const ask of [askLighttpd, askHandler]) {
          const reply = await ask(target);
          expect(reply.status).toBe(200);
          expect(reply.body.equals(contentOf(name))).toBe(true);
        }
      },
    );

    it('takes a link for HEAD, and for a part of the file', async () => {
      const target = ownLink(algorithm, 'ten.txt');
      for (const ask of [askLighttpd, askHandler]) {
        const head = await ask(target, { method: 'HEAD' });
        expect([head.status, head.headers['content-length']]).toEqual([200, '10']);
        const part = await ask(target, { headers: { Range: 'bytes=2-4' } });
        expect([part.status, String(part.body)]).toEqual([206, '234']);
      }
    });

    it('takes no link of another algorithm', async () => {
      for (const other of ALGORITHMS.filter((each) => each !== algorithm)) {
        const target = documentedLink({ algorithm: other }).replace(other, algorithm);
        expect((await askLighttpd(target)).status).toBe(404);
        expect((await askHandler(target)).status).toBe(404);
      }
    });

    it('tells the truth about our links that have run out', async () => {
      const hourAgo = () => Date.now() - 3_600_000;
      const target = ownLink(algorithm, 'ten.txt', hourAgo);
      expect((await askLighttpd(target)).status).toBe(410);
      expect((await askHandler(target)).status).toBe(410);
    });

    it('takes our link as long as it is good, and no longer', async () => {
      const secondsAgo = (seconds: number) => () => Date.now() - seconds * 1000;
      // A test may take some seconds.
      for (const [seconds, status] of [
        [TIMEOUT - 10, 200],
        // The clock of time() may be a tick behind, and with it the second.
        [TIMEOUT + 3, 410],
      ] as const) {
        const target = ownLink(algorithm, 'ten.txt', secondsAgo(seconds));
        const statuses = [(await askLighttpd(target)).status, (await askHandler(target)).status];
        expect([seconds, statuses]).toEqual([seconds, [status, status]]);
      }
    });
  });

  describe('and authToken()', () => {
    const good = (parts?: Partial<LinkParts>) => documentedLink(parts);
    const longAgo = () => secondsFromNow(-TIMEOUT - 3);
    const later = () => secondsFromNow(TIMEOUT + 10);
    const GOOD = [200, 200] as const;
    /** authToken() tells nobody that there is such a file. */
    const FORGED = [403, 404] as const;
    const NONE = [404, 404] as const;

    it.each<{
      what: string;
      target: () => string;
      status: readonly [lighttpd: number, handler: number];
    }>([
      { what: 'a link', target: () => good(), status: GOOD },
      {
        what: 'a link to which somebody has added a query',
        target: () => `${good({ algorithm: 'hmac-sha1' })}?utm_source=mail`,
        status: GOOD,
      },
      {
        what: 'a signature in capital digits',
        target: () => good().replace(/(?<=\/)[0-9a-f]{32}(?=\/)/, (mac) => mac.toUpperCase()),
        status: GOOD,
      },
      {
        what: 'a link of a clock that is fast',
        target: () => good({ made: secondsFromNow(TIMEOUT - 10) }),
        status: GOOD,
      },
      { what: 'a link of the future', target: () => good({ made: later() }), status: [410, 404] },
      {
        what: 'a link that has run out',
        target: () => good({ made: longAgo() }),
        status: [410, 410],
      },
      {
        what: 'a forged link that has run out',
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
        what: 'a link whose time was put off',
        target: () =>
          good({ algorithm: 'hmac-sha256', made: secondsFromNow(-5) }).replace(
            /\/[0-9a-f]{8}\//,
            `/${secondsFromNow(0).toString(16)}/`,
          ),
        status: FORGED,
      },
      {
        what: 'a link to a file that is not there',
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
    ])('answer $what with $status', async ({ target, status }) => {
      const link = target();
      const replies = [await askLighttpd(link), await askHandler(link)];
      expect(replies.map((reply) => reply.status)).toEqual(status);
      for (const reply of replies) {
        expect(reply.body.equals(TEN)).toBe(reply.status === 200);
      }
    });
  });
});
