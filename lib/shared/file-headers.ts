/** Headers that would make a refusal look like the file. */
export const FILE_HEADERS: readonly string[] = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Type',
  'ETag',
  'Expires',
  'Last-Modified',
];
