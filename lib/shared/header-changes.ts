import type { OutgoingHttpHeader } from 'node:http';

/** Headers to set; undefined removes one. */
export type HeaderChanges = Readonly<Record<string, OutgoingHttpHeader | undefined>>;

/** Returns the changes that make the headers `after` of the headers `before`, by name. */
export function changesBetween(before: HeaderChanges, after: HeaderChanges): HeaderChanges {
  const changes: Record<string, OutgoingHttpHeader | undefined> = {};
  for (const name of Object.keys({ ...before, ...after })) {
    if (before[name] !== after[name]) changes[name] = after[name];
  }
  return changes;
}
