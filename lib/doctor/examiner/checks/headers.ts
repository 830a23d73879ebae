import { PLAIN } from '../../canaries.js';
import { DRESS } from '../../protocol.js';
import { type Answer, headerOf } from '../client.js';
import { diagnose, symptomsOf } from '../diagnose.js';
import { type Examination, type Finding, ok } from '../findings.js';

const EXPECTED: Readonly<Record<string, string | readonly string[]>> = DRESS;

/** Whether clients are told what the application has told. */
export async function checkHeaders(examination: Examination): Promise<Finding> {
  const exchange = await examination.session.fetch(PLAIN, { manner: 'dressed' });
  const { answer, account } = exchange;
  // A hook of the application's may have changed them before they left.
  const sent = account?.dressed ?? [];
  const list = Object.entries(EXPECTED)
    .filter(([name, value]) => sent.includes(name) && !has(answer, name, value))
    .map(([name]) => name);
  if (!/^text\/plain/.test(headerOf(answer, 'Content-Type') ?? '')) list.push('Content-Type');
  if (list.length === 0) return ok('headers', `all ${sent.length + 1} arrive`);
  return diagnose(symptomsOf('headers', exchange, examination, { list }));
}

/** More than what was sent is no loss: others may add to Vary and Cache-Control. */
function has(answer: Answer, name: string, expected: string | readonly string[]): boolean {
  const values = answer.headers.get(name.toLowerCase()) ?? [];
  return [expected].flat().every((each) => values.some((value) => value.includes(each)));
}
