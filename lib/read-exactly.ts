import { read } from 'node:fs';
import { promisify } from 'node:util';

const readFrom = promisify(read);

/** The first `length` bytes of a file; undefined if it has fewer. */
export async function readExactly(descriptor: number, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let position = 0;
  while (position < length) {
    const { bytesRead } = await readFrom(descriptor, bytes, position, length - position, position);
    if (bytesRead === 0) return undefined;
    position += bytesRead;
  }
  return bytes;
}
