// @ts-check

/**
 * Creates a PDF with one page.
 *
 * @param {string} title
 * @param {string[]} lines
 */
export function pdf(title, lines) {
  const page = [
    '0.06 0.46 0.43 rg 0 812 595 30 re f 0 g',
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
