/** What limits, and responses that are made by hand, send with a file. */
export const HEADERS = {
  'Cache-Control': 'private, no-cache',
  'X-Content-Type-Options': 'nosniff',
  'Content-Type': 'application/octet-stream',
  ETag: '"65e1c340-400"',
  'Last-Modified': 'Fri, 01 Mar 2024 12:00:00 GMT',
  'Accept-Ranges': 'bytes',
};
