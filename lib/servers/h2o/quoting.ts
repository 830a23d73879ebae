/** To YAML they are line ends or a mark at the beginning of a file, to JSON characters like any other. */
const SPECIAL_IN_YAML = /[\x80-\x9f\u2028\u2029\ufeff]/g;

/** Quotes a string as in JSON, which YAML accepts. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    SPECIAL_IN_YAML,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
