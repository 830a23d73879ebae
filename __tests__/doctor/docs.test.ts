import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Description,
  DIAGNOSES,
  type DiagnosisCode,
} from '../../lib/doctor/examiner/diagnoses.js';
import { CHECKS } from '../../lib/doctor/examiner/findings.js';
import { DOCTOR_PARTS } from '../../lib/servers/fixes.js';
import { FRONT_END_SERVERS } from '../../lib/servers/names.js';

const page = readFileSync(join(__dirname, '../../docs/doctor.md'), 'utf8');
const codes = Object.keys(DIAGNOSES);

function sectionOf(title: string): string {
  const [, rest = ''] = page.split(`\n## ${title}\n`);
  return rest.split('\n## ')[0] ?? '';
}

/** The fixes of servers that have their own, and the fix for all others. */
function listFixes(code: DiagnosisCode, fix: string): string {
  const own = FRONT_END_SERVERS.flatMap((server) => {
    const fixes: { readonly [own in DiagnosisCode]?: string } = DOCTOR_PARTS[server].fixes;
    const text = fixes[code];
    return text === undefined ? [] : [`${server}: ${text}`];
  });
  return own.length === 0 ? fix : [...own, `other: ${fix}`].join('<br>');
}

/** As a cell of a table in Markdown. */
function cell(text: string): string {
  return text
    .replaceAll(' {config}', '')
    .replaceAll('*', '\\*')
    .replace(/\{(\w+)\}/g, '*$1*')
    .replace(/<(?!br>)/g, '&lt;');
}

describe('docs/doctor.md', () => {
  it('lists all diagnoses with the meaning and the fix that the doctor gives', () => {
    const rows = Object.entries<Description>(DIAGNOSES).map(
      ([code, { means, fix, isWarning }]) =>
        `| \`${code}\`${isWarning ? ' (warning)' : ''} | ${cell(means)} | ${cell(listFixes(code as DiagnosisCode, fix))} |`,
    );
    const listed = sectionOf('Diagnoses').match(/^\| `.*$/gm);
    expect(listed).toEqual(rows);
  });

  it('lists all checks, each with diagnoses that exist, and all of them', () => {
    const rows = sectionOf('What each check means').match(/^\| `.*$/gm) ?? [];
    const namesIn = (column: number) =>
      rows.flatMap((row) => row.split(' | ')[column]?.match(/(?<=`)[a-zA-Z-]+(?=`)/g) ?? []);
    expect(namesIn(0).sort()).toEqual(Object.keys(CHECKS).sort());
    expect([...new Set(namesIn(2))].sort()).toEqual(codes.sort());
  });
});
