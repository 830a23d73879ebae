import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFixture, type Expected } from '../helpers/check.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree, OLD } from '../helpers/tree.js';

const CONTENT = '0123456789';
const root = createTree({
  'ten.txt': CONTENT,
  'empty.txt': '',
  'big.bin': Buffer.alloc(1_000_003, 'xsendfile'),
  'future.txt': 'from the future',
});
utimesSync(join(root, 'future.txt'), OLD, new Date(Date.now() + 1e9));

const ETAG = '"65e1c340-a"';
const LAST_MODIFIED = 'Fri, 01 Mar 2024 12:00:00 GMT';
const EARLIER = 'Fri, 01 Mar 2024 11:59:59 GMT';
const LATER = 'Fri, 01 Mar 2024 12:00:01 GMT';

beforeEach(letFilesSettle);
afterEach(() => jest.restoreAllMocks());

const WHOLE: Expected = {
  status: 200,
  headers: {
    'Content-Length': '10',
    'Content-Type': 'text/plain; charset=utf-8',
    'Accept-Ranges': 'bytes',
    'Content-Range': null,
    ETag: ETAG,
    'Last-Modified': LAST_MODIFIED,
    'Cache-Control': 'private, no-cache',
    'X-Content-Type-Options': 'nosniff',
    'Content-Disposition': null,
  },
  body: CONTENT,
};
const NOT_MODIFIED: Expected = {
  status: 304,
  headers: {
    ETag: ETAG,
    'Last-Modified': LAST_MODIFIED,
    'Cache-Control': 'private, no-cache',
    'Content-Type': null,
    'Content-Length': null,
    'Accept-Ranges': null,
  },
  body: '',
};
const FAILED: Expected = {
  status: 412,
  headers: { 'Cache-Control': 'no-store', ETag: null, 'Last-Modified': null },
  body: 'Precondition Failed\n',
};
const part = (start: number, end: number): Expected => ({
  status: 206,
  headers: {
    'Content-Range': `bytes ${start}-${end}/10`,
    'Content-Length': String(end + 1 - start),
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'private, no-cache, no-transform',
    ETag: ETAG,
  },
  body: CONTENT.slice(start, end + 1),
});
const UNSATISFIABLE: Expected = {
  status: 416,
  headers: {
    'Content-Range': 'bytes */10',
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    ETag: null,
  },
  body: 'Range Not Satisfiable\n',
};

type Headers = Readonly<Record<string, string>>;

