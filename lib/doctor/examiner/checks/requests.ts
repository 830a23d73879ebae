import { canaryContent, PLAIN_FILE } from '../../canaries.js';
import { DRESS } from '../../protocol.js';
import { hasContent, isWhole, leakedHeaders } from '../answers.js';
import { type Answer, headerOf } from '../client.js';
import type { DiagnosisCode } from '../diagnoses.js';
import { type Check, ok, problem, skipped, type Verdict } from '../findings.js';
import type { Details, Session } from '../session.js';

const FIRST = 10;
const LAST = 19;
const PART = canaryContent(PLAIN_FILE).subarray(FIRST, LAST + 1);
const RANGE = { Range: `bytes=${FIRST}-${LAST}` };
const OTHER_TAG = '"another-version"';

/** Checks of the features of HTTP besides a whole file. */
export const REQUEST_CHECKS = {
  head: requestCheck(
    { method: 'HEAD' },
    (answer) =>
      answer.status === 200 &&
      headerOf(answer, 'Content-Length') === String(PLAIN_FILE.size) &&
      leakedHeaders(answer).length === 0,
    'the size of the file and no body',
    'head-differs',
  ),

  range: requestCheck(
    { headers: RANGE },
    (answer) =>
      isPart(answer) &&
      headerOf(answer, 'Content-Range') === `bytes ${FIRST}-${LAST}/${PLAIN_FILE.size}`,
    'just these bytes',
    'no-ranges',
  ),

  // Apache and lighttpd send no Content-Range with it.
  unsatisfiable: requestCheck(
    { headers: { Range: `bytes=${PLAIN_FILE.size}-` } },
    ({ status }) => status === 416,
    'refused',
    'no-ranges',
  ),

  ifRange: tagCheck(async (tag, session) => {
    const ask = async (value: string) =>
      (await session.fetch(PLAIN_FILE, { headers: { ...RANGE, 'If-Range': value } })).answer;
    const same = await ask(tag);
    const other = await ask(OTHER_TAG);
    const list: string[] = [];
    if (!isPart(same)) {
      list.push(`a download of the same version is not resumed (status ${same.status})`);
    }
    if (other.status !== 200 || !hasContent(other, PLAIN_FILE)) {
      list.push(`a download of another version is resumed (status ${other.status})`);
    }
    if (list.length === 0) return ok('resumes the same version only');
    return problem('if-range-ignored', { list });
  }),

  notModified: tagCheck(async (tag, session) => {
    const ask = (value: string) =>
      session.fetch(PLAIN_FILE, { headers: { 'If-None-Match': value } });
    const fetched = await ask(tag);
    if ((await ask(OTHER_TAG)).answer.status === 304) return problem('all-not-modified');
    if (fetched.answer.status === 304) return ok('by If-None-Match');
    return problem('conditions-ignored', { fetched });
  }),

  async headers({ session }) {
    const fetched = await session.fetch(PLAIN_FILE, { mode: 'withHeaders' });
    const { answer, account } = fetched;
    // A hook of the application's may have changed them before they left.
    const sent = account?.withHeaders ?? [];
    const list = Object.entries(DRESS)
      .filter(([name, value]) => sent.includes(name) && !has(answer, name, [value].flat()))
      .map(([name]) => name);
    if (!/^text\/plain/.test(headerOf(answer, 'Content-Type') ?? '')) list.push('Content-Type');
    if (list.length === 0) return ok(`all ${sent.length + 1} arrive`);
    return problem('headers-dropped', { fetched, list });
  },

  /** Of files that the application finds and the front end does not. */
  async errors({ session }) {
    const fetched = await session.fetch(PLAIN_FILE, { mode: 'missing' });
    const { answer, account } = fetched;
    if (account?.header === undefined || answer.status < 400) {
      return skipped('the front end has sent none');
    }
    const list = (['Content-Disposition', 'Cache-Control'] as const).filter((name) =>
      has(answer, name, [DRESS[name]]),
    );
    if (list.length === 0) return ok('look like errors');
    return problem('errors-like-files', { fetched, list });
  },

  validators({ plain: { answer } }) {
    const list = ['ETag', 'Last-Modified'].filter((name) => headerOf(answer, name) === undefined);
    if (/^"?0"?$/.test(headerOf(answer, 'ETag') ?? '')) return problem('same-etag-for-all');
    return list.length === 0 ? ok('are there') : problem('validators-missing', { list });
  },

  /** The response after another one on the same connection shows whether that had ended. */
  async keepAlive({ session }) {
    const list: string[] = [];
    let reused = 0;
    for (const method of ['GET', 'HEAD', 'GET', 'GET']) {
      const { answer } = await session.fetch(PLAIN_FILE, { method });
      if (answer.isReused) reused++;
      const isRight = method === 'HEAD' ? answer.status === 200 : isWhole(answer, PLAIN_FILE);
      if (!isRight) list.push(`${method} (${answer.broken ?? answer.status})`);
    }
    if (list.length > 0) return problem('connection-broken', { list });
    if (reused === 0) return problem('no-keep-alive');
    return ok('responses follow each other on one connection');
  },
} satisfies { readonly [id: string]: Check };

function requestCheck(
  details: Details,
  isRight: (answer: Answer) => boolean,
  message: string,
  code: DiagnosisCode,
): Check {
  return async ({ session }) => {
    const fetched = await session.fetch(PLAIN_FILE, details);
    return isRight(fetched.answer) ? ok(message) : problem(code, { fetched });
  };
}

/** A check with the ETag that the file has once it is old enough for a strong one. */
function tagCheck(check: (tag: string, session: Session) => Promise<Verdict>): Check {
  return async ({ session, settled }) => {
    await settled();
    const tag = headerOf((await session.fetch(PLAIN_FILE)).answer, 'ETag');
    return tag === undefined ? skipped('there is no ETag') : check(tag, session);
  };
}

function isPart({ status, body }: Answer): boolean {
  return status === 206 && body.equals(PART);
}

/** Additional values are not a loss: others may add to Vary and Cache-Control. */
function has(answer: Answer, name: string, expected: readonly string[]): boolean {
  const values = answer.headers[name.toLowerCase()] ?? [];
  return expected.every((part) => values.some((value) => value.includes(part)));
}
