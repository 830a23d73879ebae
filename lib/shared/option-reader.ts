import { types } from 'node:util';
import { BadOptionError, helpOf, XSendfileError } from './errors.js';
import { checkKnownKeys, show, showType } from './option-checks.js';

/** An option of a factory, as the errors about it name it. */
export class Option {
  /** The factory, and the object that the option is in: what messages begin with. */
  readonly caller: string;
  /** Name for messages. */
  readonly name: string;
  /** As {@link BadOptionError.option} names it. */
  readonly path: string;

  constructor(caller: string, name: string, path: string = name) {
    this.caller = caller;
    this.name = name;
    this.path = path;
  }

  /** The error for a value that is not what it must be. */
  wrong(expected: string, value: unknown, fix = ''): Error {
    return this.error(`${this.name} must be ${expected}, got ${show(value)}.${fix}`);
  }

  /** The error for anything else that is wrong with the option. */
  error(text: string): Error {
    return new BadOptionError(`${this.caller}: ${text}`, { option: this.path });
  }
}

/** An argument of a function of a signer, or one of its claims: errors about it are TypeErrors. */
export class Argument extends Option {
  override error(text: string): Error {
    const details = { option: this.path, help: helpOf('TypeError') };
    return Object.assign(new TypeError(`${this.caller}: ${text}`), details);
  }
}

/**
 * Returns the value of an option, checked and with its default.
 *
 * @throws {@link BadOptionError} for a wrong value.
 */
export type Reader<Value> = (value: unknown, option: Option) => Value;

/** A reader for each option; `satisfies Readers<…>` makes a table complete. */
export type Readers<Options> = { readonly [Name in keyof Required<Options>]: Reader<unknown> };

type Table = Readonly<Record<string, Reader<unknown>>>;

/** Results of the readers of a table. */
export type Read<Of> = {
  readonly [Name in keyof Of]: Of[Name] extends Reader<infer Value> ? Value : never;
};

/**
 * Reads all options that a table has.
 *
 * @param caller - name of the factory, for messages.
 * @param within - the option that the options are in, with a dot.
 * @throws {@link BadOptionError} if the options are not an object, for an unknown option, and for a wrong value.
 */
export function readOptions<Of extends Table>(
  caller: string,
  options: unknown,
  table: Of,
  within = '',
): Read<Of> {
  checkKnownKeys(caller, options, Object.keys(table), within);
  return readValues(options, table, (name) => new Option(caller, name, within + name));
}

/** Reads the options in an option, which messages name `outer.inner`. */
export function readNested<Of extends Table>(value: unknown, outer: Option, table: Of): Read<Of> {
  const { caller, name } = outer;
  checkKnownKeys(`${caller}: ${name}`, value, Object.keys(table), `${name}.`);
  return readValues(value, table, (inner) => new Option(caller, `${name}.${inner}`));
}

/** Reads the options in an element of a list, which messages name `list[0]: option`. */
export function readElement<Of extends Table>(
  value: unknown,
  index: number,
  { caller, name }: Option,
  table: Of,
): Read<Of> {
  return readOptions(`${caller}: ${name}[${index}]`, value, table, `${name}[${index}].`);
}

/** Reads the values of an object whose names have been checked. */
export function readValues<Of extends Table>(
  values: unknown,
  table: Of,
  optionOf: (name: string) => Option,
): Read<Of> {
  const byName = values as Readonly<Record<string, unknown>>;
  const entries = Object.entries(table).map(([name, read]) => [
    name,
    read(byName[name], optionOf(name)),
  ]);
  return Object.fromEntries(entries) as Read<Of>;
}

/**
 * Splits options by who reads them.
 *
 * @param names - those that each reader knows.
 * @throws {@link BadOptionError} if the options are not an object, and for an option that no reader knows.
 */
