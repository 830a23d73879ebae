/**
 * HTTP dates, RFC 9110 §5.6.7. `Date.parse` is unsuitable: it accepts `0`, `2020` and any time zone.
 */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
const FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT`,
  // Sunday, 06-Nov-94 08:49:37 GMT
  `(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT`,
  // Sun Nov  6 08:49:37 1994
  `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/**
 * Parses a date in one of the three forms of RFC 9110, always GMT.
 *
 * @returns milliseconds since the epoch; undefined for an invalid date, whose condition must be ignored.
 */
export function parseHttpDate(text: string, now: number = Date.now()): number | undefined {
  for (const form of FORMS) {
    const fields = form.exec(text)?.groups;
    if (fields !== undefined) return toTime(fields, now);
  }
  return undefined;
}

function toTime(fields: Record<string, string>, now: number): number | undefined {
  const { month: monthName = '', year: digits = '' } = fields;
  const month = MONTHS.indexOf(monthName);
  const [day = 0, hour = 0, minute = 0, second = 0] = ['day', 'hour', 'minute', 'second'].map(
    (name) => Number(fields[name]),
  );
  const year = fullYear(digits, now);
  // 60 is a leap second; JavaScript treats it as the following second.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  // The day after the last one of a month is another day of the next.
  if (date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second);
}

/** A two-digit year more than 50 years in the future is one in the past (RFC 9110 §5.6.7). */
function fullYear(digits: string, now: number): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  const current = new Date(now).getUTCFullYear();
  const sameCentury = current - (current % 100) + year;
  return sameCentury > current + 50 ? sameCentury - 100 : sameCentury;
}
