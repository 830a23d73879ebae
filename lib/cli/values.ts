import { InvalidArgumentError } from 'commander';
import { canonicalAddress } from '../links/addresses.js';
import { findAlike } from '../shared/suggestion.js';

/** Parsers of option values, as commander calls them. */

const SECONDS_PER_UNIT = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 } as const;
/** Seconds, or each unit at most once, the longest first. */
const DURATION =
  /^(?:\d{1,12}|(?=\d)(?:\d{1,12}w)?(?:\d{1,12}d)?(?:\d{1,12}h)?(?:\d{1,12}m)?(?:\d{1,12}s)?)$/;
/** ISO 8601, as `Date` reads it. */
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;
const MAX_PORT = 65_535;

/**
 * A parser that refuses what a function returns undefined for.
 *
 * @param fix - the sentence for the user.
 */
export function parser<Value>(read: (text: string) => Value | undefined, fix: string) {
  return (text: string): Value => {
    const value = read(text);
    if (value !== undefined) return value;
    throw new InvalidArgumentError(fix);
  };
}

/** `3600`, `1h` and `59m60s` are the same number of seconds. */
export const parseSeconds = parser((text) => {
  if (!DURATION.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)(\D?)/g)];
  return parts.reduce((sum, [, count, unit]) => {
    return sum + Number(count) * SECONDS_PER_UNIT[(unit || 's') as keyof typeof SECONDS_PER_UNIT];
  }, 0);
}, 'Give seconds, or a time such as 30m, 2d or 2d12h, in weeks (w), d, h, m and s.');

/** Decimal digits only: no sign, fraction or exponent. */
export const parseWholeNumber = parser(
  (text) => (/^\d{1,16}$/.test(text) ? Number(text) : undefined),
  'Give a whole number, such as 1000.',
);

/** UTC unless the text names a time zone: the same moment on every machine. */
export const parseDate = parser((text) => {
  const [, year, month, day, zone] = DATE.exec(text) ?? [];
  const date = new Date(text.includes('T') && zone === undefined ? `${text}Z` : text);
  // 30 February is 2 March to Date.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const isDate = year !== undefined && !Number.isNaN(date.getTime()) && Number(day) <= lastDay;
  return isDate ? date : undefined;
}, 'Give an ISO 8601 date, such as 2026-12-31 or 2026-12-31T18:00:00Z.');

/** A client's address. */
export const parseClientAddress = parser(
  canonicalAddress,
  'Give an IPv4 or IPv6 address, such as 192.0.2.7.',
);

/** 0 stands for any free port. */
export const parsePort = parser(
  (text) => (/^\d{1,5}$/.test(text) && Number(text) <= MAX_PORT ? Number(text) : undefined),
  'Give a number from 0 to 65535; 0 takes any free port.',
);

/** The name of a header: RFC 9110 §5.1. */
export const parseHeaderName = parser(
  (text) => (/^[\w!#$%&'*+.^`|~-]+$/.test(text) ? text.toLowerCase() : undefined),
  'Give the name of a request header, such as X-Forwarded-For.',
);

/** For options that may be given more than once. */
export function collect<Value>(parse: (text: string) => Value) {
  return (text: string, previous: readonly Value[] = []): readonly Value[] => [
    ...previous,
    parse(text),
  ];
}

export const collectTexts = collect((text) => text);

/** A parser that suggests the closest choice for a wrong value. */
export function parserOf<Choice extends string>(choices: readonly Choice[]) {
  return (text: string): Choice => {
    const choice = choices.find((name) => name === text);
    if (choice !== undefined) return choice;
    const alike = findAlike(text, choices);
    const hint = alike === undefined ? '' : `Did you mean ${alike}? `;
    throw new InvalidArgumentError(`${hint}Allowed choices are ${choices.join(', ')}.`);
  };
}