describe("xsendfile(root, { sender: 'serve' })", () => {
  it.each<[string, Headers, Expected]>([
    ['no condition', {}, WHOLE],
    // RFC 9110 §13.1.1 and §13.1.4
    ['If-Match with the tag', { 'If-Match': ETAG }, WHOLE],
    ['If-Match with a list', { 'If-Match': `"a,b", W/"c", ${ETAG}` }, WHOLE],
    ['If-Match *', { 'If-Match': '*' }, WHOLE],
    ['If-Match with another tag', { 'If-Match': '"x"' }, FAILED],
    ['If-Match with the tag, weak', { 'If-Match': `W/${ETAG}` }, FAILED],
    ['If-Match with rubbish', { 'If-Match': 'x' }, FAILED],
    ['If-Unmodified-Since, same', { 'If-Unmodified-Since': LAST_MODIFIED }, WHOLE],
    ['If-Unmodified-Since, later', { 'If-Unmodified-Since': LATER }, WHOLE],
    ['If-Unmodified-Since, earlier', { 'If-Unmodified-Since': EARLIER }, FAILED],
    ['If-Unmodified-Since, no date', { 'If-Unmodified-Since': '2020' }, WHOLE],
    [
      'If-Match before If-Unmodified-Since',
      { 'If-Match': ETAG, 'If-Unmodified-Since': EARLIER },
      WHOLE,
    ],
    // §13.1.2 and §13.1.3
    ['If-None-Match with the tag', { 'If-None-Match': ETAG }, NOT_MODIFIED],
    ['If-None-Match with the tag, weak', { 'If-None-Match': `W/${ETAG}` }, NOT_MODIFIED],
    ['If-None-Match with a list', { 'If-None-Match': `"a" ,, "b,c",${ETAG}` }, NOT_MODIFIED],
    ['If-None-Match *', { 'If-None-Match': '*' }, NOT_MODIFIED],
    ['If-None-Match with another tag', { 'If-None-Match': '"x"' }, WHOLE],
    ['If-None-Match with a tag in a tag', { 'If-None-Match': `"x, ${ETAG.slice(1)}` }, WHOLE],
    ['If-Modified-Since, same', { 'If-Modified-Since': LAST_MODIFIED }, NOT_MODIFIED],
    ['If-Modified-Since, later', { 'If-Modified-Since': LATER }, NOT_MODIFIED],
    ['If-Modified-Since, earlier', { 'If-Modified-Since': EARLIER }, WHOLE],
    ['If-Modified-Since, no date', { 'If-Modified-Since': '0' }, WHOLE],
    [
      'If-None-Match before If-Modified-Since',
      { 'If-None-Match': '"x"', 'If-Modified-Since': LATER },
      WHOLE,
    ],
    // §13.2.2: 412 before 304 before ranges
    ['If-Match before If-None-Match', { 'If-Match': '"x"', 'If-None-Match': ETAG }, FAILED],
    ['If-None-Match before Range', { 'If-None-Match': ETAG, Range: 'bytes=0-1' }, NOT_MODIFIED],
    ['If-Match before Range', { 'If-Match': '"x"', Range: 'bytes=0-1' }, FAILED],
    // §14.2
    ['a closed range', { Range: 'bytes=2-4' }, part(2, 4)],
    ['an open range', { Range: 'bytes=7-' }, part(7, 9)],
    ['a suffix', { Range: 'bytes=-2' }, part(8, 9)],
    ['a suffix longer than the file', { Range: 'bytes=-99' }, part(0, 9)],
    ['the first byte', { Range: 'bytes=0-0' }, part(0, 0)],
    ['a range beyond the end', { Range: 'bytes=10-' }, UNSATISFIABLE],
    ['an empty suffix', { Range: 'bytes=-0' }, UNSATISFIABLE],
    ['a malformed range', { Range: 'bytes=5-2' }, WHOLE],
    ['another unit', { Range: 'lines=1-2' }, WHOLE],
    // §13.1.5
    ['If-Range with the tag', { Range: 'bytes=2-4', 'If-Range': ETAG }, part(2, 4)],
    ['If-Range with another tag', { Range: 'bytes=2-4', 'If-Range': '"x"' }, WHOLE],
    ['If-Range with the tag, weak', { Range: 'bytes=2-4', 'If-Range': `W/${ETAG}` }, WHOLE],
    ['If-Range with a list', { Range: 'bytes=2-4', 'If-Range': `${ETAG}, "x"` }, WHOLE],
    ['If-Range with *', { Range: 'bytes=2-4', 'If-Range': '*' }, WHOLE],
    ['If-Range with the date', { Range: 'bytes=2-4', 'If-Range': LAST_MODIFIED }, part(2, 4)],
    ['If-Range with a later date', { Range: 'bytes=2-4', 'If-Range': LATER }, WHOLE],
    ['If-Range with an earlier date', { Range: 'bytes=2-4', 'If-Range': EARLIER }, WHOLE],
    ['If-Range, stale, and a range beyond', { Range: 'bytes=99-', 'If-Range': '"x"' }, WHOLE],
    ['If-Range without Range', { 'If-Range': '"x"' }, WHOLE],
  ])('answers GET with %s', async (_what, headers, expected) => {
    const { check } = await createFixture(root);
    await check({ target: '/ten.txt', headers }, expected);
  });

  it.each<[string, Headers, Expected]>([
    ['no condition', {}, { ...WHOLE, body: '' }],
    ['a range', { Range: 'bytes=2-4' }, { ...WHOLE, body: '' }],
    ['an unsatisfiable range', { Range: 'bytes=99-' }, { ...WHOLE, body: '' }],
    ['If-None-Match', { 'If-None-Match': ETAG }, NOT_MODIFIED],
    ['If-Match', { 'If-Match': '"x"' }, { ...FAILED, body: '' }],
  ])('answers HEAD with %s', async (_what, headers, expected) => {
    const { check } = await createFixture(root);
    await check({ method: 'HEAD', target: '/ten.txt', headers }, expected);
  });

  it('sends an empty file', async () => {
    const { check } = await createFixture(root);
    const expected = { status: 200, headers: { 'Content-Length': '0' }, body: '' };
    await check({ target: '/empty.txt' }, expected);
    for (const Range of ['bytes=-5', 'bytes=0-', 'bytes=5-9', 'bytes=-0', 'bytes=0-1,5-6']) {
      await check({ target: '/empty.txt', headers: { Range } }, expected);
    }
  });

  it('sends a file of many chunks, whole and in part', async () => {
    const content = Buffer.alloc(1_000_003, 'xsendfile');
    const { check } = await createFixture(root);
    await check({ target: '/big.bin' }, { status: 200, body: content });
    await check(
      { target: '/big.bin', headers: { Range: 'bytes=65535-900000' } },
      { status: 206, body: content.subarray(65535, 900001) },
    );
  });

  it('sends weak validators while the file is new', async () => {
    jest.restoreAllMocks();
    const { check } = await createFixture(root);
    writeFileSync(join(root, 'new.txt'), 'new');
    const headers = { ETag: /^W\/"[0-9a-f]+-3-[0-9a-f]+"$/ };
    const { headers: got } = await check({ target: '/new.txt' }, { status: 200, headers });
    const etag = String(got.etag);
    const date = String(got['last-modified']);
    await check({ target: '/new.txt', headers: { 'If-None-Match': etag } }, { status: 304 });
    await check({ target: '/new.txt', headers: { 'If-Match': etag } }, { status: 412 });
    for (const validator of [etag, date]) {
      await check(
        { target: '/new.txt', headers: { Range: 'bytes=0-0', 'If-Range': validator } },
        { status: 200, body: 'new' },
      );
    }
  });

  it('sends no Last-Modified later than Date (RFC 9110 §8.8.2.1)', async () => {
    jest.restoreAllMocks();
    const { request } = await createFixture(root);
    const { headers } = await request({ target: '/future.txt' });
    const modified = Date.parse(String(headers['last-modified']));
    expect(modified).toBeLessThanOrEqual(Date.parse(String(headers.date)) + 1000);
  });

  it('ignores ranges with acceptRanges: false', async () => {
    const { check } = await createFixture(root, { acceptRanges: false });
    await check(
      { target: '/ten.txt', headers: { Range: 'bytes=0-1' } },
      { status: 200, headers: { 'Accept-Ranges': null }, body: CONTENT },
    );
  });

  it('sends no validators with etag: false and lastModified: false', async () => {
    const { check } = await createFixture(root, { etag: false, lastModified: false });
    const expected = { status: 200, headers: { ETag: null, 'Last-Modified': null } };
    await check({ target: '/ten.txt', headers: { 'If-Modified-Since': LATER } }, expected);
    await check({ target: '/ten.txt', headers: { 'If-Unmodified-Since': EARLIER } }, expected);
    await check({ target: '/ten.txt', headers: { 'If-None-Match': ETAG } }, expected);
    await check({ target: '/ten.txt', headers: { 'If-None-Match': '*' } }, { status: 304 });
  });

  it('accepts an ETag of the application, with or without quotes', async () => {
    const own = await createFixture(root, { etag: (file) => `v1-${file.size}` });
    await own.check({ target: '/ten.txt' }, { status: 200, headers: { ETag: '"v1-10"' } });
    const set = await createFixture(root, {}, (_req, res) => res.setHeader('ETag', '"mine"'));
    const headers = { 'If-None-Match': '"mine"' };
    await set.check({ target: '/ten.txt', headers }, { status: 304, headers: { ETag: '"mine"' } });
  });

  it('sends the whole file with the status that the application set', async () => {
    const { check, outcomes } = await createFixture(root, {}, (_req, res) => {
      res.statusCode = 404;
    });
    const headers = { Range: 'bytes=0-1', 'If-None-Match': '*', 'If-Match': '"x"' };
    await check({ target: '/ten.txt', headers }, { ...WHOLE, status: 404, headers: {} });
    expect(outcomes).toMatchObject([{ kind: 'sent', status: 404, bytes: 10 }]);
  });
});
