/** Reading values that were thrown, which may be anything. */

/** Returns the `code` of any thrown value. */
export function codeOf(thrown: unknown): unknown {
  return (thrown as { code?: unknown } | null | undefined)?.code;
}

/**
 * The status of an error as `http-errors` and Express know it: `status` or `statusCode`, 400 to 599;
 * undefined for any other error.
 */
export function statusOf(error: unknown): number | undefined {
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const isStatus = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599;
  return [status, statusCode].find(isStatus);
}

/** Formats any thrown value for printing: its stack, or the value. Never throws. */
export function stackOf(thrown: unknown): string {
  try {
    return String((thrown as Partial<Error> | null | undefined)?.stack ?? thrown);
  } catch {
    return 'a value that cannot be converted to a string';
  }
}
