import { createHash } from 'node:crypto';
import express from 'express';
import { authToken, createUrlSigner, type TokenOptions } from '../../lib/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { TEN } from './files.js';
import { contentOf, isUrlLegal, names } from './names.js';
import { locations, nginxSecureLink, type SecureLinkLocation } from './secure-link-config.js';
import {
  encodePath,
  LINK_SECRET,
  type LinkServer,
  secondsFromNow,
  startLinkServer,
} from './tokens-server.js';

const CLIENT = '127.0.0.1';
const START_TIMEOUT_MS = 180_000;
const legalNames = names.filter(({ name }) => isUrlLegal(name));
const [usual, byAddress] = locations as [SecureLinkLocation, SecureLinkLocation];

/** Everything that a link of nginx's is made of. */
interface LinkParts {
  readonly location: SecureLinkLocation;
  /** Below the location, with its slash. */
  readonly path: string;
  readonly expires: number;
  readonly address: string;
  readonly secret: string;
}

/**
 * The signature, step by step as in the documentation of ngx_http_secure_link_module:
 * `echo -n '2147483647/s/link127.0.0.1 secret' | openssl md5 -binary | openssl base64 | tr +/ -_ | tr -d =`
 */
function documentedMac(text: string): string {
  return createHash('md5')
    .update(text)
    .digest('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function documentedLink(parts: Partial<LinkParts> = {}): { target: string; mac: string } {
  const {
    location = usual,
    path = '/ten.txt',
    expires = secondsFromNow(60),
    address = CLIENT,
    secret = LINK_SECRET,
  } = parts;
  const { mountPath, queryArguments, limitByIp } = location;
  const uri = `${mountPath}${path}`;
  const mac = documentedMac(`${expires}${uri}${limitByIp ? address : ''} ${secret}`);
  const query = `${queryArguments.mac}=${mac}&${queryArguments.expires}=${expires}`;
  return { target: `${encodePath(uri)}?${query}`, mac };
}

function optionsFor({ mountPath, queryArguments, limitByIp }: SecureLinkLocation): TokenOptions {
  return { scheme: 'secure-link', mountPath, queryArguments, limitByIp };
}

function ownLink(location: SecureLinkLocation, path: string): string {
  const signer = createUrlSigner(LINK_SECRET, optionsFor(location));
  const link = signer.sign(path, location.limitByIp ? { ip: CLIENT } : {});
  return `${encodePath(location.mountPath)}${link}`;
}

describe('the documented command', () => {
  it('has the result that the documentation shows', () => {
    expect(documentedMac('2147483647/s/link127.0.0.1 secret')).toBe('_e4Nc3iduzkWRm01TBBNYw');
  });
});

describeWithPrograms('secure_link of nginx', ['nginx'], () => {
  let nginx: LinkServer | undefined;
  let port: number;

  beforeAll(async () => {
    nginx = await startLinkServer(nginxSecureLink);
    const app = express();
    for (const location of locations) {
      const handler = authToken(LINK_SECRET, nginx.root, {
        ...optionsFor(location),
        sender: 'serve',
        dotfiles: 'allow',
      });
      app.use(encodePath(location.mountPath), handler);
    }
    port = await listen(app);
  }, START_TIMEOUT_MS);

  afterAll(() => nginx?.close());

  type Details = Omit<RawRequest, 'target'>;

  function askNginx(target: string, details?: Details): Promise<RawResponse> {
    if (nginx === undefined) throw new Error('nginx is not running');
    return nginx.ask(target, details);
  }

  function askHandler(target: string, details: Details = {}): Promise<RawResponse> {
    return rawRequest(port, { ...details, target });
  }

  describe.each(locations)('at $mountPath', (location) => {
    it.each(legalNames)('takes our link to a file with $what in its name', async ({ name }) => {
      const reply = await askNginx(ownLink(location, `names/${name}`));
      expect(reply.status).toBe(200);
      expect(reply.body.equals(contentOf(name))).toBe(true);
    });

    it.each(legalNames)(
      'makes a link that authToken() takes, to a file with $what in its name',
      async ({ name }) => {
        const { target } = documentedLink({ location, path: `/names/${name}` });
        for (const ask of [askNginx, askHandler]) {
          const reply = await ask(target);
          expect(reply.status).toBe(200);
          expect(reply.body.equals(contentOf(name))).toBe(true);
        }
      },
    );

    it('takes a link for HEAD, and for a part of the file', async () => {
      const target = ownLink(location, 'ten.txt');
      for (const ask of [askNginx, askHandler]) {
        const head = await ask(target, { method: 'HEAD' });
        expect([head.status, head.headers['content-length']]).toEqual([200, '10']);
        const part = await ask(target, { headers: { Range: 'bytes=2-4' } });
        expect([part.status, String(part.body)]).toEqual([206, '234']);
      }
    });
  });

  describe('and authToken()', () => {
    const good = () => documentedLink();
    const GOOD = [200, 200] as const;
    const EXPIRED = [410, 410] as const;
    /** authToken() tells nobody that there is such a file. */
    const FORGED = [403, 404] as const;
    /** As nginx reads it, too; but each file is to have one URL, and each URL one meaning. */
    const STRICTER = [200, 404] as const;

    it.each<{
      what: string;
      target: () => string;
      status: readonly [nginx: number, handler: number];
    }>([
      { what: 'a link', target: () => good().target, status: GOOD },
      {
        what: 'a link to which somebody has added an argument',
        target: () => `${good().target}&utm_source=mail`,
        status: GOOD,
      },
      {
        what: 'a link with its arguments in another order',
        target: () => good().target.replace(/\?(.*)&(.*)$/, '?$2&$1'),
        status: GOOD,
      },
      {
        what: 'a link that has run out',
        target: () => documentedLink({ expires: secondsFromNow(-2) }).target,
        status: EXPIRED,
      },
      {
        what: 'a link to a file that is not there',
        target: () => documentedLink({ path: '/no.txt' }).target,
        status: [404, 404],
      },
      { what: 'no arguments', target: () => '/dl/ten.txt', status: FORGED },
      {
        what: 'a link without its expiry',
        target: () => good().target.replace(/&expires=.*/, ''),
        status: FORGED,
      },
      {
        what: 'a link for another file',
        target: () => good().target.replace('ten.txt', 'large.bin'),
        status: FORGED,
      },
      {
        what: 'a link whose expiry was put off',
        target: () => good().target.replace(/expires=.*/, `expires=${secondsFromNow(9999)}`),
        status: FORGED,
      },
      {
        what: 'a forged link that has run out',
        target: () => good().target.replace(/expires=.*/, `expires=${secondsFromNow(-9999)}`),
        status: FORGED,
      },
      {
        what: 'a link with another secret',
        target: () => documentedLink({ secret: 'another secret' }).target,
        status: FORGED,
      },
      {
        what: 'a link for another location',
        target: () => good().target.replace('/dl/', '/dl-ip/'),
        status: FORGED,
      },
      {
        what: 'the link of another client',
        target: () => documentedLink({ location: byAddress, address: '192.0.2.1' }).target,
        status: FORGED,
      },
      {
        what: 'a signature in hexadecimal digits',
        target: () => {
          const { target, mac } = good();
          return target.replace(mac, Buffer.from(mac, 'base64url').toString('hex'));
        },
        status: FORGED,
      },
      {
        what: 'a padded signature',
        target: () => {
          const { target, mac } = good();
          return target.replace(mac, `${mac}==`);
        },
        status: STRICTER,
      },
      {
        what: 'a second signature',
        target: () => `${good().target}&md5=AAAAAAAAAAAAAAAAAAAAAA`,
        status: STRICTER,
      },
    ])('answer $what with $status', async ({ target, status }) => {
      const link = target();
      const replies = [await askNginx(link), await askHandler(link)];
      expect(replies.map((reply) => reply.status)).toEqual(status);
      for (const reply of replies) {
        expect(reply.body.equals(TEN)).toBe(reply.status === 200);
      }
    });

    it('tell the truth about a link of ours that has run out', async () => {
      const options = { ...optionsFor(usual), now: () => Date.now() - 3_600_000 };
      const target = `/dl${createUrlSigner(LINK_SECRET, options).sign('ten.txt')}`;
      const statuses = [(await askNginx(target)).status, (await askHandler(target)).status];
      expect(statuses).toEqual([410, 410]);
    });
  });
});
