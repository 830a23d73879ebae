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
