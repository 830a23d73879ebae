import {
  DEFAULT_LOCATION,
  FRONT_END_SERVERS,
  type FrontEndServer,
} from '../protocol/control-headers.js';
import { checkDirectory } from '../protocol/front-end-root.js';
import { isSecret } from '../protocol/handshake.js';
import { checkLocation, parseCaddyLocation, parseH2oLocation } from '../protocol/location.js';
import { BadOptionError } from '../shared/errors.js';
import { checkKnownKeys, show, showType } from '../shared/option-checks.js';
import { parseListen, parseUpstream } from './addresses.js';

/** Options of {@link createFrontEndConfig}. */
export interface FrontEndConfigOptions {
  /**
   * The root directory as the front end sees it: absolute. It is not checked here, as the front
   * end may be on another machine.
   */
  readonly root: string;
  /**
   * What the sender was given as `location`: for nginx the internal location, or more than one; for
   * Caddy what goes before the path; for h2o the URL of the internal host. Apache and lighttpd have
   * none.
   *
   * @default that of the sender
   */
  readonly location?: string | readonly string[] | undefined;
  /**
   * Where the application listens.
   *
   * @default 'http://127.0.0.1:3000'
   */
  readonly upstream?: string | undefined;
  /**
   * The secret that was given to {@link xsendfile} as `handshake`.
   *
   * The configuration contains it then: only the server's administrator may read that file.
   *
   * @default undefined: whatever clients send under that name is removed
   */
  readonly handshake?: string | undefined;
  /**
   * Where the server listens: a port, or an address and a port.
   *
   * @default '80'
   */
  readonly listen?: string | undefined;
  /**
   * Whether the configuration is all that the server reads; false: the part to include into one.
   *
   * @default true
   */
  readonly standalone?: boolean | undefined;
  /**
   * An existing directory for whatever the server writes: logs, sockets, temporary files. With it
   * the server stays in the foreground and needs no privileges.
   *
   * @default undefined: the usual places of the system
   */
  readonly scratch?: string | undefined;
  /**
   * The user that sends the files if root starts the server; undefined with `scratch`: the user that starts it.
   *
   * @default 'www-data'
   */
  readonly user?: string | undefined;
  /** @default that of the user's name */
  readonly group?: string | undefined;
  /**
   * Where Apache's modules are.
   *
   * @default '/usr/lib/apache2/modules'
   */
  readonly modules?: string | undefined;
}

/** Complete and checked. */
export interface FrontEndSettings {
  /** Name of the function, for messages. */
  readonly caller: string;
  readonly root: string;
  readonly locations: readonly string[];
  /** Host and port of the application. */
  readonly upstream: string;
  readonly handshake: string | undefined;
  readonly host: string | undefined;
  readonly port: number;
  readonly standalone: boolean;
  readonly scratch: string | undefined;
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly modules: string;
}

/** A type forces the list to be complete. */
const KNOWN: { readonly [option in keyof Required<FrontEndConfigOptions>]: true } = {
  root: true,
  location: true,
  upstream: true,
  handshake: true,
  listen: true,
  standalone: true,
  scratch: true,
  user: true,
  group: true,
  modules: true,
};

const DEFAULT_USER = 'www-data';

/** @throws {@link BadOptionError} */
export function parseFrontEndOptions(
  server: FrontEndServer,
  options: FrontEndConfigOptions,
  caller: string,
): FrontEndSettings {
  if (!FRONT_END_SERVERS.includes(server)) {
    const known = FRONT_END_SERVERS.map((name) => `'${name}'`).join(', ');
    throw new BadOptionError(
      `${caller}: server must be one of ${known}, got ${typeof server === 'string' ? show(server) : showType(server)}.`,
    );
  }
  checkKnownKeys(caller, options, Object.keys(KNOWN));
  const { handshake, standalone = true, scratch, modules = '/usr/lib/apache2/modules' } = options;
  if (handshake !== undefined && !isSecret(handshake)) {
    throw new BadOptionError(
      `${caller}: handshake must be a secret of at least 16 visible ASCII characters. Make one with: openssl rand -hex 32`,
    );
  }
  if (typeof standalone !== 'boolean') {
    throw new BadOptionError(
      `${caller}: standalone must be true or false, got ${show(standalone)}.`,
    );
  }
  const user = options.user ?? (scratch === undefined ? DEFAULT_USER : undefined);
  return {
    caller,
    root: checkDirectory(options.root, 'root', caller),
    locations: parseLocations(server, options.location, caller),
    upstream: parseUpstream(options.upstream ?? 'http://127.0.0.1:3000', caller),
    handshake,
    ...parseListen(options.listen ?? '80', caller),
    standalone,
    scratch: scratch === undefined ? undefined : checkDirectory(scratch, 'scratch', caller),
    user: checkName(user, 'user', caller),
    group: checkName(options.group ?? user, 'group', caller),
    modules: checkDirectory(modules, 'modules', caller),
  };
}

function parseLocations(
  server: FrontEndServer,
  location: FrontEndConfigOptions['location'],
  caller: string,
): readonly string[] {
  const given = Array.isArray(location) ? location : [location];
  if (given.length === 0 || (given.length > 1 && server !== 'nginx')) {
    throw new BadOptionError(
      `${caller}: location must be one ${server === 'nginx' ? 'or more' : 'only'}, got ${show(location)}.`,
    );
  }
  return given.map((each: unknown) => parseLocation(server, each, caller));
}

function parseLocation(server: FrontEndServer, location: unknown, caller: string): string {
  switch (server) {
    case 'nginx':
      return location === undefined ? DEFAULT_LOCATION.nginx : checkLocation(location, caller);
    case 'caddy':
      return parseCaddyLocation(location, caller);
    case 'h2o':
      return parseH2oLocation(location, caller).href;
    default:
      if (location === undefined) return '';
      throw new BadOptionError(
        `${caller}: ${server} has no location, got ${show(location)}. Leave it out: its sender names files by their paths.`,
      );
  }
}

function checkName(name: unknown, option: string, caller: string): string | undefined {
  if (name === undefined) return undefined;
  if (typeof name === 'string' && /^[A-Za-z_][\w.-]*$/.test(name)) return name;
  throw new BadOptionError(
    `${caller}: ${option} must be a name of the system, such as "www-data", got ${show(name)}.`,
  );
}
