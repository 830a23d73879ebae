import { contentOf, PLAIN } from '../../canaries.js';
import { hasContent, isWhole, leakedHeaders } from '../answers.js';
import { headerOf } from '../client.js';
import { diagnose, symptomsOf } from '../diagnose.js';
import { type CheckId, type Examination, type Finding, ok, skipped } from '../findings.js';

const FIRST = 10;
const LAST = 19;
const PART = contentOf(PLAIN).subarray(FIRST, LAST + 1);
const RANGE = { Range: `bytes=${FIRST}-${LAST}` };
const OTHER_TAG = '"another-version"';

export async function checkHead(examination: Examination): Promise<Finding> {
  const exchange = await examination.session.fetch(PLAIN, { method: 'HEAD' });
  const { answer } = exchange;
  const isRight =
    answer.status === 200 &&
    headerOf(answer, 'Content-Length') === String(PLAIN.size) &&
    leakedHeaders(answer).length === 0;
  if (isRight) return ok('head', 'the size of the file and no body');
  return diagnose(symptomsOf('head', exchange, examination));
}

export async function checkRange(examination: Examination): Promise<Finding> {
  const exchange = await examination.session.fetch(PLAIN, { headers: RANGE });
  const { answer } = exchange;
  const isRight =
    answer.status === 206 &&
    headerOf(answer, 'Content-Range') === `bytes ${FIRST}-${LAST}/${PLAIN.size}` &&
    answer.body.equals(PART);
  if (isRight) return ok('range', 'just these bytes');
  return diagnose(symptomsOf('range', exchange, examination));
}

export async function checkUnsatisfiable(examination: Examination): Promise<Finding> {
  const headers = { Range: `bytes=${PLAIN.size}-` };
  const exchange = await examination.session.fetch(PLAIN, { headers });
  // Apache and lighttpd say no Content-Range there.
  if (exchange.answer.status === 416) return ok('unsatisfiable', 'refused');
  return diagnose(symptomsOf('unsatisfiable', exchange, examination));
}

export async function checkIfRange(examination: Examination): Promise<Finding> {
  const { session, settled } = examination;
  await settled();
  const tag = headerOf((await session.fetch(PLAIN)).answer, 'ETag');
  if (tag === undefined) return skipped('ifRange', 'there is no ETag');
  const same = await session.fetch(PLAIN, { headers: { ...RANGE, 'If-Range': tag } });
  const other = await session.fetch(PLAIN, { headers: { ...RANGE, 'If-Range': OTHER_TAG } });
  const list = [
    same.answer.status === 206 && same.answer.body.equals(PART)
      ? undefined
      : `a download of the same version is not resumed (status ${same.answer.status})`,
    other.answer.status === 200 && hasContent(other.answer, PLAIN)
      ? undefined
      : `a download of another version is resumed (status ${other.answer.status})`,
  ].filter((text) => text !== undefined);
  if (list.length === 0) return ok('ifRange', 'resumes the same version only');
  return diagnose(symptomsOf('ifRange', other, examination, { list }));
}

/** Whether whoever has a file can find out that it is the same. */
export async function checkNotModified(examination: Examination): Promise<Finding> {
  const { session, settled } = examination;
  await settled();
  const tag = headerOf((await session.fetch(PLAIN)).answer, 'ETag');
  if (tag === undefined) return skipped('notModified', 'there is no ETag');
  const exchange = await session.fetch(PLAIN, { headers: { 'If-None-Match': tag } });
  const other = await session.fetch(PLAIN, { headers: { 'If-None-Match': OTHER_TAG } });
  const list = other.answer.status === 304 ? ['another version is "not modified" as well'] : [];
  if (exchange.answer.status === 304 && list.length === 0) {
    return ok('notModified', 'by If-None-Match');
  }
  return diagnose(symptomsOf('notModified', exchange, examination, { list }));
}

export function checkValidators(examination: Examination): Finding {
  const { plain } = examination;
  const tag = headerOf(plain.answer, 'ETag');
  const list = ['ETag', 'Last-Modified']
    .filter((name) => headerOf(plain.answer, name) === undefined)
    .map((name) => `${name} is missing`);
  if (list.length === 0 && tag !== '"0"') return ok('validators', 'are there');
  return diagnose(symptomsOf('validators', plain, examination, { list }));
}

/** What follows an answer on the same connection shows whether that answer had ended. */
export async function checkKeepAlive(examination: Examination): Promise<Finding> {
  const check: CheckId = 'keepAlive';
  const { session, plain } = examination;
  const list: string[] = [];
  let reused = 0;
  for (const method of ['GET', 'HEAD', 'GET', 'GET']) {
    const { answer } = await session.fetch(PLAIN, { method });
    if (answer.isReused) reused++;
    const isRight = method === 'HEAD' ? answer.status === 200 : isWhole(answer, PLAIN);
    if (!isRight)
      list.push(`${method} (${answer.status}${answer.broken ? `, ${answer.broken}` : ''})`);
  }
  if (list.length === 0 && reused > 0)
    return ok(check, 'answers follow each other on one connection');
  return diagnose(symptomsOf(check, plain, examination, { list }));
}
