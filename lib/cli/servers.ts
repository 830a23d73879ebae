import { GENERATORS } from '../servers/generators.js';

/** The servers in the texts of the program: from their records, so that a new one is in all of them. */

/** Names in a sentence: `nginx, caddy and h2o`. */
export function formatList(
  names: readonly string[],
  type: Intl.ListFormatOptions['type'] = 'conjunction',
): string {
  return new Intl.ListFormat('en-GB', { type }).format(names);
}

type Server = (typeof GENERATORS)[keyof typeof GENERATORS];

/** The servers with a property, in a sentence. */
export function listServers(
  has: (server: Server) => boolean,
  type?: Intl.ListFormatOptions['type'],
): string {
  const servers = Object.values(GENERATORS).filter(has);
  return formatList(
    servers.map(({ traits }) => traits.name),
    type,
  );
}

/** Whether its sender names files by URLs, instead of by their paths. */
export function hasLocation({ traits }: Server): boolean {
  return traits.defaultLocation !== undefined;
}

/** The option `--location`, in the help. */
export function describeLocations(): string {
  const defaults = Object.values(GENERATORS)
    .filter(hasLocation)
    .map(({ traits }) => `${traits.name} "${traits.defaultLocation}"`);
  return `the sender's location (default: ${defaults.join(', ')})`;
}
