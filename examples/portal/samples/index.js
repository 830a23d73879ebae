// @ts-check
// Generates the sample documents. They are identical on every machine.
import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pdf } from './pdf.js';
import { PALETTES, picture } from './picture.js';
import { chime } from './sound.js';

const MIB = 1024 * 1024;
const RECEIPTS = 48;

/**
 * path: relative to the user's directory, with slashes. date: of last modification. size: in bytes.
 *
 * @typedef {{ path: string, date: string, size: number, content: Buffer | Iterable<Buffer> }} Sample
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
      sample('Hills.png', '2025-02-03', picture(PALETTES.day)),
      sample('Walkthrough.webm', '2025-03-28', shipped('walkthrough.webm')),
      sample('Chime.wav', '2025-02-17', chime()),
      sample('Newsletter.html', '2025-01-09', newsletter()),
      ...Object.entries(PALETTES).map(([name, palette], index) =>
        sample(
          `Photos/Valley at ${name}.png`,
          `2025-01-${11 + index}`,
          picture(palette, index + 1),
        ),
      ),
      ...Array.from({ length: RECEIPTS }, (_, index) => receipt(index + 1)),
      {
        path: 'Backup.bin',
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
      sample('Dusk.png', '2025-03-30', picture(PALETTES.dusk)),
    ],
    admin: [],
  };
}

/**
 * @param {string} path
 * @param {string} date
 * @param {Buffer} content
 * @returns {Sample}
 */
function sample(path, date, content) {
  return { path, date, size: content.length, content };
}

/** @param {number} number */
function receipt(number) {
  const name = `Receipts/Receipt ${String(number).padStart(3, '0')}.txt`;
  const date = new Date(Date.UTC(2024, 0, 7 * number)).toISOString();
  const euros = ((number * 7919) % 9000) / 100 + 1;
  return sample(name, date, Buffer.from(`Receipt ${number}\n\nTea and cake  ${euros} EUR\n`));
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

/** A page with a script, which a preview must not run. */
function newsletter() {
  return Buffer.from(`<!doctype html>
<meta charset="utf-8"><title>Newsletter</title>
<style>body { font: 1.1rem/1.6 system-ui, sans-serif; margin: 2rem; }</style>
<h1>Newsletter</h1>
<p id="status">The script of this page did not run: xsendfile sends HTML in a sandbox.</p>
<script>document.getElementById('status').textContent = 'The script of this page ran.';</script>
`);
}

/** @param {string} name - of a file next to this one */
function shipped(name) {
  return readFileSync(new URL(name, import.meta.url));
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
