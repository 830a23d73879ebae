import { BadOptionError } from '../../lib/shared/errors.js';
import {
  boolean,
  count,
  oneOf,
  optional,
  readNested,
  readOptions,
  seconds,
} from '../../lib/shared/option-reader.js';

const TABLE = {
  strict: boolean(true),
  order: oneOf('first', 'last'),
  limit: optional(count(1)),
  wait: seconds(2),
  inner: optional((value, option) => readNested(value, option, { size: count(8) })),
};

/** The message, and the option that the error is about. */
function failureOf(options: unknown, within?: string): unknown[] {
  try {
    return [readOptions('f', options, TABLE, within)];
  } catch (error) {
    expect(error).toBeInstanceOf(BadOptionError);
    const { message, option } = error as BadOptionError;
    return [message, option];
  }
}

describe('readOptions(caller, options, table, within)', () => {
  it('returns the values, and defaults for what is not given', () => {
    expect(readOptions('f', { order: 'last', inner: {} }, TABLE)).toEqual({
      strict: true,
      order: 'last',
      limit: undefined,
      wait: 2,
      inner: { size: 8 },
    });
  });

  it.each<[unknown, string, string | undefined]>([
    [{ strict: 0 }, 'f: strict must be true or false, got 0.', 'strict'],
    [{ order: 'any' }, `f: order must be 'first', 'last', got "any".`, 'order'],
    [{ limit: 0.5 }, 'f: limit must be a whole number, 1 or more, got 0.5.', 'limit'],
    [{ wait: 0 }, 'f: wait must be a number of seconds above 0, got 0.', 'wait'],
    [{ wait: 2 ** 31 }, 'f: wait must be a number of seconds above 0, got 2147483648.', 'wait'],
    [
      { inner: { size: 0 } },
      'f: inner.size must be a whole number, 1 or more, got 0.',
      'inner.size',
    ],
    [{ inner: 1 }, 'f: inner: options must be an object, got a number.', 'inner'],
    [{ inner: { sise: 1 } }, 'f: inner: unknown option "sise". Did you mean "size"?', 'inner.sise'],
    [{ ordre: 1 }, 'f: unknown option "ordre". Did you mean "order"?', 'ordre'],
    [null, 'f: options must be an object, got null.', undefined],
  ])('of %j throws %j', (options, message, option) => {
    expect(failureOf(options)).toEqual([message, option]);
  });

  it('names the option that they are in', () => {
    expect(failureOf({ strict: 0 }, 'files[0].')).toEqual([
      'f: strict must be true or false, got 0.',
      'files[0].strict',
    ]);
    expect(failureOf({ a: 0 }, 'files[0].')[1]).toBe('files[0].a');
  });
});
