import { BadOptionError } from '../../shared/errors.js';
import { checkKnownKeys, show, showType } from '../../shared/option-checks.js';
import { checkDirectory } from '../front-end-root.js';
import { isSecret } from '../handshake.js';
import { checkLocation, parseCaddyLocation, parseH2oLocation } from '../location.js';
import {
  DEFAULT_LOCATION,
  DOWNLOAD_ID_HEADER,
  FRONT_END_SERVERS,
  type FrontEndServer,
  isControlHeader,
} from '../names.js';
import { parseListen, parseUpstream } from './addresses.js';
import { type FrontEndRemote, parseRemotes, type RemoteSettings } from './remotes.js';
import { parseReportAddress, type ReportAddress } from './report-address.js';

/** The files of one handler, see {@link FrontEndConfigOptions.files}. */
export interface FrontEndFiles {
  /** Root directory of the handler: absolute. */
  readonly root: string;
  /**
   * The `location` of its sender: a URL path for nginx and Caddy, a URL for h2o. Apache and lighttpd
   * have none.
   *
   * @default that of the sender
   */
  readonly location?: string | undefined;
  /**
   * The root directory as the front end sees it: absolute.
   *
   * @default the handler's `root`
   */
  readonly frontendRoot?: string | undefined;
}

/** Options of {@link createFrontEndConfig}. */
export interface FrontEndConfigOptions {
  /**
   * The root directory as the front end sees it: absolute. It is not checked here, as the front
   * end may be on another machine.
   *
   * Required unless `files` or `remotes` is given.
   */
  readonly root?: string | undefined;
  /**
   * What the sender was given as `location`: for nginx the internal location, or more than one; for
   * Caddy what goes before the path; for h2o the URL of the internal host. Apache and lighttpd have
   * none.
   *
   * @default that of the sender
   */
  readonly location?: string | readonly string[] | undefined;
  /**
   * The files of each handler, for an application with several roots; instead of `root` and
   * `location`.
   *
   * Each root is listed once, and no location contains another.
   */
  readonly files?: readonly FrontEndFiles[] | undefined;
  /**
   * The stores of handlers made with `remoteRoot()`; for nginx only, because this process sends remote objects for
   * all other servers.
   *
   * @default []
   */
  readonly remotes?: readonly FrontEndRemote[] | undefined;
  /**
   * Further response headers of the application that must reach the client together with a file.
   *
   * nginx drops most headers: its configuration restores each of these. Apache, lighttpd and Caddy
   * keep them anyway. It is an error to list a control header, one that servers set themselves, such
   * as ETag, or one that the server cannot pass (h2o: any; Apache: Content-Encoding).
   *
   * @default []
   */
  readonly passHeaders?: readonly string[] | undefined;
  /**
   * Where the application listens.
   *
   * @default 'http://127.0.0.1:3000'
   */
  readonly upstream?: string | undefined;
  /**
   * The secret that was given to `xsendfile()` as `handshake`.
   *
   * The configuration contains it then: only the server's administrator may read that file.
   *
   * @default none: the header is removed from requests
   */
  readonly handshake?: string | undefined;
  /**
   * Where the server sends its delivery reports: `listen` of `deliveryReports()`. For nginx, Apache and
   * lighttpd only: the log of the others cannot tell the id of a download.
   *
   * @default none
   */
  readonly reports?: string | undefined;
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
   * @default the system's directories
   */
  readonly scratch?: string | undefined;
  /**
   * The user that sends the files if root starts the server; undefined with `scratch`: the user that starts it.
   *
   * @default 'www-data'
   */
  readonly user?: string | undefined;
  /** The group that sends the files, see `user`. @default the same as `user` */
  readonly group?: string | undefined;
  /**
   * Where Apache's modules are.
   *
   * @default '/usr/lib/apache2/modules'
   */
  readonly modules?: string | undefined;
}

/** A directory, and the location that leads there. */
export interface FilesSettings {
  /** As the front end sees it. */
  readonly root: string;
  /** Ends with a slash; empty for servers that have none. */
  readonly location: string;
}

/** Complete and checked. */
export interface FrontEndSettings {
  /** Name of the function, for messages. */
  readonly caller: string;
  /** At least one, unless there are remotes. */
  readonly files: readonly FilesSettings[];
  readonly remotes: readonly RemoteSettings[];
  readonly passHeaders: readonly string[];
  /** Host and port of the application. */
  readonly upstream: string;
  readonly handshake: string | undefined;
  readonly reports: ReportAddress | undefined;
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
  files: true,
  remotes: true,
  passHeaders: true,
  upstream: true,
  handshake: true,
  reports: true,
  listen: true,
  standalone: true,
  scratch: true,
  user: true,
  group: true,
  modules: true,
};

const KNOWN_OF_FILES: { readonly [option in keyof Required<FrontEndFiles>]: true } = {
  root: true,
  location: true,
  frontendRoot: true,
};

const DEFAULT_USER = 'www-data';

/** Characters that nginx also allows in the name of a variable. */
const HEADER_NAME = /^[a-z\d][\w-]*$/i;

/** Headers that every server sets itself, for the file or the connection. */
const SET_BY_SERVERS =
  /^(?:accept-ranges|connection|content-length|content-range|date|etag|keep-alive|last-modified|server|trailer|transfer-encoding|upgrade)$/i;