export function splitOptions(
  caller: string,
  options: object,
  ...names: readonly (readonly string[])[]
): readonly object[] {
  checkKnownKeys(caller, options, names.flat());
  const entries = Object.entries(options);
  return names.map((own) => Object.fromEntries(entries.filter(([name]) => own.includes(name))));
}

/** Reads a value that is checked elsewhere. */
export function unread<Value>(value: unknown): Value {
  return value as Value;
}

/** Reads a value that is what is expected; undefined stands for the default. */
export function checked<Value>(
  expected: string,
  matches: (value: unknown) => boolean,
): Reader<Value | undefined>;
export function checked<Value>(
  expected: string,
  matches: (value: unknown) => boolean,
  fallback: Value,
): Reader<Value>;
export function checked<Value>(
  expected: string,
  matches: (value: unknown) => boolean,
  fallback?: Value,
): Reader<Value | undefined> {
  return (value, option) => {
    if (value === undefined) return fallback;
    if (matches(value)) return value as Value;
    throw option.wrong(expected, value);
  };
}

/** Reads an optional option without a default. */
export function optional<Value>(read: Reader<Value>): Reader<Value | undefined> {
  return (value, option) => (value === undefined ? undefined : read(value, option));
}

/** Reads the default as if it had been given. */
export function withDefault<Value>(fallback: unknown, read: Reader<Value>): Reader<Value> {
  return (value, option) => read(value === undefined ? fallback : value, option);
}

export function boolean(fallback: boolean): Reader<boolean> {
  return checked('true or false', (value) => typeof value === 'boolean', fallback);
}

export function callback<Callback>(): Reader<Callback | undefined>;
export function callback<Callback>(fallback: Callback): Reader<Callback>;
export function callback<Callback>(fallback?: Callback): Reader<Callback | undefined> {
  return checked('a function', (value) => typeof value === 'function', fallback);
}

/**
 * Reads an option that may be a function, whose result the response does not wait for.
 *
 * The function then throws an {@link XSendfileError} in place of a promise: nothing would be in it yet, and its
 * rejection, which nobody handles, would end the process.
 */
export function synchronous<Value>(read: Reader<Value>): Reader<Value> {
  return (value, option) => {
    const call = read(value, option);
    if (typeof call !== 'function') return call;
    return ((...args: unknown[]): unknown => {
      const result: unknown = call(...args);
      if (!types.isPromise(result)) return result;
      result.catch(() => {});
      throw new XSendfileError(
        'ERR_XSENDFILE_BAD_OPTION',
        `${option.caller}: options.${option.name} must be synchronous: it returned a promise.`,
      );
    }) as Value;
  };
}

/** An object of the application that has these methods. */
export function withMethods<Value extends object>(
  expected: string,
  ...methods: readonly (keyof Value & string)[]
): Reader<Value> {
  return (value, option) => {
    const candidate = (value ?? {}) as Partial<Value>;
    if (methods.every((method) => typeof candidate[method] === 'function')) return value as Value;
    throw option.error(`${option.name} must be ${expected}, got ${showType(value)}.`);
  };
}

/** The first value is the default. */
export function oneOf<const Value extends string>(
  ...values: readonly [Value, ...Value[]]
): Reader<Value> {
  const allowed: readonly unknown[] = values;
  const expected = values.map((name) => `'${name}'`).join(', ');
  return checked(expected, (value) => allowed.includes(value), values[0]);
}

/** A number of things. */
export function count(fallback: number, least: 0 | 1 = 1): Reader<number> {
  const matches = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= least;
  return checked(`a whole number, ${least} or more`, matches, fallback);
}

/** Seconds; the limit of Node's timers. */
export const LONGEST_TIMER = 2 ** 31 / 1000 - 1;

/** @param longest - for a time that a timer does not measure. */
export function seconds(fallback: number, longest: number = LONGEST_TIMER): Reader<number> {
  const matches = (value: unknown) => typeof value === 'number' && value > 0 && value <= longest;
  return checked('a number of seconds above 0', matches, fallback);
}
