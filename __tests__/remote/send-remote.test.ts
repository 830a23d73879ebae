import { OLD } from '../helpers/tree.js';
import { type Bucket, startBucket } from './bucket.js';
import { startSite } from './site.js';

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

let bucket: Bucket;
beforeAll(async () => {
  bucket = await startBucket();
  await bucket.put('report.pdf', BYTES, { 'Content-Type': 'text/html' });
});

/** Sends `report.pdf`, presigned for each request. */
const startReports = async (...[options, overrides]: Partial<Tail>) =>
  startSite(
    { origins: [bucket.origin] },
    async () => ({ url: await bucket.presign('report.pdf'), name: 'report.pdf' }),
    options,
    overrides,
  );
type Tail = Parameters<typeof startSite> extends [unknown, unknown, ...infer Rest] ? Rest : never;

describe('sendRemote(req, res, object)', () => {
  it('sends the whole object, with the headers of a file and nothing else of the store', async () => {
    const { check, outcomes } = await startReports({ disposition: 'attachment' });
    const { head } = await check(
      { target: '/' },
      {
        status: 200,
        headers: {
          'Content-Length': String(BYTES.length),
          'Content-Type': 'application/pdf',
          'Content-Disposition': 'attachment; filename=report.pdf',
          'Cache-Control': 'private, no-cache',
          'X-Content-Type-Options': 'nosniff',
          'Accept-Ranges': bucket.announcesRanges ? 'bytes' : null,
          ETag: /^"[0-9a-f]{32}"$/,
          'Last-Modified': / GMT$/,
        },
        body: BYTES,
      },
    );
    expect(head).not.toMatch(/amz|s3rver/i);
    expect(outcomes).toMatchObject([
      {
        kind: 'sent',
        status: 200,
        path: 'report.pdf',
        size: BYTES.length,
        bytes: BYTES.length,
        sender: 'serve',
      },
    ]);
  });

  it.each([
    ['bytes=0-9', 0, 9],
    ['bytes=100000-', 100_000, BYTES.length - 1],
    ['bytes=-5', BYTES.length - 5, BYTES.length - 1],
  ])('sends the range %s', async (range, start, end) => {
    const { check, outcomes } = await startReports();
    await check(
      { target: '/', headers: { Range: range } },
      {
        status: 206,
        headers: { 'Content-Range': `bytes ${start}-${end}/${BYTES.length}` },
        body: BYTES.subarray(start, end + 1),
      },
    );
    expect(outcomes).toMatchObject([{ kind: 'sent', status: 206, range: { start, end } }]);
  });

  it('sends the whole object for several ranges', async () => {
    const { check } = await startReports();
    await check(
      { target: '/', headers: { Range: 'bytes=0-9,20-29' } },
      { status: 200, body: BYTES },
    );
  });

  it('answers 304, 412 and 416 as the store does', async () => {
    const { request, check, outcomes } = await startReports();
    const { headers } = await request({ target: '/' });
    const etag = headers.etag ?? '';
    const lastModified = headers['last-modified'] ?? '';
    await check(
      { target: '/', headers: { 'If-None-Match': etag } },
      { status: 304, headers: { 'Content-Type': null }, body: '' },
    );
    await check({ target: '/', headers: { 'If-Modified-Since': lastModified } }, { status: 304 });
    await check({ target: '/', headers: { 'If-Match': '"other"' } }, { status: 412 });
    await check({ target: '/', headers: { 'If-Match': etag } }, { status: 200 });
    await check(
      { target: '/', headers: { Range: 'bytes=300000-' } },
      { status: 416, headers: { 'Cache-Control': 'no-store' } },
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'sent',
      'not-modified',
      'not-modified',
      'refused',
      'sent',
      'refused',
    ]);
  });

  it('sends a range only if If-Range matches', async () => {
    const { request, check } = await startReports();
    const etag = (await request({ target: '/' })).headers.etag ?? '';
    const Range = 'bytes=10-19';
    await check({ target: '/', headers: { Range, 'If-Range': etag } }, { status: 206 });
    await check(
      { target: '/', headers: { Range, 'If-Range': '"other"' } },
      { status: 200, body: BYTES },
    );
  });

  it('answers HEAD without a body', async () => {
    const { check, outcomes } = await startReports();
    await check(
      { method: 'HEAD', target: '/' },
      { status: 200, headers: { 'Content-Length': String(BYTES.length) }, body: '' },
    );
    expect(outcomes).toMatchObject([{ kind: 'sent', bytes: 0, size: BYTES.length }]);
  });

  it('answers 404 for an object that does not exist, and for a wrong signature', async () => {
    let url = await bucket.presign('missing.pdf');
    const { check, errors } = await startSite({ origins: [bucket.origin] }, () => ({
      url,
      name: 'a.pdf',
    }));
    await check({ target: '/' }, { status: 404, body: '' });
    const right = await bucket.presign('report.pdf');
    url = right.replace(
      /(X-Amz-Signature=)(.)/,
      (_all, name, digit) => `${name}${digit === '0' ? 1 : 0}`,
    );
    await check({ target: '/' }, { status: 404, body: '' });
    expect(errors).toMatchObject([
      { name: 'RefusedError', code: 'ERR_XSENDFILE_NOT_FOUND' },
      { name: 'RefusedError', code: 'ERR_XSENDFILE_REMOTE_DENIED' },
    ]);
  });

  it('uses the ETag, time and type that the application states instead of those of the store', async () => {
    let asked = 0;
    const { check } = await startSite({ origins: [bucket.origin] }, async () => {
      asked += 1;
      const url = asked === 1 ? await bucket.presign('report.pdf') : `${bucket.origin}/nowhere`;
      return { url, name: 'report', type: 'text/plain', etag: 'v1', mtime: OLD };
    });
    await check(
      {
        target: '/',
        headers: { 'If-None-Match': '"other"', Range: 'bytes=0-1', 'If-Range': '"v1"' },
      },
      {
        status: 206,
        headers: { ETag: '"v1"', 'Last-Modified': OLD.toUTCString(), 'Content-Type': 'text/plain' },
      },
    );
    await check({ target: '/', headers: { 'If-None-Match': '"v1"' } }, { status: 304 });
    await check({ target: '/', headers: { 'If-Match': '"v2"' } }, { status: 412 });
  });

  it('limits the rate, and asks allow with the size that the store says', async () => {
    const seen: unknown[] = [];
    const { check } = await startReports({
      rate: 10_000_000,
      allow: ({ size, name, path, root }, { status }) => {
        seen.push([size, name, path, root, status]);
        return status === 206;
      },
    });
    await check({ target: '/', headers: { Range: 'bytes=0-9' } }, { status: 206 });
    await check({ target: '/' }, { status: 404 });
    expect(seen).toEqual([
      [BYTES.length, 'report.pdf', '', '', 206],
      [BYTES.length, 'report.pdf', '', '', 200],
    ]);
  });
});
