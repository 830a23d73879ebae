import { createMultipart } from '../../lib/http/multipart.js';

const RANGES = [
  { start: 0, end: 0 },
  { start: 10, end: 19 },
];

function textOf(parts: ReturnType<typeof createMultipart>['parts']): string {
  return parts
    .map((part) =>
      Buffer.isBuffer(part) ? part.toString('latin1') : `<${part.start}-${part.end}>`,
    )
    .join('');
}

describe('createMultipart(ranges, type, size)', () => {
  it('puts delimiters and headers around the ranges (RFC 2046 §5.1.1)', () => {
    const { contentType, parts } = createMultipart(RANGES, 'text/plain; charset=é', 100);
    const [, boundary] = /^multipart\/byteranges; boundary=([\w-]{24})$/.exec(contentType) ?? [];
    expect(textOf(parts)).toBe(
      [
        `--${boundary}`,
        'Content-Type: text/plain; charset=é',
        'Content-Range: bytes 0-0/100',
        '',
        '<0-0>',
        `--${boundary}`,
        'Content-Type: text/plain; charset=é',
        'Content-Range: bytes 10-19/100',
        '',
        '<10-19>',
        `--${boundary}--`,
        '',
      ].join('\r\n'),
    );
  });

  it('counts all bytes', () => {
    const { length, parts } = createMultipart(RANGES, 'text/plain; charset=é', 100);
    const literal = parts.filter((part) => Buffer.isBuffer(part));
    expect(length).toBe(Buffer.concat(literal).length + 1 + 10);
  });

  it('chooses another boundary each time', () => {
    const types = Array.from({ length: 10 }, () => createMultipart(RANGES, 'a/b', 100).contentType);
    expect(new Set(types).size).toBe(10);
  });
});
