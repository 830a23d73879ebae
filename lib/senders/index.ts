import { BadSenderError } from '../shared/errors.js';
import { show, showType } from '../shared/option-checks.js';
import type { Sender, SenderFunction, SenderName } from '../types.js';
import { caddySender } from './caddy.js';
import { h2oSender } from './h2o.js';
import { nginxSender } from './nginx.js';
import { serveSender } from './serve.js';
import { apacheSender, lighttpdSender, standardSender } from './x-sendfile.js';

const FACTORIES: { readonly [name in SenderName]: () => Sender } = {
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
 * @throws {@link BadSenderError} listing the known names.
 */
export function resolveSender(sender: unknown, caller: string): Sender {
  if (typeof sender === 'string' && Object.hasOwn(FACTORIES, sender)) {
    return FACTORIES[sender as SenderName]();
  }
  if (typeof sender === 'function') {
    return Object.freeze({ name: sender.name || 'custom', send: sender as SenderFunction });
  }
  if (isSender(sender)) return sender;
  const known = Object.keys(FACTORIES)
    .map((name) => `'${name}'`)
    .join(', ');
  throw new BadSenderError(
    `${caller}: sender must be one of ${known}, a function or an object { name, send }, got ${describe(sender)}.`,
  );
}

function isSender(value: unknown): value is Sender {
  if (typeof value !== 'object' || value === null) return false;
  const { name, send, passesContentEncoding, dropped, controls, limitRate, forRemote } =
    value as Partial<Record<keyof Sender, unknown>>;
  return (
    typeof name === 'string' &&
    name !== '' &&
    typeof send === 'function' &&
    (passesContentEncoding === undefined || typeof passesContentEncoding === 'boolean') &&
    [limitRate, forRemote].every((each) => each === undefined || typeof each === 'function') &&
    [dropped, controls].every(
      (headers) =>
        headers === undefined ||
        (Array.isArray(headers) && headers.every((header) => typeof header === 'string')),
    )
  );
}

/** Shows a misspelt name, but not an object: it may be options that contain a secret. */
function describe(value: unknown): string {
  return typeof value === 'string' ? show(value) : showType(value);
}
