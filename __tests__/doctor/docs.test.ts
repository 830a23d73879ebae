import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Description, DIAGNOSES, type Fix } from '../../lib/doctor/examiner/diagnoses.js';
import { CHECKS } from '../../lib/doctor/examiner/findings.js';

const page = readFileSync(join(__dirname, '../../docs/doctor.md'), 'utf8');
const codes = Object.keys(DIAGNOSES);

function sectionOf(title: string): string {
  const [, rest = ''] = page.split(`\n## ${title}\n`);
  return rest.split('\n## ')[0] ?? '';
}

function listServers(fix: Fix): string {
  if (typeof fix === 'string') return fix;
  return Object.entries(fix)
    .map(([server, text]) => `${server}: ${text}`)
    .join('<br>');
}

/** As a cell of a table in Markdown. */
function cell(text: string): string {
  return text
    .replaceAll(' {config}', '')
    .replaceAll('*', '\\*')
    .replace(/\{(\w+)\}/g, '*$1*')
    .replaceAll('<file>', '&lt;file>');
}

describe('docs/doctor.md', () => {
  it('lists all diagnoses with the meaning and the fix that the doctor gives', () => {
    const rows = Object.entries<Description>(DIAGNOSES).map(
      ([code, { means, fix, isWarning }]) =>
        `| \`${code}\`${isWarning ? ' (warning)' : ''} | ${cell(means)} | ${cell(listServers(fix))} |`,
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
