import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { apacheSender, nginxSender, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { anyCharacter } from '../helpers/any-character.js';
import { rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

const site = createTree();
/** A directory whose own name has to be encoded. */
const root = join(site, "files & 100% 'é'");
mkdirSync(root);

/** As a front end reads a header's value: bytes to a path. */
type Decode = (value: Buffer) => string;

const raw: Decode = (value) => value.toString();
const percent: Decode = (value) => {
  const text = value.toString('latin1');
  if (!/^(?:[!-$&-~]|%[0-9A-F]{2})*$/.test(text)) throw new Error(`not percent-encoded: ${text}`);
  if (/[?#\\"<>]/.test(text)) throw new Error(`means something else to a front end: ${text}`);
  return decodeURIComponent(text);
};

interface SenderCase {
  readonly title: string;
  readonly sender: XSendfileOptions['sender'];
  readonly header: string;
  readonly decode: Decode;
  /** What the decoded path starts with, instead of the root. */
  readonly prefix: string;
}

const SENDERS: readonly SenderCase[] = [
  { title: 'standard', sender: 'standard', header: 'X-Sendfile', decode: percent, prefix: root },
  { title: 'lighttpd', sender: 'lighttpd', header: 'X-Sendfile', decode: percent, prefix: root },
  { title: 'apache', sender: 'apache', header: 'X-Sendfile', decode: raw, prefix: root },
  {
    title: "apacheSender({ encoding: 'percent' })",
    sender: apacheSender({ encoding: 'percent' }),
    header: 'X-Sendfile',
    decode: percent,
    prefix: root,
  },
  {
    title: 'nginx',
    sender: 'nginx',
    header: 'X-Accel-Redirect',
    decode: percent,
    prefix: '/-internal-',
  },
  {
    title: "nginxSender({ location: '/x' })",
    sender: nginxSender({ location: '/x' }),
    header: 'X-Accel-Redirect',
    decode: percent,
    prefix: '/x',
  },
];

/** Names of one to 255 bytes: any characters, with a liking for those that have a meaning somewhere. */
const name = fc
  .oneof(
    { weight: 2, arbitrary: fc.string({ unit: anyCharacter, minLength: 1, maxLength: 60 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }) },
    {
      weight: 3,
      arbitrary: fc
        .array(
          fc.constantFrom(
            ...' \t\r\n\v\f\x01\x1b\x7f\x85\xa0%?#&+;:,=@!"\'\\<>[]{}|^`~$*()-_.a0',
            '%2F',
            '%00',
            '%0d%0a',
            '..',
            'é',
            '\u0160\u010d',
            '\u2028',
            '😀',
            '\ufeff',
            '\ufffd',
          ),
          { minLength: 1, maxLength: 20 },
        )
        .map((parts) => parts.join('')),
    },
  )
  .map((text) => text.replace(/[/\0\ud800-\udfff]/gu, '_'))
  .filter((text) => !['.', '..'].includes(text) && Buffer.byteLength(text) <= 255);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));

/** Header lines of a response, names in lower case, values as bytes and not trimmed by Unicode. */
function readHead(response: Buffer): Map<string, Buffer> {
  const head = response.subarray(0, response.indexOf('\r\n\r\n')).toString('latin1');
  const lines = head.split('\r\n').slice(1);
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon).toLowerCase(), Buffer.from(line.slice(colon + 2), 'latin1')];
    }),
  );
}

describe.each(SENDERS)('xsendfile(root, { sender: $title })', (each) => {
  it('names the checked file, or lets this process send it', async () => {
    let wanted = '';
    let isSentHere = false;
    const handler = xsendfile(root, {
      sender: each.sender,
      handshake: false,
      dotfiles: 'allow',
      disposition: 'attachment',
      onFinish: ({ kind }) => {
        isSentHere = kind === 'sent';
      },
    });
    const port = await listen((req, res) => {
      handler.send(req, res, wanted).catch((error) => res.writeHead(500).end(String(error)));
    });

    let known: string[] | undefined;
    await fc.assert(
      fc.asyncProperty(path, async (relativePath) => {
        wanted = relativePath;
        const file = join(root, relativePath);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `content of ${relativePath}`);
        try {
          const { raw: response } = await rawRequest(port, { target: '/' });
          expect(response.toString('latin1', 9, 12)).toBe('200');
          const head = readHead(response);
          const value = head.get(each.header.toLowerCase());
          const body = response.subarray(response.indexOf('\r\n\r\n') + 4).toString();
          if (isSentHere) {
            expect([value, body]).toEqual([undefined, `content of ${relativePath}`]);
            return;
          }
          expect(each.decode(value ?? Buffer.of())).toBe(`${each.prefix}/${relativePath}`);
          expect(body).toBe('');
          // No line more than others have, and nothing in any that could end it.
          known ??= [...head.keys()];
          expect([...head.keys()]).toEqual(known);
          for (const bytes of head.values())
            expect(bytes.toString('latin1')).not.toMatch(/[\r\n\0]/);
        } finally {
          rmSync(join(root, relativePath.split('/')[0] ?? ''), { recursive: true });
        }
      }),
      { numRuns: 80 },
    );
    expect(known).toBeDefined();
  });
});
