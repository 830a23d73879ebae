import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN_OPTIONS } from '../lib/links/options.js';
import { XSENDFILE_OPTIONS } from '../lib/pipeline/options.js';

function readSection(document: string, heading?: RegExp): string {
  const text = readFileSync(join(__dirname, '..', document), 'utf8');
  return heading === undefined ? text : (text.split(heading)[1]?.split(/^##{1,2} /m)[0] ?? '');
}

/** The names in the first column of the tables below a heading, or of all tables. */
function listRows(document: string, heading?: RegExp): string[] {
  const cells = [...readSection(document, heading).matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)];
  return cells.flatMap(([, names = '']) => names.replaceAll('`', '').split(', '));
}

/** The properties of an interface in the API reference, which is generated from the code. */
function listProperties(page: string, name: string): string[] {
  const section = readSection(`docs/api/${page}.md`, new RegExp(`^### ${name}$`, 'm'));
  return [...section.matchAll(/^\| <a id="property-[^"]+"><\/a> `(\w+)\??` \|/gm)].map(
    ([, each = '']) => each,
  );
}

describe('the tables of options', () => {
  it('have a row for each option of xsendfile() in docs/options.md', () => {
    expect(listRows('docs/options.md').sort()).toEqual([...XSENDFILE_OPTIONS].sort());
  });

  it('have a row for each option of authToken() in docs/auth-tokens.md', () => {
    const rows = listRows('docs/auth-tokens.md', /^## Options$/m);
    expect(rows.sort()).toEqual(
      [...TOKEN_OPTIONS, 'clientAddress', 'confirm', 'resumeGrace'].sort(),
    );
  });

  it.each([
    ['docs/senders.md', 'The configuration', 'frontends', 'FrontEndConfigOptions'],
    ['docs/object-storage.md', 'Options of `remoteRoot()`', 'remote', 'RemoteRootOptions'],
    ['docs/object-storage.md', 'The object', 'xsendfile', 'RemoteObject'],
    ['docs/one-download.md', 'What counts as one download', 'uses', 'LimitUsesOptions'],
    ['docs/outcomes.md', 'A delivery', 'xsendfile', 'Delivery'],
    ['docs/outcomes.md', 'The record', 'xsendfile', 'Outcome'],
  ])('have a row for each property in %s, %s', (document, heading, page, name) => {
    const pattern = new RegExp(`^##+ ${heading.replace(/[()]/g, '\\$&')}$`, 'm');
    const properties = listProperties(page, name);
    expect(properties.length).toBeGreaterThan(3);
    expect(listRows(document, pattern)).toEqual(expect.arrayContaining(properties));
  });
});
