// @ts-check
// Generates the sample documents: a text file, a PDF, a picture and a large file. They are identical on
// every machine.
import { createCipheriv } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const MIB = 1024 * 1024;

/**
 * @typedef {object} Sample
 * @property {string} name
 * @property {string} date - of last modification
 * @property {number} size - in bytes
 * @property {Buffer | Iterable<Buffer>} content
 */

/**
 * Returns the documents of each user.
 *
 * @param {number} bigFileBytes
 * @returns {Record<string, Sample[]>}
 */
export function samplesByUser(bigFileBytes) {
  return {
    alice: [
      sample('Grüße aus Köln.txt', '2025-03-14', text('Liebe Alice', 'schöne Grüße aus Köln!')),
      sample(
        'Invoice 2025-042.pdf',
        '2025-04-01',
        pdf('Invoice 2025-042', ['Alice Liddell', '1 looking-glass, slightly used', '42.00 EUR']),
      ),
      sample('Hills.png', '2025-02-03', picture({ isDusk: false })),
      {
        name: 'Backup.bin',
        date: '2025-04-22',
        size: bigFileBytes,
        content: noise(bigFileBytes),
      },
    ],
    bob: [
      sample('Übergabe.txt', '2025-04-10', text('Lieber Bob', 'der Schlüssel liegt bei Zoë.')),
      sample(
        'Contract.pdf',
        '2025-01-15',
        pdf('Contract', ['between Bob (Builder) and Wendy', 'Can we fix it? Yes, we can.']),
      ),
      sample('Dusk.png', '2025-03-30', picture({ isDusk: true })),
    ],
  };
}

/**
 * @param {string} name
 * @param {string} date
 * @param {Buffer} content
 * @returns {Sample}
 */
function sample(name, date, content) {
  return { name, date, size: content.length, content };
}

/**
 * @param {string} greeting
 * @param {string} message
 */
function text(greeting, message) {
  return Buffer.from(
    `${greeting},\n\n${message}\nZwölf Boxkämpfer jagen Viktor quer über den Sylter Deich. ✓\n`,
  );
}

/**
 * Creates a PDF with one page.
 *
 * @param {string} title
 * @param {string[]} lines
 */
function pdf(title, lines) {
  const page = [
    '0.15 0.39 0.92 rg 0 812 595 30 re f 0 g',
    `BT /F2 28 Tf 56 740 Td (${pdfText(title)}) Tj`,
    `/F1 14 Tf 0 -48 Td 22 TL ${lines.map((line) => `(${pdfText(line)}) Tj T*`).join(' ')} ET`,
  ].join('\n');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>',
    `<< /Length ${page.length} >>\nstream\n${page}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>',
  ];
  let file = '%PDF-1.4\n';
  let index = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const [number, object] of objects.entries()) {
    index += `${String(file.length).padStart(10, '0')} 00000 n \n`;
    file += `${number + 1} 0 obj\n${object}\nendobj\n`;
  }
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(file + index + trailer, 'latin1');
}

/** @param {string} line */
function pdfText(line) {
  return line.replace(/[\\()]/g, '\\$&');
}

/**
 * Creates a PNG of several ridges of hills.
 *
 * @param {{ isDusk: boolean }} options
 */
function picture({ isDusk }) {
  const [width, height] = [640, 400];
  const row = 1 + 3 * width;
  const pixels = Buffer.alloc(row * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Number of ridges, of four, that cover this pixel.
      const depth = [160, 220, 280, 340].filter(
        (base, ridge) => y > base + 28 * Math.sin(x / (90 - 12 * ridge) + 2 * ridge),
      ).length;
      const isSun = depth === 0 && (x - 470) ** 2 + (y - 90) ** 2 < 42 ** 2;
      const shade = 240 - 36 * depth;
      const colour = isSun ? [255, 236, 170] : [shade - y / 5, shade - y / 8, shade];
      if (isDusk && !isSun) colour.reverse();
      pixels.set(colour.map(Math.round), y * row + 1 + 3 * x);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8); // 8 bits per channel, RGB
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const file = Buffer.alloc(body.length + 8);
  file.writeUInt32BE(data.length, 0);
  file.set(body, 4);
  file.writeUInt32BE(crc32(body), body.length + 4);
  return file;
}

/** zlib.crc32() needs Node 20.15. @param {Buffer} data */
function crc32(data) {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/**
 * Generates bytes that cannot be compressed: the key stream of a cipher, which is fast.
 *
 * @param {number} size
 */
function* noise(size) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  for (let rest = size; rest > 0; rest -= MIB)
    yield cipher.update(Buffer.alloc(Math.min(rest, MIB)));
}
