import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseRanges } from '../../lib/http/ranges.js';
import { xsendfile } from '../../lib/index.js';
import { createFixture } from '../helpers/check.js';
import { type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { createSparse } from '../pipeline/transfer/sparse.js';

jest.setTimeout(30_000);

/** Every position is recognisable. */
const CONTENT = Array.from({ length: 20_000 }, (_, index) => `${index + 100_000} `).join('');
const SIZE = CONTENT.length;
const root = createTree({
  'digits.txt': CONTENT,
  'picture.png': CONTENT,
  'small.txt': '0123456789',
  'empty.txt': '',
});
const ETAG = '"v1"';
const options = { etag: () => ETAG };

interface Part {
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string;
}

/** The parts of a body by the grammar of RFC 2046 §5.1.1; fails on anything that is not in it. */
function parseMultipart({ headers, body }: RawResponse): readonly Part[] {
  // bchars of the RFC without those that would need quotes.
  const [, boundary] =
    /^multipart\/byteranges; ?boundary=([\w'+.-]{1,70})$/.exec(headers['content-type'] ?? '') ?? [];
  if (boundary === undefined) throw new Error(`no boundary in ${headers['content-type']}`);
  const parts: Part[] = [];
  let rest = body.toString('latin1');
  const expectNext = (text: string): void => {
    if (!rest.startsWith(text)) throw new Error(`expected ${text}, got ${rest.slice(0, 200)}`);
    rest = rest.slice(text.length);
  };
  const upTo = (text: string): string => {
    const end = rest.indexOf(text);
    if (end < 0) throw new Error(`no ${JSON.stringify(text)} in ${rest.slice(0, 200)}`);
    const found = rest.slice(0, end);
    rest = rest.slice(end);
    return found;
  };
  expectNext(`--${boundary}`);
  while (!rest.startsWith('--')) {
    expectNext('\r\n');
    const fields = upTo('\r\n\r\n').split('\r\n');
    expectNext('\r\n\r\n');
    parts.push({
      headers: Object.fromEntries(
        fields.map((field) => {
          const colon = field.indexOf(':');
          return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
        }),
      ),
      content: upTo(`\r\n--${boundary}`),
    });
    expectNext(`\r\n--${boundary}`);
  }
  expectNext('--');
  expect(['', '\r\n']).toContain(rest);
  return parts;
}

/** Asserts that an answer consists of exactly these parts of the content. */
function expectParts(response: RawResponse, ranges: readonly (readonly [number, number])[]): void {
  expect(response.status).toBe(206);
  expect(response.headers['content-range']).toBeUndefined();
  expect(response.headers['content-length']).toBe(String(response.body.length));
  expect(parseMultipart(response)).toEqual(
    ranges.map(([start, end]) => ({
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-range': `bytes ${start}-${end}/${SIZE}`,
      },
      content: CONTENT.slice(start, end + 1),
    })),
  );
}

/** That many ranges of ten bytes, none of which touches another. */
function apart(count: number): string {
  return Array.from({ length: count }, (_, index) => `${index * 100}-${index * 100 + 9}`).join();
}

describe("xsendfile(root, { sender: 'serve' }) with several ranges", () => {
  it.each<[string, string, readonly (readonly [number, number])[]]>([
    [
      'in the order of the header',
      '500-509,0-9',
      [
        [500, 509],
        [0, 9],
      ],
    ],
    [
      'a suffix and an open range among them',
      '-10,0-0',
      [
        [SIZE - 10, SIZE - 1],
        [0, 0],
      ],
    ],
    [
      'spaces and empty elements',
      ' 0-9 ,,\t100-109, ',
      [
        [0, 9],
        [100, 109],
      ],
    ],
    [
      'overlapping ones as one',
      '0-99,50-149,300-309',
      [
        [0, 149],
        [300, 309],
      ],
    ],
    [
      'adjacent ones as one',
      '300-309,0-9,10-19',
      [
        [300, 309],
        [0, 19],
      ],
    ],
    [
      'one within another as one',
      '0-99,10-19,300-309',
      [
        [0, 99],
        [300, 309],
      ],
    ],
    [
      'the same ones once',
      '0-9,300-309,0-9',
      [
        [0, 9],
        [300, 309],
      ],
    ],
    [
      'joined ones at the place of the first of them',
      '100-109,0-9,110-119',
      [
        [100, 119],
        [0, 9],
      ],
    ],
    [
      'neighbours with a byte between them apart',
      '0-9,11-19',
      [
        [0, 9],
        [11, 19],
      ],
    ],
    [
      'without those beyond the end',
      `0-9,${SIZE}-,100-109,-0`,
      [
        [0, 9],
        [100, 109],
      ],
    ],
    [
      'cut at the end',
      `0-9,${SIZE - 5}-99999999999999999999`,
      [
        [0, 9],
        [SIZE - 5, SIZE - 1],
      ],
    ],
    [
      'of more than one chunk',
      '0-69999,70001-138999',
      [
        [0, 69_999],
        [70_001, 138_999],
      ],
    ],
  ])('sends %s', async (_what, set, ranges) => {
    const { request } = await createFixture(root);
    expectParts(
      await request({ target: '/digits.txt', headers: { Range: `bytes=${set}` } }),
      ranges,
    );
  });

  it.each([
    ['overlap', '0-9,5-19'],
    ['touch', '10-19,0-9'],
    ['are left over', `0-19,${SIZE}-`],
  ])('answers with a single range if only one is left because they %s', async (_what, set) => {
    const { check } = await createFixture(root);
    await check(
      { target: '/digits.txt', headers: { Range: `bytes=${set}` } },
      {
        status: 206,
        headers: {
          'Content-Range': `bytes 0-19/${SIZE}`,
          'Content-Length': '20',
          'Content-Type': 'text/plain; charset=utf-8',
        },
        body: CONTENT.slice(0, 20),
      },
    );
  });

  it('answers 416 if all of them start after the end', async () => {
    const { check } = await createFixture(root);
    const headers = { Range: `bytes=${SIZE}-,${SIZE + 5}-${SIZE + 9},-0` };
    await check(
      { target: '/digits.txt', headers },
      { status: 416, headers: { 'Content-Range': `bytes */${SIZE}` } },
    );
  });

  it('sends the headers of the file, and no-transform', async () => {
    const { check } = await createFixture(root, options);
    await check(
      { target: '/digits.txt', headers: { Range: 'bytes=0-0,9-9' } },
      {
        status: 206,
        headers: {
          'Content-Type': /^multipart\/byteranges; boundary=/,
          'Accept-Ranges': 'bytes',
          ETag: ETAG,
          'Last-Modified': 'Fri, 01 Mar 2024 12:00:00 GMT',
          'Cache-Control': 'private, no-cache, no-transform',
          'X-Content-Type-Options': 'nosniff',
          'Transfer-Encoding': null,
        },
      },
    );
  });

  it('gives each part the type of the file', async () => {
    const range = { Range: 'bytes=0-9,500-509' };
    const byName = await createFixture(root);
    const byOption = await createFixture(root, { contentType: () => 'text/x-own; charset=latin1' });
    const png = await byName.request({ target: '/picture.png', headers: range });
    const own = await byOption.request({ target: '/digits.txt', headers: range });
    const typesOf = (response: RawResponse): unknown[] =>
      parseMultipart(response).map(({ headers }) => headers['content-type']);
    expect(typesOf(png)).toEqual(['image/png', 'image/png']);
    expect(typesOf(own)).toEqual(['text/x-own; charset=latin1', 'text/x-own; charset=latin1']);
  });

  it('uses a new boundary each time, which is not in the file', async () => {
    const { request } = await createFixture(root);
    const boundaries = new Set<string>();
    for (let count = 0; count < 20; count += 1) {
      const { headers } = await request({
        target: '/digits.txt',
        headers: { Range: 'bytes=0-0,9-9' },
      });
      boundaries.add(String(headers['content-type']?.split('boundary=')[1]));
    }
    expect(boundaries.size).toBe(20);
    for (const boundary of boundaries) {
      expect(boundary).toMatch(/^[\w-]{20,70}$/);
      expect(CONTENT).not.toContain(boundary);
    }
  });

  it.each([
    ['50 parts', apart(50), 206],
    ['51 parts', apart(51), 200],
    ['60 ranges that make 50 parts', `${apart(50)},${apart(10)}`, 206],
    ['51 ranges of which one lies beyond the end', `${apart(50)},${SIZE}-`, 206],
  ])('answers %s', async (_what, set, status) => {
    const { request } = await createFixture(root);
    const response = await request({
      target: '/digits.txt',
      headers: { Range: `bytes=${set}` },
    });
    expect(response.status).toBe(status);
    if (status === 206) expect(parseMultipart(response)).toHaveLength(50);
    else expect(response.body.toString()).toBe(CONTENT);
  });

  it.each([
    ['/small.txt', '0-0,9-9', '0123456789'],
    ['/digits.txt', `0-69999,70001-${SIZE - 1}`, CONTENT],
  ])('sends the whole of %s where parts would be longer', async (target, set, body) => {
    const { check } = await createFixture(root);
    await check(
      { target, headers: { Range: `bytes=${set}` } },
      { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body },
    );
  });

  it('never sends more bytes than the file has', async () => {
    const { request } = await createFixture(root);
    const statuses = new Set<number>();
    for (let gap = 20; gap <= 400; gap += 20) {
      const { status, body } = await request({
        target: '/digits.txt',
        headers: { Range: `bytes=0-9,${gap}-` },
      });
      statuses.add(status);
      expect(body.length).toBeLessThanOrEqual(SIZE);
    }
    expect([...statuses]).toEqual([200, 206]);
  });

  it.each([
    ['the tag', ETAG, 206],
    ['another tag', '"v2"', 200],
    ['the tag, weak', `W/${ETAG}`, 200],
  ])('answers If-Range with %s', async (_what, ifRange, status) => {
    const { request } = await createFixture(root, options);
    const headers = { Range: 'bytes=0-9,500-509', 'If-Range': ifRange };
    const response = await request({ target: '/digits.txt', headers });
    if (status === 200) expect(response.body.toString()).toBe(CONTENT);
    else {
      expectParts(response, [
        [0, 9],
        [500, 509],
      ]);
    }
  });

  it('ignores them for HEAD', async () => {
    const { check } = await createFixture(root);
    await check(
      { method: 'HEAD', target: '/digits.txt', headers: { Range: 'bytes=0-9,500-509' } },
      {
        status: 200,
        headers: { 'Content-Length': String(SIZE), 'Content-Range': null },
        body: '',
      },
    );
  });

  it('puts the bytes of all parts into the outcome, and no single range', async () => {
    const { request, outcomes } = await createFixture(root);
    await request({ target: '/digits.txt', headers: { Range: 'bytes=0-9,500-519' } });
    expect(outcomes).toMatchObject([{ kind: 'sent', status: 206, bytes: 30, size: SIZE }]);
    expect(outcomes[0]).not.toHaveProperty('range');
  });
});

describe("xsendfile(root, { sender: 'serve' }) with files beyond 4 GiB", () => {
  const GIB_4 = 2 ** 32;
  const size = GIB_4 + 1_000_000;
  const texts = { [GIB_4 - 5]: 'beforeafter', [size - 3]: 'end' };
  beforeAll(() => createSparse(root, 'large.bin', size, texts));

  it('sends a range beyond that limit', async () => {
    const { check } = await createFixture(root);
    for (const [set, start, text] of [
      [`${GIB_4}-${GIB_4 + 5}`, GIB_4, 'eafter'],
      [`${GIB_4 - 5}-${GIB_4 + 5}`, GIB_4 - 5, 'beforeafter'],
      ['-3', size - 3, 'end'],
      [`${size - 3}-`, size - 3, 'end'],
    ] as const) {
      await check(
        { target: '/large.bin', headers: { Range: `bytes=${set}` } },
        {
          status: 206,
          headers: { 'Content-Range': `bytes ${start}-${start + text.length - 1}/${size}` },
          body: text,
        },
      );
    }
    await check({ target: '/large.bin', headers: { Range: `bytes=${size}-` } }, { status: 416 });
    await check(
      { method: 'HEAD', target: '/large.bin' },
      { status: 200, headers: { 'Content-Length': String(size) } },
    );
  });

  it('sends several ranges beyond that limit', async () => {
    const { request } = await createFixture(root);
    const response = await request({
      target: '/large.bin',
      headers: { Range: `bytes=-3,${GIB_4}-${GIB_4 + 5},${GIB_4 - 5}-${GIB_4 - 2}` },
    });
    expect(parseMultipart(response)).toEqual(
      [[size - 3, 'end'] as const, [GIB_4, 'eafter'] as const, [GIB_4 - 5, 'befo'] as const].map(
        ([start, content]) => ({
          headers: {
            'content-type': 'application/octet-stream',
            'content-range': `bytes ${start}-${start + content.length - 1}/${size}`,
          },
          content,
        }),
      ),
    );
  });
});

/** Anything that takes the square of their length for these would not end within the time of a test. */
describe('a Range header that is meant to keep the server busy', () => {
  const times = (text: string, length: number): string =>
    text.repeat(Math.ceil(length / text.length)).slice(0, length);
  const ranges = (length: number): string => {
    const all: string[] = [];
    for (let total = 0, at = 0; total < length; at += 2) {
      all.push(`${at}-${at}`);
      total += String(at).length * 2 + 2;
    }
    return all.join();
  };

  it.each<[string, (length: number) => string, number]>([
    ['spaces', (length) => `0-9${times(' ', length)},`, 206],
    ['spaces before something wrong', (length) => `0-9${times(' ', length)}x`, 200],
    ['spaces and tabs between digits', (length) => `0${times(' \t', length)}-9`, 200],
    ['commas', (length) => `${times(',', length)}0-9`, 206],
    ['commas and spaces', (length) => `${times(', ', length)}0-9`, 206],
    ['digits', (length) => `0-${times('9', length)}`, 206],
    ['hyphens', (length) => times('-', length), 200],
    ['overlapping ranges', (length) => `0-9${times(',0-', length - (length % 3))}`, 206],
    ['suffixes', (length) => `0-0${times(',-1', length - (length % 3))}`, 206],
    ['ranges apart', ranges, 200],
    ['ranges beyond the end', (length) => `${SIZE}-${times(`,${SIZE}-`, length)}`, 416],
  ])('is answered if it has %s', async (_what, create, status) => {
    const handler = xsendfile(root, { sender: 'serve' });
    const server = createServer({ maxHeaderSize: 200_000 }, (req, res) => handler(req, res));
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const Range = `bytes=${create(100_000)}`;
      const response = await rawRequest(port, { target: '/digits.txt', headers: { Range } });
      expect(response.status).toBe(status);
      expect(response.body.length).toBeLessThanOrEqual(SIZE);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    // No server would take this one; the square of it is for nobody.
    parseRanges(`bytes=${create(1_000_000)}`, SIZE);
  });
});
