import { DEFAULT_LOCATION, nameForRestoring, RESTORED_HEADERS } from '../../servers/names.js';
import { describeAnswer, leakedHeaders } from './answers.js';
import { headerOf } from './client.js';
import { type Description, DIAGNOSES, type DiagnosisCode, SERVERS } from './diagnoses.js';
import type { CheckResult, Examination } from './findings.js';
import type { Fetched } from './session.js';

/** What a diagnosis is about. */
export interface Evidence {
  /** The request that went wrong. @default the first download */
  readonly fetched?: Fetched;
  /** What went wrong, of several things. */
  readonly list?: readonly string[];
}

/** The result for something that is wrong. */
export function diagnose(
  code: DiagnosisCode,
  examination: Examination,
  { fetched, list }: Evidence = {},
): CheckResult {
  const { means, seen, fix, isWarning }: Description = DIAGNOSES[code];
  const values = valuesOf(examination, fetched ?? examination.plain, list);
  const fill = (text: string) =>
    text.replace(/\{(\w+)\}/g, (_whole, name) => values[name as keyof typeof values]);
  const shown = seen ?? (list ? '{list}' : fetched ? '{answer}' : '');
  const { server } = examination;
  return {
    status: isWarning === true ? 'warning' : 'failed',
    says: shown === '' ? means : `${means} (${fill(shown)})`,
    diagnosis: code,
    fix: fill((server && SERVERS[server].fixes[code]) ?? fix),
  };
}

/** The placeholders of the table. */
function valuesOf(
  { server, opened, forced }: Examination,
  { answer, account }: Fetched,
  list: readonly string[] = [],
) {
  const leaked = leakedHeaders(answer);
  const header = (account ?? forced.account)?.header;
  const value = header?.value ?? '';
  const at = value.indexOf(opened.directory);
  return {
    server: server ?? 'the front end',
    sender: account?.sender ?? 'unknown',
    root: opened.root,
    config: `Compare with: xsendfile config ${server ?? '<server>'} --root '${opened.root}'`,
    forced: header === undefined ? 'nothing' : `${header.name}: ${shortenValue(value)}`,
    location: at === -1 ? DEFAULT_LOCATION.nginx : value.slice(0, at),
    size: header === undefined ? 'thousands of' : String(value.length),
    answer: describeAnswer(answer),
    leaks: leaked.length === 0 ? '' : ` and see ${leaked.join(', ')}`,
    length: headerOf(answer, 'Content-Length') ?? 'missing',
    range: headerOf(answer, 'Content-Range') ?? 'missing',
    closed: opened.closedTo === undefined ? '' : `; ${opened.closedTo} is closed to other users`,
    list: list.join(', '),
    addHeaders: list.map(addHeader).join(' '),
    restored: RESTORED_HEADERS.map(addHeader).join(' '),
  };
}

function shortenValue(value: string): string {
  return value.length > 200 ? `${value.slice(0, 200)}…` : value;
}

/** nginx's directive that passes a header on. */
function addHeader(name: string): string {
  const isRestored = RESTORED_HEADERS.some((each) => each === name);
  const source = isRestored ? nameForRestoring(name) : name;
  return `add_header ${name} $upstream_http_${source.toLowerCase().replaceAll('-', '_')};`;
}
