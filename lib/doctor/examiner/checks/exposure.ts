import { basename } from 'node:path';
import { CONFIG_HEADER, HANDSHAKE_HEADER } from '../../../servers/headers.js';
import { decodePercent, encodePercent } from '../../../shared/path-encoding.js';
import { PLAIN_FILE } from '../../canaries.js';
import {
  type Account,
  ADDRESS_HEADERS,
  CLAIMED_ADDRESS,
  STEERING_HEADERS,
} from '../../protocol.js';
import { hasContent, isWhole } from '../answers.js';
import { type Check, ok, problem, skipped, type Verdict } from '../findings.js';
import type { Fetched, Session } from '../session.js';

const INCONCLUSIVE = 'nothing seen; examine again when the download works';

/** Checks for things that clients and the application must not be able to do. */
export const EXPOSURE_CHECKS = {
  async location({ session, forced, opened }) {
    const header = forced.account?.header;
    if (forced.account === undefined) return skipped(INCONCLUSIVE);
    if (header === undefined) return skipped('no file is left to a front end');
    const relative = `${opened.directory}/${PLAIN_FILE.segments.join('/')}`;
    const list: string[] = [];
    for (const [target, host] of candidates(header, opened.root, relative)) {
      const headers = host === undefined ? {} : { Host: host };
      const answer = await session.ask({ target, headers }).catch(() => undefined);
      if (answer === undefined || !hasContent(answer, PLAIN_FILE)) continue;
      list.push(host === undefined ? target : `${target} (Host: ${host})`);
    }
    if (list.length === 0 && (await isServed(session, header))) list.push(header.value);
    // What the application itself has sent is its own business: a route that is open to all.
    const strays = list.length === 0 ? [] : (await session.fetch(PLAIN_FILE)).strays;
    const open = list.filter((target) => !strays.includes(target));
    if (open.length > 0) return problem('internal-missing', { fetched: forced, list: open });
    const message = 'is closed to clients';
    return header.name === 'x-reproxy-url' ? okIfFound(message, forced) : ok(message);
  },

  /** The front end has one directory for a location. */
  roots({ opened: { otherRoot } }) {
    if (otherRoot === undefined) return ok('no other handler of the application has the same');
    return problem('location-shared', { list: [otherRoot] });
  },

  /** nginx: `location /x { alias /files/; }` makes `/x../` the directory above. */
  async slash({ session, forced }) {
    const header = forced.account?.header;
    if (header?.name !== 'x-accel-redirect' || !/^\/.+\/xsendfile-doctor-/.test(header.value)) {
      return skipped('there is no such location');
    }
    const { answer } = await session.fetch(PLAIN_FILE, { mode: 'traversal' });
    return hasContent(answer, PLAIN_FILE)
      ? problem('location-slash-missing', { fetched: forced })
      : okIfFound('is there', forced);
  },

  /** Whether the front end has its own limit, besides the application. */
  async outside({ session, forced }) {
    if (forced.account?.header?.name !== 'x-sendfile') {
      return skipped('the front end is not given absolute paths');
    }
    const { answer } = await session.fetch(PLAIN_FILE, { mode: 'outside' });
    return hasContent(answer, PLAIN_FILE)
      ? problem('any-file-sent')
      : okIfFound('are not sent', forced);
  },

  async steering({ session, plain }) {
    const headers = {
      ...Object.fromEntries(STEERING_HEADERS.map((name) => [name, '/etc/passwd'])),
      ...Object.fromEntries(ADDRESS_HEADERS.map((name) => [name, CLAIMED_ADDRESS])),
      [HANDSHAKE_HEADER]: 'a-handshake-that-a-client-made-up',
      [CONFIG_HEADER]: 'a-handshake-that-a-client-made-up',
    };
    const fetched = await session.fetch(PLAIN_FILE, { headers });
    const { answer, account } = fetched;
    const isAsBefore = isWhole(plain.answer, PLAIN_FILE)
      ? isWhole(answer, PLAIN_FILE)
      : answer.status === plain.answer.status;
    if (!isAsBefore || account?.kind !== plain.account?.kind) {
      return problem('steered-by-client', { fetched });
    }
    const list = account?.steering ?? [];
    if (list.length === 0) return ok('do nothing, and do not reach the application');
    const isAddress = list.every((name) => (ADDRESS_HEADERS as readonly string[]).includes(name));
    return problem(isAddress ? 'address-passed-on' : 'steering-passed-on', { list });
  },

  /** Apache itself responds to TRACE, with the request that the application would get. */
  async trace({ session }) {
    for (const headers of [{}, { 'Max-Forwards': '0' }]) {
      const { answer } = await session.fetch(PLAIN_FILE, { method: 'TRACE', headers });
      if (answer.body.toString('latin1').toLowerCase().includes(HANDSHAKE_HEADER.toLowerCase())) {
        return problem('handshake-shown');
      }
    }
    return ok('shows no client what the front end adds to requests');
  },

  /** Whether names in URLs can arrive at all. */
  async target({ session }) {
    const { sent, arrived } = await session.echo(
      'a%20b%2520c%3Fd%23e%C3%A4%F0%9F%98%80;f+g%27h%40i.txt',
    );
    if (sent === arrived) return ok('arrives as it was sent');
    // Only the last part is shown: the link is a key for a minute.
    const [before = '', after = ''] = [sent, arrived ?? 'nothing'].map((text) =>
      text.replace(/^.*\//, ''),
    );
    const isSame = decodePercent(before) === decodePercent(after);
    const list = [`${before} became ${after}`];
    return problem(isSame ? 'path-respelt' : 'path-changed', { list });
  },
} satisfies { readonly [id: string]: Check };

/** That something is not seen means nothing where the front end does not find the files anyway. */
function okIfFound(message: string, { answer }: Fetched): Verdict {
  return hasContent(answer, PLAIN_FILE) ? ok(message) : skipped(INCONCLUSIVE);
}

type Header = NonNullable<Account['header']>;

/**
 * Whether clients are let into nginx's location even if the canary is not found there, as with a wrong
 * alias. Its files refuse other methods with 405 and without Allow; a location that is internal responds
 * with 404 to all.
 */
async function isServed(session: Session, { name, value }: Header): Promise<boolean> {
  if (name !== 'x-accel-redirect') return false;
  const answer = await session.ask({ target: value, method: 'OPTIONS' }).catch(() => undefined);
  return answer?.status === 405 && answer.headers.allow === undefined;
}

type Candidate = readonly [target: string, host?: string];

function candidates({ name, value }: Header, root: string, relative: string): readonly Candidate[] {
  if (/^https?:/.test(value) && URL.canParse(value)) {
    const { host, pathname } = new URL(value);
    return [[pathname], [pathname, host]];
  }
  if (name !== 'x-sendfile' && value.endsWith(relative)) {
    const location = value.slice(0, -relative.length);
    const besides = `${location.slice(0, -1)}../${encodePercent(basename(root))}/${relative}`;
    return location === '/' ? [[value]] : [[value], [besides]];
  }
  // As a document root at any height above the files would show them.
  const names = encodePercent(root).split('/').slice(1);
  return [...names, ''].map((_name, index) => [`/${[...names.slice(index), relative].join('/')}`]);
}
