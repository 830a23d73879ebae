import { InvalidArgumentError, Option } from 'commander';
import { canonicalAddress } from '../links/addresses.js';
import { findAlike } from '../shared/suggestion.js';

/** Parsers of option values, as commander calls them. */

const SECONDS_PER_UNIT = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const DURATION = /^(\d{1,12})([smhdw]?)$/;
/** ISO 8601, as `Date` reads it. */
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;
const MAX_PORT = 65_535;

/** `3600` and `1h` are the same number of seconds. */
export function parseSeconds(text: string): number {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  if (digits === undefined) {
    throw new InvalidArgumentError(
      'Give seconds, or a number with s, m, h, d or w, such as 3600 or 2d.',
    );
  }
  return Number(digits) * SECONDS_PER_UNIT[(unit || 's') as keyof typeof SECONDS_PER_UNIT];
}

/** Decimal digits only: no sign, fraction or exponent. */
export function parseWholeNumber(text: string): number {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number, such as 1000.');
}

/** UTC unless the text names a time zone: the same moment on every machine. */
export function parseDate(text: string): Date {
  const [, year, month, day, zone] = DATE.exec(text) ?? [];
  const date = new Date(text.includes('T') && zone === undefined ? `${text}Z` : text);
  // 30 February is 2 March to Date.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (year === undefined || Number.isNaN(date.getTime()) || Number(day) > lastDay) {
    throw new InvalidArgumentError(
      'Give an ISO 8601 date, such as 2026-12-31 or 2026-12-31T18:00:00Z.',
    );
  }
  return date;
}

/** A client's address. */
export function parseClientAddress(text: string): string {
  const address = canonicalAddress(text);
  if (address === undefined) {
    throw new InvalidArgumentError('Give an IPv4 or IPv6 address, such as 192.0.2.7.');
  }
  return address;
}

/** 0 stands for any free port. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= MAX_PORT) return port;
  throw new InvalidArgumentError('Give a number from 0 to 65535; 0 takes any free port.');
}

/** The name of a header: RFC 9110 §5.1. */
export function parseHeaderName(text: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('Give the name of a request header, such as X-Forwarded-For.');
}

/** For options that may be given more than once. */
export function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/** An option that has one of several values. */
export function choiceOption(flags: string, description: string, choices: readonly string[]) {
  return new Option(flags, description).choices(choices).argParser(parserOf(choices));
}

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
