// @ts-check
// Values as pages show them.

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const DATE_AND_TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/**
 * "1 document", "2 documents".
 *
 * @param {number} count
 * @param {string} noun
 */
export function formatCount(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** @param {number} size - in bytes */
export function formatSize(size) {
  if (size < 1024) return formatCount(size, 'byte');
  const exponent = Math.min(Math.floor(Math.log2(size) / 10), 4);
  return `${(size / 1024 ** exponent).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB', 'TiB'][exponent]}`;
}

/**
 * @param {Date} date
 * @param {{ time?: boolean }} [options]
 */
export function formatDate(date, { time = false } = {}) {
  return (time ? DATE_AND_TIME : DATE).format(date);
}

/**
 * Rounds down to the largest unit: "3 days", "1 hour".
 *
 * @param {number} milliseconds
 */
export function formatDuration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  /** @type {[size: number, name: string][]} */
  const units = [
    [86400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? [1, 'second'];
  return formatCount(Math.floor(seconds / size), name);
}

/**
 * A path on this site.
 *
 * @param {string} base - with a slash at the end
 * @param {readonly string[]} segments
 */
export function hrefOf(base, segments) {
  return base + segments.map(encodeURIComponent).join('/');
}
