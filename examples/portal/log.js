// @ts-check
// One line per download.

/**
 * The outcome of a request, for people. For programs, print it as JSON instead.
 *
 * @param {string | undefined} user
 * @param {string} url
 * @param {import('xsendfile').Outcome} outcome
 */
export function formatOutcome(user, url, outcome) {
  const { method, path, status, kind, code, size, bytes, range, sender, durationMs } = outcome;
  const parts = [
    // A refused path has no decoded form.
    `${user ?? 'nobody'}: ${method} ${printable(path ?? url)}`,
    `${status} ${kind}${code ? ` (${code})` : ''}`,
  ];
  if (range) parts.push(`bytes ${range.start}-${range.end}`);
  if (kind === 'offloaded') parts.push(`${size} bytes left to ${sender}`);
  else if (size !== undefined) parts.push(`${bytes} of ${size} bytes`);
  return [...parts, `${durationMs.toFixed(1)} ms`].join(', ');
}

/**
 * The report of a front end about a download that was offloaded to it, after its outcome.
 *
 * @param {import('xsendfile').Delivery} delivery
 * @param {import('xsendfile').Outcome} outcome
 */
export function formatDelivery({ status, bytes, complete }, { method, path = '', sender }) {
  const result = complete ? 'delivered' : 'aborted';
  return `${sender} reports: ${method} ${printable(path)}, ${status} ${result}, ${bytes} bytes`;
}

/**
 * Escapes a name, because users choose it: newlines, control sequences of terminals and characters
 * that change the text direction must not reach the log.
 *
 * @param {string} text
 */
export function printable(text) {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
