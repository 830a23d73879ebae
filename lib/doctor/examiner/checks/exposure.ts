import { basename } from 'node:path';
import { HANDSHAKE_HEADER } from '../../../protocol/control-headers.js';
import { encodePercent } from '../../../shared/path-encoding.js';
import { PLAIN } from '../../canaries.js';
import { type Account, STEERING_HEADERS } from '../../protocol.js';
import { hasContent, isWhole } from '../answers.js';
import { diagnose, symptomsOf } from '../diagnose.js';
import { type Examination, type Finding, ok, skipped } from '../findings.js';
import type { Session } from '../session.js';

const NOT_USED = 'the front end is not told of files by such a header';
const INCONCLUSIVE = 'nothing seen; examine again when the download works';

/** Whether what the front end is told is of use to anybody else. */
export async function checkLocation(examination: Examination): Promise<Finding> {
  const { session, told, opened } = examination;
  const header = told.account?.header;
  if (told.account === undefined) return skipped('location', INCONCLUSIVE);
  if (header === undefined) return skipped('location', 'no file is left to a front end');
  const relative = `${opened.directory}/${PLAIN.segments.join('/')}`;
  const list: string[] = [];
  for (const [target, host] of candidates(header, opened.root, relative)) {
    const headers = host === undefined ? {} : { Host: host };
    const answer = await session.ask({ target, headers }).catch(() => undefined);
    if (answer !== undefined && hasContent(answer, PLAIN)) {
      list.push(host === undefined ? target : `${target} (Host: ${host})`);
    }
  }
  if (list.length === 0 && (await isServed(session, header))) list.push(header.value);
  const open = list.length === 0 ? [] : await withoutStrays(session, list);
  if (open.length > 0) {
    return diagnose(symptomsOf('location', told, examination, { list: open }));
  }
  return okIf(
    header.name !== 'x-reproxy-url' || hasContent(told.answer, PLAIN),
    ok('location', 'is closed to clients'),
  );
}

/** That something is not seen means nothing where the front end does not find the files anyway. */
function okIf(isConclusive: boolean, finding: Finding): Finding {
  return isConclusive ? finding : skipped(finding.check, INCONCLUSIVE);
}

/**
 * Whether clients are let into nginx's location even if the canary is not found there, as with a wrong
 * alias. Its files refuse other methods with 405 and without Allow; a location that is internal answers
 * 404 to all.
 */
async function isServed(
  session: Session,
  { name, value }: NonNullable<Account['header']>,
): Promise<boolean> {
  if (name !== 'x-accel-redirect') return false;
  const answer = await session.ask({ target: value, method: 'OPTIONS' }).catch(() => undefined);
  return answer?.status === 405 && !answer.headers.has('allow');
}

/** What the application itself has answered is its own business: a route that is open to all. */
async function withoutStrays(
  session: Session,
  targets: readonly string[],
): Promise<readonly string[]> {
  const { strays } = await session.fetch(PLAIN);
  return targets.filter((target) => !strays.includes(target));
}

type Candidate = readonly [target: string, host?: string];

function candidates(
  { name, value }: NonNullable<Account['header']>,
  root: string,
  relative: string,
): readonly Candidate[] {
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

/** nginx: `location /x { alias /files/; }` makes `/x../` the directory above. */
export async function checkSlash(examination: Examination): Promise<Finding> {
  const { session, told } = examination;
  const header = told.account?.header;
  if (header?.name !== 'x-accel-redirect' || !/^\/.+\/xsendfile-doctor-/.test(header.value)) {
    return skipped('slash', 'there is no such location');
  }
  const exchange = await session.fetch(PLAIN, { manner: 'traversal' });
  if (!hasContent(exchange.answer, PLAIN)) {
    return okIf(hasContent(told.answer, PLAIN), ok('slash', 'is there'));
  }
  return diagnose(symptomsOf('slash', told, examination));
}

/** Whether the front end has a limit of its own, besides the application. */
export async function checkOutside(examination: Examination): Promise<Finding> {
  const { session, told } = examination;
  if (told.account?.header?.name !== 'x-sendfile') return skipped('outside', NOT_USED);
  const exchange = await session.fetch(PLAIN, { manner: 'outside' });
  if (!hasContent(exchange.answer, PLAIN)) {
    return okIf(hasContent(told.answer, PLAIN), ok('outside', 'are not sent'));
  }
  return diagnose(symptomsOf('outside', told, examination));
}

/** What clients can do by headers that are not theirs. */
export async function checkSteering(examination: Examination): Promise<Finding> {
  const { session, plain } = examination;
  const headers = {
    ...Object.fromEntries(STEERING_HEADERS.map((name) => [name, '/etc/passwd'])),
    [HANDSHAKE_HEADER]: 'a-handshake-that-a-client-made-up',
  };
  const exchange = await session.fetch(PLAIN, { headers });
  const { answer, account } = exchange;
  const isAsBefore = isWhole(plain.answer, PLAIN)
    ? isWhole(answer, PLAIN)
    : answer.status === plain.answer.status;
  if (!isAsBefore || account?.kind !== plain.account?.kind) {
    return diagnose(symptomsOf('steering', exchange, examination));
  }
  const list = account?.steering ?? [];
  if (list.length === 0) return ok('steering', 'do nothing, and do not reach the application');
  return diagnose(symptomsOf('steering', exchange, examination, { list }));
}

/** Whether names in URLs can arrive at all. */
export async function checkTarget(examination: Examination): Promise<Finding> {
  const { session, plain } = examination;
  const { sent, arrived } = await session.echo(
    'a%20b%2520c%3Fd%23e%C3%A4%F0%9F%98%80;f+g%27h%40i.txt',
  );
  if (sent === arrived) return ok('target', 'arrives as it was sent');
  const list = [sent, arrived].filter((text) => text !== undefined).map(afterLink);
  return diagnose(symptomsOf('target', plain, examination, { list }));
}

/** Links are keys for a minute. */
function afterLink(target: string): string {
  return target.replace(/^.*\//, '');
}
