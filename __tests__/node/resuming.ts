import type { RawResponse } from '../helpers/raw-request.js';

export const SECRET = 'a secret of more than sixteen bytes';
export const BYTES = '0123456789'.repeat(10);

export type Headers = Record<string, string>;
/** Headers by the ETag of the file. */
export type Request = (etag: string) => Headers;

/** How Chromium resumes. */
export const chromium: Request = (etag) => ({ Range: 'bytes=90-', 'If-Range': etag });
/** How Firefox resumes. */
export const firefox: Request = (etag) => ({
  Range: 'bytes=90-',
  'If-Match': etag,
  'If-Unmodified-Since': new Date(Date.now() + 1000).toUTCString(),
});

export async function etagOf(response: Promise<RawResponse>): Promise<string> {
  const { status, headers } = await response;
  expect(status).toBe(200);
  return headers.etag ?? '';
}
