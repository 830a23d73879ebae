/** What to print of something thrown, whatever it is. Never throws. */
export function stackOf(thrown: unknown): string {
  try {
    return String((thrown as Partial<Error> | null | undefined)?.stack ?? thrown);
  } catch {
    return 'something that cannot be shown';
  }
}