/** Headers that a server drops, and that its configuration cannot restore. */
const LOST: { readonly [server in FrontEndServer]?: RegExp } = {
  apache: /^content-encoding$/i,
  h2o: /^/,
};

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
  const remotes = parseRemotes(server, options.remotes ?? [], caller);
  const hasFiles =
    remotes.length === 0 ||
    [options.root, options.files, options.location].some((each) => each !== undefined);
  const user = options.user ?? (scratch === undefined ? DEFAULT_USER : undefined);
  return {
    caller,
    files: hasFiles ? parseFiles(server, options, caller) : [],
    remotes,
    passHeaders: parsePassHeaders(server, options.passHeaders ?? [], caller),
    upstream: parseUpstream(options.upstream ?? 'http://127.0.0.1:3000', caller),
    handshake,
    reports: parseReports(server, options.reports, caller),
    ...parseListen(options.listen ?? '80', caller),
    standalone,
    scratch: scratch === undefined ? undefined : checkDirectory(scratch, 'scratch', caller),
    user: checkName(user, 'user', caller),
    group: checkName(options.group ?? user, 'group', caller),
    modules: checkDirectory(modules, 'modules', caller),
  };
}

function parseFiles(
  server: FrontEndServer,
  { files, root, location }: FrontEndConfigOptions,
  caller: string,
): readonly FilesSettings[] {
  if (files === undefined) {
    const directory = checkDirectory(root, 'root', caller);
    return parseLocations(server, location, caller).map((each) => ({
      root: directory,
      location: each,
    }));
  }
  for (const [option, value] of Object.entries({ root, location })) {
    if (value === undefined) continue;
    throw new BadOptionError(
      `${caller}: files and ${option} exclude each other, got the ${option} ${show(value)}. Put it into an element of files.`,
    );
  }
  if (!Array.isArray(files) || files.length === 0) {
    throw new BadOptionError(
      `${caller}: files must be an array of at least one { root, location }, got ${show(files)}.`,
    );
  }
  const parsed = files.map((each, index) =>
    parseFilesOfOne(server, each, `${caller}: files[${index}]`),
  );
  for (const [index, each] of parsed.entries()) {
    for (const other of parsed.slice(0, index)) checkDistinct(other, each, caller);
  }
  return parsed;
}

function parseFilesOfOne(
  server: FrontEndServer,
  files: FrontEndFiles,
  caller: string,
): FilesSettings {
  checkKnownKeys(caller, files, Object.keys(KNOWN_OF_FILES));
  const root = checkDirectory(files.root, 'root', caller);
  const { frontendRoot = root } = files;
  return {
    root: checkDirectory(frontendRoot, 'frontendRoot', caller),
    location: parseLocation(server, files.location, caller),
  };
}

function checkDistinct(one: FilesSettings, other: FilesSettings, caller: string): void {
  if (one.root === other.root) {
    throw new BadOptionError(
      `${caller}: files must list each directory once, got ${show(one.root)} twice. Give handlers with the same root the same location.`,
    );
  }
  // The server would look for the files of one below the root of the other.
  const [shorter = '', longer = ''] = [one.location, other.location]
    .map(decodeURIComponent)
    .sort((a, b) => a.length - b.length);
  if (shorter !== '' && longer.startsWith(shorter)) {
    throw new BadOptionError(
      `${caller}: files must have locations of which none contains another, got ${show(one.location)} for ${show(one.root)} and ${show(other.location)} for ${show(other.root)}. Give each root, and its sender, a location of its own.`,
    );
  }
}

function parseReports(
  server: FrontEndServer,
  reports: unknown,
  caller: string,
): ReportAddress | undefined {
  if (reports === undefined) return undefined;
  if (server in DOWNLOAD_ID_HEADER) return parseReportAddress(reports, 'reports', caller);
  throw new BadOptionError(
    `${caller}: ${server} cannot report deliveries, got the reports ${show(reports)}. Leave it out: with the option reports of a handler, the application sends the files itself.`,
  );
}

function parsePassHeaders(
  server: FrontEndServer,
  names: unknown,
  caller: string,
): readonly string[] {
  if (!Array.isArray(names)) {
    throw new BadOptionError(
      `${caller}: passHeaders must be an array of header names, such as ["Repr-Digest"], got ${show(names)}.`,
    );
  }
  for (const name of names) checkPassedHeader(server, name, caller);
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}

function checkPassedHeader(server: FrontEndServer, name: unknown, caller: string): void {
  if (typeof name !== 'string' || !HEADER_NAME.test(name)) {
    throw new BadOptionError(
      `${caller}: passHeaders must be names of response headers, with letters, digits, "-" and "_" only, such as "Repr-Digest", got ${show(name)}.`,
    );
  }
  const reason = isControlHeader(name)
    ? 'a control header, which clients must not see'
    : SET_BY_SERVERS.test(name)
      ? 'which the server sets itself'
      : LOST[server]?.test(name)
        ? `which ${server} cannot pass; use sender: 'serve' for files that need it`
        : undefined;
  if (reason === undefined) return;
  throw new BadOptionError(
    `${caller}: passHeaders must not have ${show(name)}, ${reason}. Leave it out.`,
  );
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
