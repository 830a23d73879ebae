import { read } from 'node:fs';

/**
 * Reads a whole file of this size.
 *
 * @returns undefined if it cannot be read or was truncated; the next read reports the reason.
 */
export function readContent(descriptor: number, size: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafeSlow(size);
  return new Promise((resolve) => {
    const readFrom = (position: number): void => {
      read(descriptor, bytes, position, size - position, position, (error, bytesRead) => {
        if (error || bytesRead === 0) resolve(undefined);
        else if (position + bytesRead === size) resolve(bytes);
        else readFrom(position + bytesRead);
      });
    };
    if (size === 0) resolve(bytes);
    else readFrom(0);
  });
}
