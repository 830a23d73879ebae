import { BadOptionError } from './errors.js';

/**
 * @throws {@link BadOptionError} for options that are no object, and for the first unknown key.
 */
export function checkKnownKeys(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BadOptionError(
      `${caller}: options must be an object, got ${show(options)}.${senderHint(options)}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new BadOptionError(
      `${caller}: unknown option ${JSON.stringify(key)}. ${CURES[key] ?? suggest(key, known)}`,
    );
  }
}

/** The value as it can be shown in a message. */
export function show(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** Options that users know from elsewhere, and what is to be done about them here. */
const CURES: Readonly<Record<string, string>> = {
  index: 'This package serves no directories; use serve-static for a web site.',
  redirect: 'This package never redirects; use serve-static for a web site.',
  extensions: 'A file has one URL here; use serve-static for a web site.',
  start: 'Leave ranges to the client, or cut the file before.',
  end: 'Leave ranges to the client, or cut the file before.',
  maxage: 'Did you mean "maxAge"?',
  hidden: 'Use dotfiles: "allow" instead.',
  root: 'The root is the first argument.',
  headers: 'Use setHeaders, or set them on the response before.',
};

function suggest(key: string, known: readonly string[]): string {
  const alike = known.find((name) => name.toLowerCase() === key.toLowerCase());
  return alike === undefined
    ? `Known options: ${known.join(', ')}.`
    : `Did you mean ${JSON.stringify(alike)}?`;
}

/** wsgi-xsendfile takes the sender as second argument. */
function senderHint(options: unknown): string {
  return typeof options === 'string' || typeof options === 'function'
    ? ' A sender is given as { sender: … }.'
    : '';
}
