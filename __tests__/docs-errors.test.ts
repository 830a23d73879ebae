import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, XSendfileError } from '../lib/shared/errors.js';

/** docs/errors.md against the sources: nobody can add a code and forget to explain it. */

const repository = join(__dirname, '..');
const page = readFileSync(join(repository, 'docs/errors.md'), 'utf8');

/** The sources, without the command line program, whose messages explain themselves. */
const sources = readdirSync(join(repository, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('cli'))
  .map((name) => ({ name, text: readFileSync(join(repository, 'lib', name), 'utf8') }));

function codesLike(pattern: RegExp): string[] {
  const codes = sources.flatMap(({ text }) =>
    [...text.matchAll(pattern)].map(([, code, other]) => code ?? other),
  );
  return [...new Set(codes.map(String))].sort();
}

const sections = page.split(/^### /m).slice(1);
const headings = sections.map((section) => section.split('\n')[0] ?? '');

describe('docs/errors.md', () => {
  it('has a heading for each code of an error', () => {
    const errors = headings.filter((heading) => heading.startsWith('ERR_')).sort();
    expect(errors).toEqual(codesLike(/'(ERR_XSENDFILE_\w+)'|^ {2}(ERR_XSENDFILE_\w+):/gm));
  });

  it('is where the help of each error leads', () => {
    const { repository } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'));
    const home = String(repository.url).replace(/^git\+(.*)\.git$/, '$1');
    for (const heading of headings.filter((each) => each.startsWith('ERR_'))) {
      // As GitHub makes anchors of headings without punctuation.
      const expected = `${home}/blob/main/docs/errors.md#${heading.toLowerCase()}`;
      expect(new XSendfileError(heading as ErrorCode, 'wrong').help).toBe(expected);
    }
  });

  it('has a heading for each code of a warning', () => {
    const warnings = headings.filter((heading) => heading.startsWith('XSENDFILE_')).sort();
    expect(warnings).toEqual(
      codesLike(/(?:\bcode: |(?:createWarning|warn)\(\s*)'(XSENDFILE_\w+)'/g),
    );
  });

  it('says of each when it appears, why, and how to fix it', () => {
    for (const section of sections) {
      expect(section).toMatch(
        /^- \*\*When:\*\*.*^- \*\*Why(?:, fix:\*\*|:\*\*.*^- \*\*Fix:\*\*)/ms,
      );
    }
  });

  it('is complete, because each warning has a code', () => {
    for (const { name, text } of sources) {
      const warnings = text.split('process.emitWarning(').slice(1);
      for (const warning of warnings) {
        expect([name, warning.split(');\n')[0]]).toEqual([name, expect.stringMatching(/\bcode\b/)]);
      }
    }
  });
});
