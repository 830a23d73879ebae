import { join, lines } from '../../lib/servers/config/text.js';

describe('lines`…`', () => {
  it('has the lines of the template, without the indentation of the first', () => {
    const text = lines`
      server {
          listen ${80};
      }
    `;
    expect(join(text)).toBe('server {\n    listen 80;\n}\n');
  });

  it('indents all lines of a value that is alone on its line, but no empty ones', () => {
    const inner = lines`
      a {

          b;
      }
    `;
    const text = lines`
      server {
          ${inner}
          ${['c;', '', ['d;']]}
      }
    `;
    expect(join(text)).toBe('server {\n    a {\n\n        b;\n    }\n    c;\n\n    d;\n}\n');
  });

  it.each([undefined, false, []] as const)('has no line for %j', (nothing) => {
    const text = lines`
      a;
          ${nothing}
      b;
    `;
    expect(join(text)).toBe('a;\nb;\n');
  });

  it('keeps what a value contains, and empty lines at both ends', () => {
    const text = lines`
      root ${'"  $a "'} ${'b'};
      ${'  c;'}

    `;
    expect(join('', text)).toBe('\nroot "  $a " b;\n  c;\n\n');
  });
});
