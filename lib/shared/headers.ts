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

/** Splits a comma-separated header value into its elements, without surrounding spaces. */
export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** Appends an element to a comma-separated header value, unless it already contains that or `*`. */
export function appendToList(value: string | undefined, element: string): string {
  if (value === undefined || value.trim() === '') return element;
  const elements = splitList(value).map((part) => part.toLowerCase());
  if (elements.includes(element.toLowerCase()) || elements.includes('*')) return value;
  return `${value}, ${element}`;
}
