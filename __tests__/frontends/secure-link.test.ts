import { createHash } from 'node:crypto';
import type { TokenOptions } from '../../lib/index.js';
import { encodePath, LINK_SECRET, secondsFromNow } from './links.js';
import { describeNativeScheme, type Variant } from './native-scheme.js';
import { locations, nginxSecureLink, type SecureLinkLocation } from './secure-link-config.js';

const CLIENT = '127.0.0.1';
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

interface LocationVariant extends Variant {
  readonly location: SecureLinkLocation;
}

const variants = locations.map((location): LocationVariant => {
  const options: TokenOptions = { scheme: 'secure-link', ...location };
  const claims = location.limitByIp ? { ip: CLIENT } : {};
  return {
    title: `at ${location.mountPath}`,
    mountPath: location.mountPath,
    options,
    claims,
    location,
  };
});

describe('the documented command', () => {
  it('has the documented result', () => {
    expect(documentedMac('2147483647/s/link127.0.0.1 secret')).toBe('_e4Nc3iduzkWRm01TBBNYw');
  });
});

const good = () => documentedLink();
const GOOD = [200, 200] as const;
const EXPIRED = [410, 410] as const;
/** authToken() tells nobody that there is such a file. */
const FORGED = [403, 404] as const;
/** As nginx reads it, too; but each file is to have one URL, and each URL one meaning. */
const STRICTER = [200, 404] as const;

describeNativeScheme({
  title: 'secure_link of nginx',
  frontEnd: nginxSecureLink,
  variants,
  documentedLink: ({ location }, path) => documentedLink({ location, path }).target,
  cases: [
    { what: 'a link', target: () => good().target, status: GOOD },
    {
      what: 'a link with an additional argument',
      target: () => `${good().target}&utm_source=mail`,
      status: GOOD,
    },
    {
      what: 'a link with its arguments in another order',
      target: () => good().target.replace(/\?(.*)&(.*)$/, '?$2&$1'),
      status: GOOD,
    },
    {
      what: 'an expired link',
      target: () => documentedLink({ expires: secondsFromNow(-2) }).target,
      status: EXPIRED,
    },
    {
      what: 'a link to a missing file',
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
      what: 'a link whose expiry was changed',
      target: () => good().target.replace(/expires=.*/, `expires=${secondsFromNow(9999)}`),
      status: FORGED,
    },
    {
      what: 'a forged expired link',
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
  ],
});
