import { createHash } from 'node:crypto';
import { REMOTE_HEADER } from '../../../servers/headers.js';
import { type ObjectFacts, REMOTE_PART, REMOTE_TYPE } from '../../protocol.js';
import { leakedHeaders } from '../answers.js';
import { type Answer, headerOf } from '../client.js';
import { type Check, ok, problem, skipped } from '../findings.js';

/** Names of headers that belong to stores. */
const OF_STORES = /^(?:x-(?:amz|goog|ms|rgw|minio|oss|cos|openstack|trans|object|timestamp)\b)/;
/** `REMOTE_NAME` in RFC 8187's encoding. */
const ENCODED_NAME = "filename*=UTF-8''doctor%20%C3%A4%2B50%25.txt";

/** Objects that a front end fetches from a store. */
export const REMOTE_CHECKS = {
  async remote({ session, opened }) {
    if (opened.hasRemote !== true) return skipped('the probe was given no object');
    const facts = await session.factsOfObject();
    if ('failed' in facts) return problem('remote-unreadable', { list: [facts.failed] });
    const fetched = await session.fetchObject();
    const { answer, account } = fetched;
    const header = account?.header;
    if (header?.name === 'x-accel-redirect') {
      const headers = { [REMOTE_HEADER]: '/' };
      const { status } = await session.ask({ target: header.value, headers });
      // If the store denies it, an open location responds with 404, too.
      if (status !== 404) {
        return problem('remote-open', { list: [`${header.value}, status ${status}`] });
      }
    }
    const leaks = [...leakedHeaders(answer), ...Object.keys(answer.headers).filter(isOfStore)];
    if (leaks.length > 0) return problem('remote-leaks', { list: leaks });

    const { start, end } = REMOTE_PART;
    const range = await session.fetchObject({ headers: { Range: `bytes=${start}-${end}` } });
    const head = await session.fetchObject({ method: 'HEAD' });
    const wrong = [
      ...(isWhole(answer, facts) ? [] : [`the object (status ${answer.status})`]),
      ...(isNamed(answer) ? [] : ['its name or type']),
      ...(isPart(range.answer, facts) ? [] : [`a range (status ${range.answer.status})`]),
      ...(isHead(head.answer, facts) ? [] : [`HEAD (status ${head.answer.status})`]),
    ];
    if (wrong.length > 0) return problem('remote-differs', { fetched, list: wrong });
    return ok(
      header === undefined ? 'are streamed by the application' : 'are fetched by the front end',
    );
  },
} satisfies { readonly [id: string]: Check };

function isOfStore(name: string): boolean {
  return OF_STORES.test(name);
}

function isWhole({ status, broken, body }: Answer, { sha256 }: ObjectFacts): boolean {
  const isSame = createHash('sha256').update(body).digest('hex') === sha256;
  return status === 200 && broken === undefined && isSame;
}

function isNamed(answer: Answer): boolean {
  const disposition = headerOf(answer, 'Content-Disposition') ?? '';
  return headerOf(answer, 'Content-Type') === REMOTE_TYPE && disposition.includes(ENCODED_NAME);
}

function isPart(answer: Answer, { size, part }: ObjectFacts): boolean {
  const { start, end } = REMOTE_PART;
  return (
    answer.status === 206 &&
    headerOf(answer, 'Content-Range') === `bytes ${start}-${end}/${size}` &&
    answer.body.toString('base64') === part
  );
}

function isHead(answer: Answer, { size }: ObjectFacts): boolean {
  return answer.status === 200 && headerOf(answer, 'Content-Length') === String(size);
}
