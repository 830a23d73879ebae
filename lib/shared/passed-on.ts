/** Statuses of refusals that `fallthrough` leaves to the next handler; all others are errors. */
export const PASSED_ON: readonly number[] = [400, 403, 404, 405];
