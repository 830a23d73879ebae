import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN_OPTIONS } from '../lib/links/options.js';
import { XSENDFILE_OPTIONS } from '../lib/pipeline/options.js';

/** The first column of the tables below a heading, or of all tables. */
function listRows(document: string, heading?: RegExp): string[] {
  const text = readFileSync(join(__dirname, '..', document), 'utf8');
  const section = heading === undefined ? text : (text.split(heading)[1]?.split(/^## /m)[0] ?? '');
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name);
}

describe('the tables of options', () => {
  it('have a row for each option of xsendfile() in docs/options.md', () => {
    expect(listRows('docs/options.md').sort()).toEqual([...XSENDFILE_OPTIONS].sort());
  });

  it('have a row for each option of authToken() in docs/auth-tokens.md', () => {
    const rows = listRows('docs/auth-tokens.md', /^## Options$/m);
    expect(rows.sort()).toEqual([...TOKEN_OPTIONS, 'clientAddress'].sort());
  });
});
