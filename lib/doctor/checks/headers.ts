import { PLAIN } from '../canaries.js';
import { type Answer, headerOf } from '../client.js';
import { diagnose, symptomsOf } from '../diagnose.js';
import { type Examination, type Finding, ok } from '../findings.js';
import { DRESS } from '../protocol.js';

const EXPECTED: Readonly<Record<string, string | readonly string[]>> = {
  ...DRESS,
  'X-Content-Type-Options': 'nosniff',
};

/** Whether clients are told what the application has told. */
export async function checkHeaders(examination: Examination): Promise<Finding> {
  const exchange = await examination.session.fetch(PLAIN, { manner: 'dressed' });
  const { answer } = exchange;
  const list = Object.entries(EXPECTED)
    .filter(([name, value]) => !has(answer, name, value))
    .map(([name]) => name);
  if (!/^text\/plain/.test(headerOf(answer, 'Content-Type') ?? '')) list.push('Content-Type');
  if (list.length === 0) return ok('headers', `all ${Object.keys(EXPECTED).length + 1} arrive`);
  return diagnose(symptomsOf('headers', exchange, examination, { list }));
}

/** More than what was sent is no loss: others may add to Vary and Cache-Control. */
function has(answer: Answer, name: string, expected: string | readonly string[]): boolean {
  const values = answer.headers.get(name.toLowerCase()) ?? [];
  return [expected].flat().every((each) => values.some((value) => value.includes(each)));
}
