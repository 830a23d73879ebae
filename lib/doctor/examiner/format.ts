import type { Diagnosis } from './examine.js';
import { CHECKS, type Finding } from './findings.js';

const COLOURS = { ok: 32, failed: 31, warning: 33, skipped: 90 };
const WIDTH = Math.max(...Object.values(CHECKS).map(({ length }) => length));

/** Whether nothing is wrong. */
export function isHealthy({ findings }: Diagnosis): boolean {
  return findings.every(({ status }) => status !== 'failed');
}

/** A line for each check, one below it with the fix, and at the end all fixes. */
export function formatDiagnosis(diagnosis: Diagnosis, url: string, isColoured: boolean): string {
  const { server, sender, findings } = diagnosis;
  const lines = findings.map((finding) => formatFinding(finding, isColoured));
  const count = findings.filter(({ status }) => status === 'failed').length;
  const end =
    count === 0 ? 'All is well.' : `${count} ${count === 1 ? 'check has' : 'checks have'} failed.`;
  const head = `${url}: front end ${server ?? 'unknown'}, sender ${sender ?? 'unknown'}\n`;
  return `${clean(head)}\n${lines.join('')}\n${end}\n${formatFixes(findings)}`;
}

/** One fix may be for several checks. Failed checks come first: a warning is less urgent. */
function formatFixes(findings: readonly Finding[]): string {
  const fixesOf = (status: Finding['status']) =>
    findings.flatMap((finding) => (finding.status === status ? (finding.fix ?? []) : []));
  const fixes = new Set([...fixesOf('failed'), ...fixesOf('warning')]);
  const items = [...fixes].map((fix, index) => `${index + 1}. ${clean(fix)}\n`);
  return items.length === 0 ? '' : `\nWhat to do:\n${items.join('')}`;
}

function formatFinding(
  { check, status, message, diagnosis, fix }: Finding,
  isColoured: boolean,
): string {
  const word = status.padEnd(7);
  const first = isColoured ? `\u001b[${COLOURS[status]}m${word}\u001b[0m` : word;
  const name = diagnosis === undefined ? '' : `[${diagnosis}] `;
  const indented = fix === undefined ? '' : `${' '.repeat(9)}Fix: ${clean(fix)}\n`;
  return `${first}  ${CHECKS[check].padEnd(WIDTH)}  ${name}${clean(message)}\n${indented}`;
}

/** Values from servers may contain anything. */
function clean(text: string): string {
  return text.replace(
    /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    '\uFFFD',
  );
}

/** The same for programs. */
export function toJsonReport(diagnosis: Diagnosis, url: string): object {
  const { findings, ...rest } = diagnosis;
  return {
    url,
    healthy: isHealthy(diagnosis),
    ...rest,
    checks: findings.map(({ check, ...finding }) => ({ check, title: CHECKS[check], ...finding })),
  };
}
