import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUrlSigner, type LinkClaims, type TokenOptions } from '../../lib/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { createTree } from '../helpers/tree.js';

/** docs/token-format.md, read and run: the Python in it makes and checks the same links. */

const SECRET = '0123456789abcdef0123456789abcdef';
const NOW = 1_800_000_000;
const document = readFileSync(join(__dirname, '../../docs/token-format.md'), 'utf8');
const block = (name: string): string =>
  new RegExp(`<!-- example: ${name} -->\n\`\`\`\\w+\n(.*?)\`\`\``, 's').exec(document)?.[1] ?? '';

interface Vector {
  readonly path: string;
  readonly claims: LinkClaims & { readonly notBefore?: string };
  readonly options: TokenOptions;
  readonly link: string;
}

const vectors: Vector[] = JSON.parse(block('vectors'));

function python(call: string, ...values: unknown[]): unknown {
  const program = `${block('python')}
import json, sys
arguments = json.loads(sys.stdin.read())
print(json.dumps(${call}(*arguments)))`;
  const input = JSON.stringify(values);
  return JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' }));
}

const now = (): number => NOW * 1000;
const signer = createUrlSigner(SECRET, { now });

describe('the vectors of docs/token-format.md', () => {
  it('are found', () => expect(vectors.length).toBeGreaterThan(5));

  it.each(vectors)(
    'include a valid link for $path with $claims and $options',
    ({ path, claims, options, link }) => {
      const { notBefore, ...rest } = claims;
      const given = notBefore === undefined ? rest : { ...rest, notBefore: new Date(notBefore) };
      const own = createUrlSigner(SECRET, { now, ...options });
      expect(own.sign(path, given)).toBe(link);
      const used = claims.prefix ? `${link}x` : link;
      expect(own.verify(used, { clientAddress: '2001:db8::2' })).toMatchObject({ ok: true });
    },
  );
});

it('the cookie of docs/token-format.md is the one that is made here', () => {
  const [, cookie] = /The cookie `([^`]+)`/.exec(document) ?? [];
  const made = signer.cookie('videos/42', { name: 'videos', mountPath: '/', expiresIn: 3600 });
  expect(made.split(';')[0]).toBe(cookie);
});

describeWithPrograms('the Python of docs/token-format.md', ['python3'], () => {
  it.each([
    ['report.pdf', [], {}],
    ['a b/mañana 是/100%.txt', [], {}],
    [
      'a.txt',
      [
        ['i', 'user-7'],
        ['f', 'Q3 für.pdf'],
        ['d', 'i'],
      ],
      { id: 'user-7', filename: 'Q3 für.pdf', disposition: 'inline' },
    ],
  ])('makes a link to %s that verify() accepts', (path, claims, expected) => {
    const link = String(python('sign', SECRET, path, NOW + 60, claims));
    expect(signer.verify(link)).toMatchObject({ ok: true, claims: { path, ...expected } });
    expect(link).toBe(signer.sign(path, { expiresIn: 60, ...(expected as LinkClaims) }));
  });

  it('reads a secret as the CLI does, without the newline at its end', () => {
    const directory = createTree({ 'link-secret': `${SECRET}\n`, marked: `\ufeff${SECRET}\r\n` });
    for (const name of ['link-secret', 'marked']) {
      expect(python('read_secret', join(directory, name))).toBe(SECRET);
    }
  });

  it('verifies links of sign()', () => {
    const link = signer.sign('dir/a b 是.txt', { id: 'x', notBefore: new Date(NOW * 1000) });
    expect(python('verify', SECRET, link, NOW)).toEqual([
      'dir/a b 是.txt',
      expect.objectContaining({ i: 'x' }),
    ]);
    expect(python('verify', SECRET, signer.sign('a~b.txt').replace('~', '%7E'), NOW)).toEqual([
      'a~b.txt',
      {},
    ]);
    expect(python('verify', SECRET, `${signer.sign('dir', { prefix: true })}x`, NOW)).toEqual([
      'dir/x',
      { p: '1' },
    ]);
  });

  it('rejects what verify() rejects', () => {
    const link = signer.sign('a.txt', { expiresIn: 60, notBefore: new Date(NOW * 1000) });
    for (const [bad, at] of [
      [link, NOW + 61],
      [link, NOW - 1],
      [link.replace('a.txt', 'b.txt'), NOW],
      [signer.sign('a', { prefix: true }).slice(0, -1), NOW],
      ['', NOW],
      ['/', NOW],
      ['/a.b.!!/x', NOW],
      ['/a.00000000.YQ/x', NOW],
      [`${link.slice(0, -5)}%ff`, NOW],
      [link.replace('/a.txt', ''), NOW],
    ]) {
      expect(python('verify', SECRET, bad, at)).toBeNull();
    }
    expect(python('verify', 'another secret of many bytes', link, NOW)).toBeNull();
  });
});
