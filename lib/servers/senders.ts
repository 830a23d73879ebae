import { BadSenderError } from '../shared/errors.js';
import { show, showType, suggest } from '../shared/option-checks.js';
import { findAlike } from '../shared/suggestion.js';
import type { NamingSender, Sender, SenderFunction, SenderName } from '../types.js';
import { apacheSender } from './apache/sender.js';
import { caddySender } from './caddy/sender.js';
import { toHeaderSender } from './contract.js';
import { h2oSender } from './h2o/sender.js';
import { lighttpdSender } from './lighttpd/sender.js';
import type { FrontEndServer } from './names.js';
import { nginxSender } from './nginx/sender.js';
import { serveSender } from './serve.js';
import { standardSender } from './standard.js';

const FACTORIES: { readonly [name in SenderName | FrontEndServer]: () => Sender } = {
  standard: standardSender,
  apache: apacheSender,
  lighttpd: lighttpdSender,
  nginx: nginxSender,
  caddy: caddySender,
  h2o: h2oSender,
  serve: serveSender,
};

/**
 * Returns the sender for the value of the `sender` option.
 *
 * @throws {@link BadSenderError} listing the known names, with the one that was probably meant.
 */
export function resolveSender(sender: unknown, caller: string): Sender {
  if (typeof sender === 'string' && Object.hasOwn(FACTORIES, sender)) {
    return FACTORIES[sender as SenderName]();
  }
  if (typeof sender === 'function') {
    checkIsNoFactory(sender, caller);
    return Object.freeze({ name: sender.name || 'custom', send: sender as SenderFunction });
  }
  if (typeof sender === 'object' && sender !== null) {
    checkProperties(sender, caller);
    const { name, send, nameFile }: Partial<Sender & NamingSender> = sender;
    if (name !== undefined && send !== undefined) return sender as Sender;
    if (name !== undefined && nameFile !== undefined) return toHeaderSender(sender as NamingSender);
  }
  const names = Object.keys(FACTORIES);
  const known = names.map((name) => `'${name}'`).join(', ');
  const hint = typeof sender === 'string' ? suggest(sender, names, '') : '';
  throw new BadSenderError(
    `${caller}: sender must be one of ${known}, a function, { name, send } or { name, nameFile }, got ${describe(sender)}. ${hint}`.trimEnd(),
  );
}

/** By name, too: a factory may be of the other build. */
function checkIsNoFactory(sender: object & { name: string; length: number }, caller: string) {
  const known = Object.entries(FACTORIES).find(
    ([name, factory]) =>
      sender === factory || (sender.name === `${name}Sender` && sender.length === 0),
  );
  if (known === undefined) return;
  throw new BadSenderError(
    `${caller}: sender must be what ${known[0]}Sender() returns, got the function itself. Call it: sender: ${known[0]}Sender().`,
  );
}

type Kind = readonly [expected: string, matches: (value: unknown) => boolean];
const FUNCTION: Kind = ['a function', (value) => typeof value === 'function'];
const HEADERS: Kind = [
  'a list of names of headers',
  (value) => Array.isArray(value) && value.every(isHeaderName),
];

/** The type forces the list to be complete. */
const PROPERTIES: { readonly [property in keyof Required<Sender & NamingSender>]: Kind } = {
  name: ['a string that is not empty', (value) => typeof value === 'string' && value !== ''],
  send: FUNCTION,
  nameFile: FUNCTION,
  passesContentEncoding: ['true or false', (value) => typeof value === 'boolean'],
  dropped: HEADERS,
  controls: HEADERS,
  limitRate: FUNCTION,
  downloadIdHeader: ['the name of a header', isHeaderName],
  forRemote: FUNCTION,
};

/** Others are allowed, unless they are all but one that is missing. */
function checkProperties(sender: object, caller: string): void {
  const given = sender as Readonly<Record<string, unknown>>;
  for (const [property, [expected, matches]] of Object.entries(PROPERTIES)) {
    const value = given[property];
    if (value === undefined || matches(value)) continue;
    throw new BadSenderError(
      `${caller}: ${property} of the sender must be ${expected}, got ${describe(value)}.`,
    );
  }
  const missing = Object.keys(PROPERTIES).filter((property) => given[property] === undefined);
  for (const [property, value] of Object.entries(sender)) {
    const alike = value === undefined ? undefined : findAlike(property, missing);
    if (alike === undefined) continue;
    throw new BadSenderError(
      `${caller}: the sender has an unknown property ${show(property)}. Did you mean ${show(alike)}?`,
    );
  }
}

function isHeaderName(value: unknown): boolean {
  return typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(value);
}

/** Shows a misspelt name, but not an object: it may be options that contain a secret. */
function describe(value: unknown): string {
  return typeof value === 'string' ? show(value) : showType(value);
}
