import type { RawResponse } from '../helpers/raw-request.js';
import { letFilesSettle } from '../helpers/settled-files.js';

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

/** The clock of links: seconds, which tests change, and milliseconds. */
export const clock = { time: 0, now: (): number => clock.time * 1000 };

/** Sets the clock before each test of the file. */
export function useClock(): void {
  beforeEach(() => {
    letFilesSettle();
    clock.time = Math.floor(Date.now() / 1000);
  });
  afterEach(() => jest.restoreAllMocks());
}
