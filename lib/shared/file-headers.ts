const FILE_HEADER =
  /^(?:accept-ranges|content-(?:digest|disposition|encoding|language|location|md5|type)|(?:repr-)?digest|etag|expires|last-modified|(?:surrogate|edge)-control|.+-cache-control)$/i;

/**
 * Whether a header would make a refusal look like the file, or keep it in a cache. A cache that is named by a header
 * of its own ignores Cache-Control: any name that ends with `-Cache-Control` (RFC 9213 §2.1), and older ones.
 */
export function isFileHeader(name: string): boolean {
  return FILE_HEADER.test(name);
}
