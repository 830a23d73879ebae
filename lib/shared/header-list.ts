/** The elements of a comma-separated header value, without surrounding blanks. */
export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** The value with one more element, unless it is there already. */
export function appendToList(value: string | undefined, element: string): string {
  if (value === undefined || value.trim() === '') return element;
  const elements = splitList(value).map((each) => each.toLowerCase());
  if (elements.includes(element.toLowerCase()) || elements.includes('*')) return value;
  return `${value}, ${element}`;
}
