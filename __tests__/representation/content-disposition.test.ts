import fc from 'fast-check';
import {
  cleanFilename,
  formatDisposition,
  isAttachment,
} from '../../lib/representation/content-disposition.js';
import { anyCharacter } from '../helpers/any-character.js';

/** RFC 6266 and RFC 8187 read by hand: independent of the package that writes the header. */
function parseByHand(header: string): { type: string; filename: string | undefined } {
  let rest = header;
  const take = (pattern: RegExp): string => {
    const match = pattern.exec(rest);
    if (match === null || match.index !== 0) throw new Error(`${pattern} expected at: ${rest}`);
    rest = rest.slice(match[0].length);
    return match[1] ?? match[0];
  };
  const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
  const type = take(token);
  const parameters = new Map<string, string>();
  while (rest !== '') {
    take(/[ \t]*;[ \t]*/);
    const name = take(token).toLowerCase();
    take(/=/);
    const value = rest.startsWith('"')
      ? take(/"((?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)"/).replace(/\\(.)/g, '$1')
      : take(token);
    if (parameters.has(name)) throw new Error(`${name} twice`);
    parameters.set(name, value);
  }
  const extended = parameters.get('filename*');
  if (extended === undefined) return { type, filename: parameters.get('filename') };
  const [charset, , encoded = ''] = extended.split("'");
  expect(charset).toBe('UTF-8');
  expect(encoded).toMatch(/^(?:[!#$&+.^_`|~0-9A-Za-z-]|%[0-9A-F]{2})*$/);
  return { type, filename: decodeURIComponent(encoded) };
}

describe('formatDisposition(disposition, name)', () => {
  it.each<[string, string]>([
    ['plain.txt', 'plain.txt'],
    ['two words.txt', 'two words.txt'],
    ['say "hi".txt', 'say "hi".txt'],
    ['back\\slash.txt', 'back_slash.txt'],
    ['Rechnung 1/2.pdf', 'Rechnung 1_2.pdf'],
    ['/absolute/', '_absolute_'],
    ['a\r\nSet-Cookie: a=b.txt', 'aSet-Cookie: a=b.txt'],
    ['a;b=c.txt', 'a;b=c.txt'],
    ['a,b.txt', 'a,b.txt'],
    ["it's 100%.txt", "it's 100%.txt"],
    ['%41%0d%0a.txt', '%41%0d%0a.txt'],
    ['mañana.txt', 'mañana.txt'],
    ['mañana.txt', 'mañana.txt'],
    ['是.txt', '是.txt'],
    ['😀👩‍👩‍👧.txt', '😀👩‍👩‍👧.txt'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['\u2066a\u2069\u200f.txt', 'a.txt'],
    ['\0\x07\x7f\x9b.txt', '.txt'],
    ['line\u2028break.txt', 'linebreak.txt'],
    ['lone\ud800.txt', 'lone.txt'],
    [`${'x'.repeat(300)}.txt`, `${'x'.repeat(251)}.txt`],
    [`${'是'.repeat(300)}.txt`, `${'是'.repeat(83)}.txt`],
    ['a.txt"; filename=evil.bat; x="', 'a.txt"; filename=evil.bat; x="'],
    ["a.txt; filename*=UTF-8''evil.bat", "a.txt; filename*=UTF-8''evil.bat"],
    ['.', 'download'],
    ['...', 'download'],
    ['.hidden', '.hidden'],
    ['etc.', 'etc.'],
    ['  blanks around.txt\t', 'blanks around.txt'],
    ['x'.repeat(300), 'x'.repeat(255)],
    [`${'x'.repeat(300)}.${'y'.repeat(31)}`, `${'x'.repeat(223)}.${'y'.repeat(31)}`],
    [`${'x'.repeat(300)}.${'y'.repeat(32)}`, 'x'.repeat(255)],
  ])('writes %j so that it is read as %j', (filename, expected) => {
    const header = formatDisposition({ filename }, 'own.txt', 'the test');
    expect(parseByHand(header)).toEqual({ type: 'attachment', filename: expected });
  });

  it('writes any name so that it is read back, cleaned', () => {
    const filename = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: 'grapheme', minLength: 80 }),
      fc.string({
        unit: fc.constantFrom('"', '\\', ';', '%', "'", '\r', '\n', ' ', 'é', '\u202e'),
      }),
    );
    fc.assert(
      fc.property(filename, (name) => {
        const header = formatDisposition({ type: 'inline', filename: name }, 'own.txt', 'the test');
        expect(header).toMatch(/^[\x20-\x7e]*$/);
        const parsed = parseByHand(header);
        expect(parsed).toEqual({ type: 'inline', filename: cleanFilename(name) });
        expect(Buffer.byteLength(String(parsed.filename))).toBeLessThanOrEqual(255);
        expect(parsed.filename).not.toMatch(/^$|[/\\\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, string]>([
    ['mañana 是.txt', 'ma_ana _.txt'],
    ['😀.pdf', '_.pdf'],
    ['what?.txt', 'what?.txt'],
  ])('names %j %j for clients that read only ASCII', (filename, expected) => {
    const header = formatDisposition({ filename }, 'own.txt', 'the test');
    expect(/filename="?([^";]*)/.exec(header)?.[1]).toBe(expected);
  });

  it.each<[unknown, string]>([
    ['attachment', 'attachment; filename=a_b.txt'],
    ['inline', 'inline; filename=a_b.txt'],
    [{ type: 'inline' }, 'inline; filename=a_b.txt'],
    ['attachment; filename="x\\\\y"', 'attachment; filename="x\\\\y"'],
  ])('writes a file name with a backslash for %j', (disposition, expected) => {
    expect(formatDisposition(disposition, 'a\\b.txt', 'the test')).toBe(expected);
  });

  it.each(['form-data', ' form-data ; name=a', 'INLINE;filename=a'])('keeps %j', (value) => {
    expect(formatDisposition(value, 'x', 'the test')).toBe(value);
  });

  it.each(['', ' ', '"inline"', 'inline"', 'in line', '=inline', ';inline'])(
    'rejects %j',
    (value) => {
      expect(() => formatDisposition(value, 'x', 'the test')).toThrow(/cannot be sent/);
    },
  );

  it.each(['report.pdf', 'My report.pdf', 'a/b.tar.gz'])('explains how to write %j', (value) => {
    expect(() => formatDisposition(value, 'x', 'send()')).toThrow(
      `xsendfile: send() gave "${value}", which cannot be sent as Content-Disposition. For a file name, write { filename: "${value}" }.`,
    );
  });

  it('rejects the promise of an async function, which looks like an object of defaults', () => {
    expect(() => formatDisposition(Promise.resolve('inline'), 'x', 'options.disposition')).toThrow(
      'xsendfile: options.disposition gave a promise, which cannot be sent as Content-Disposition.',
    );
    expect(formatDisposition({}, 'x', 'options.disposition')).toBe('attachment; filename=x');
  });

  it('rejects an invalid disposition, and names its source', () => {
    expect(() => formatDisposition('a\nb', 'x', 'options.disposition')).toThrow(
      'xsendfile: options.disposition gave "a\\nb", which cannot be sent as Content-Disposition.',
    );
  });
});

describe('isAttachment(value)', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, false],
    ['inline', false],
    ['Inline; filename=x', false],
    ['attachment', true],
    ['ATTACHMENT; filename=x', true],
    // RFC 6266 §4.2: unknown types are handled like attachment.
    ['inlined', true],
    ['\tinline', false],
    ['-inline', true],
    ['attachment; filename=inline', true],
  ])('of %j returns %s', (value, expected) => {
    expect(isAttachment(value)).toBe(expected);
  });
});
