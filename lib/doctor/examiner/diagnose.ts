import { DOCTOR_PARTS } from '../../servers/fixes.js';
import { describeAnswer, leakedHeaders } from './answers.js';
import { headerOf } from './client.js';
import { type Description, DIAGNOSES, type DiagnosisCode } from './diagnoses.js';
import type { CheckResult, Examination, Problem } from './findings.js';
import type { Fetched } from './session.js';

/** The result for something that is wrong. */
export function diagnose(
  code: DiagnosisCode,
  examination: Examination,
  { fetched, list }: Omit<Problem, 'code'> = {},
): CheckResult {
  const { means, seen, fix, isWarning }: Description = DIAGNOSES[code];
  const values = valuesOf(examination, fetched ?? examination.plain, list);
  const fill = (text: string) =>
    text.replace(/\{(\w+)\}/g, (_whole, name: string) => String(values[name]));
  const shown = seen ?? (list ? '{list}' : fetched ? '{answer}' : '');
  const { server } = examination;
  const ownFix = server && DOCTOR_PARTS[server].fixes[code];
  return {
    status: isWarning === true ? 'warning' : 'failed',
    message: shown === '' ? means : `${means} (${fill(shown)})`,
    diagnosis: code,
    fix: fill(ownFix ?? fix),
  };
}

/** The placeholders of the table. */
function valuesOf(
  { server, opened, forced }: Examination,
  { answer, account }: Fetched,
  list: readonly string[] = [],
): Readonly<Record<string, string>> {
  const leaked = leakedHeaders(answer);
  const header = (account ?? forced.account)?.header;
  const value = header?.value ?? '';
  const at = value.indexOf(opened.directory);
  const own = Object.values(DOCTOR_PARTS).map(({ placeholders }) => placeholders?.(list));
  return {
    ...Object.assign({}, ...own),
    ...(at === -1 ? {} : { location: value.slice(0, at) }),
    server: server ?? 'the front end',
    sender: account?.sender ?? 'unknown',
    root: opened.root,
    config: `Compare with: xsendfile config ${server ?? '<server>'} --root '${opened.root}'`,
    forced: header === undefined ? 'nothing' : `${header.name}: ${shortenValue(value)}`,
    size: header === undefined ? 'thousands of' : String(value.length),
    answer: describeAnswer(answer),
    leaks: leaked.length === 0 ? '' : ` and see ${leaked.join(', ')}`,
    length: headerOf(answer, 'Content-Length') ?? 'missing',
    range: headerOf(answer, 'Content-Range') ?? 'missing',
    closed: opened.closedTo === undefined ? '' : `; ${opened.closedTo} is closed to other users`,
    list: list.join(', '),
  };
}

function shortenValue(value: string): string {
  return value.length > 200 ? `${value.slice(0, 200)}…` : value;
}
