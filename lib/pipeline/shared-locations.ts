import { isHeaderSender } from '../servers/contract.js';
import { show } from '../shared/option-checks.js';
import { createWarning } from '../shared/warning.js';
import type { Sender } from '../types.js';
import type { Configuration } from './options.js';

/** Registered, because the ESM and the CommonJS build have separate modules. */
const KEY = Symbol.for('xsendfile.rootsByLocation');
type Roots = Map<string, readonly string[]>;
const registry = globalThis as { [KEY]?: Map<string, Roots> };
registry[KEY] ??= new Map();

/** For each location and handshake the first two roots: enough to know one that is another. */
const locations = registry[KEY];
/** For handlers that take every request for one of the front end. */
const ANY = 'any';

type Handler = Pick<Configuration, 'sender' | 'handshake'>;

const warnOfSharedLocation = createWarning(
  'XSENDFILE_SHARED_LOCATION',
  (caller: string, sender: Sender, location: string, roots: readonly string[]) =>
    `${caller}: the handlers of ${roots.map(show).join(' and ')} have the same location, ${location}, so the front end sends the files of one root for both. ` +
    `Give each root its own location in ${sender.name}Sender({ location }) and in the configuration (docs/senders.md#several-handlers)` +
    `${isHeaderSender(sender) && sender.canPrependMount ? ', or put the mount path before it by prependMount: true' : ''}` +
    '; or use one handler, with a root that contains both.',
);

/**
 * Warns, once per process, if a front end has handlers with different roots for one location: it has only one
 * directory there. Handlers with different handshakes are for different front ends.
 */
export function recordLocation(handler: Handler, root: string, caller: string): void {
  const location = locationOf(handler.sender);
  if (location === undefined) return;
  const known: Roots = locations.get(location) ?? new Map();
  locations.set(location, known);
  for (const fingerprint of handler.handshake.fingerprints ?? [ANY]) {
    const roots = known.get(fingerprint) ?? [];
    if (roots.length < 2 && !roots.includes(root)) known.set(fingerprint, [...roots, root]);
  }
  const other = otherRootFor(handler, root);
  if (other !== undefined) warnOfSharedLocation(caller, handler.sender, location, [other, root]);
}

/** Another root of the application for which a front end would use the same location, if any. */
export function otherRootFor({ sender, handshake }: Handler, root: string): string | undefined {
  const known: Roots = locations.get(locationOf(sender) ?? '') ?? new Map();
  const fingerprints = handshake.fingerprints ?? [...known.keys()];
  return [...fingerprints, ANY]
    .flatMap((fingerprint) => known.get(fingerprint) ?? [])
    .find((each) => each !== root);
}

/** Whether a sender prepends the mount path of the handler to its location. */
export function prependsMount(sender: Sender): boolean {
  return isHeaderSender(sender) && sender.prependsMount;
}

/** The location without its encoding, which front ends remove before they compare. */
function locationOf(sender: Sender): string | undefined {
  if (!isHeaderSender(sender) || sender.location === undefined) return undefined;
  return `${decodeURIComponent(sender.location)} of ${sender.name}`;
}
