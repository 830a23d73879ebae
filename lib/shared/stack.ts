/** Formats any thrown value for printing: its stack, or the value. Never throws. */
export function stackOf(thrown: unknown): string {
  try {
    return String((thrown as Partial<Error> | null | undefined)?.stack ?? thrown);
  } catch {
    return 'a value that cannot be converted to a string';
  }
}
