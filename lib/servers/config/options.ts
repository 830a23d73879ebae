import { EMBEDDING } from '../../shared/embedding.js';
import { show } from '../../shared/option-checks.js';
import {
  boolean,
  checked,
  Option,
  optional,
  type Read,
  type Readers,
  readElement,
  readOptions,
  withDefault,
} from '../../shared/option-reader.js';
import type { Embedding } from '../../types.js';
import type { Traits } from '../contract.js';
import { checkDirectory } from '../front-end-root.js';
import { isSecret } from '../handshake.js';
import { isControlHeader } from '../headers.js';
import { parseListen, parseUpstream } from './addresses.js';
import { type FrontEndRemote, isHeaderName, parseRemotes } from './remotes.js';
import { parseReportAddress, type ReportAddress } from './report-address.js';
import type { Lines } from './text.js';
import { CALLER } from './unwritable.js';

/** The files of one handler, see {@link FrontEndConfigOptions.files}. */
export interface FrontEndFiles {
  /** Root directory of the handler: absolute. */
  readonly root: string;
  /**
   * The `location` of its sender: a URL path for nginx and Caddy, a URL for h2o. Apache and lighttpd
   * have none.
   *
   * @default the sender's
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
   * The option `location` of the sender: for nginx the internal location, or more than one; for
   * Caddy what goes before the path; for h2o the URL of the internal host. Apache and lighttpd have
   * none.
   *
   * @default the sender's
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
   * The stores of handlers made with `remoteRoot()`; for nginx only, because Node sends remote objects for
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
   * Address of the application.
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
   * Address to which the server sends its delivery reports: `listen` of `deliveryReports()`. For nginx, Apache and
   * lighttpd only: the log of the others cannot tell the id of a download.
   *
   * @default none
   */
  readonly reports?: string | undefined;
  /**
   * The option `embedding` of the handlers, for h2o, which drops their headers and sends its own; its sender needs it
   * too. All other servers pass on the headers of the handlers.
   *
   * @default 'same-site'
   */
  readonly embedding?: Embedding | undefined;
  /**
   * Address of the server: a port, or an address and a port.
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
   * Directory of Apache's modules.
   *
   * @default '/usr/lib/apache2/modules'
   */
  readonly modules?: string | undefined;
}

/** A directory, and the location that leads there. */
export interface FilesSettings {
  /** The path that the front end sees. */
  readonly root: string;
  /** Ends with a slash; empty for servers that have none. */
  readonly location: string;
}

/** How a server checks the syntax of a configuration without running. */
interface SyntaxCheck {
  /** Names of its program on different systems. */
  readonly programs: readonly string[];
  readonly args: (file: string, scratch: string) => readonly string[];
  /** What it prints if only something else is wrong, such as a port that this user may not open. */
  readonly accepted?: string;
  /** Makes a whole configuration of a part. */
  readonly wrap: (part: string, settings: FrontEndSettings) => Lines;
}

/** Parts of the configuration of one server, and the options that it takes. */
export interface Generator {
  /** What tells whether it takes remote objects and reports, too. */
  readonly traits: Traits;
  readonly generate: (settings: FrontEndSettings) => string;
  readonly check: SyntaxCheck;
  /** Reads a location; undefined means the sender's. Omit it if the header contains paths of files. */
  readonly location?: (location: unknown, option: Option) => string;
  /** Whether one directory may have several locations. @default false */
  readonly takesLocations?: boolean;
  /** Headers that the server drops, and that its configuration cannot restore. @default none */
  readonly lost?: RegExp;
}

/** The options, complete and checked. */
export type FrontEndSettings = ReturnType<typeof parseFrontEndOptions>;

const DEFAULT_USER = 'www-data';

/** Headers that every server sets itself, for the file or the connection. */
const SET_BY_SERVERS =
  /^(?:accept-ranges|connection|content-length|content-range|date|etag|keep-alive|last-modified|server|trailer|transfer-encoding|upgrade)$/i;

/** Servers differ in their features, and in the headers that they pass. */
const optionsFor = (generator: Generator) =>
  ({
    root: optional(checkDirectory),
    location: optional((value, option) => readLocations(generator, value, option)),
    files: optional((value, option) => readFiles(generator, value, option)),
    remotes: withDefault([], (value, option) => parseRemotes(generator.traits, value, option)),
    passHeaders: withDefault([], (value, option) => readPassHeaders(generator, value, option)),
    upstream: withDefault('http://127.0.0.1:3000', parseUpstream),
    handshake: optional(readHandshake),
    reports: optional((value, option) => readReports(generator, value, option)),
    embedding: EMBEDDING,
    listen: withDefault('80', parseListen),
    standalone: boolean(true),
    scratch: optional(checkDirectory),
    user: NAME,
    group: NAME,
    modules: withDefault('/usr/lib/apache2/modules', checkDirectory),
  }) satisfies Readers<FrontEndConfigOptions>;

const NAME = checked<string>(
  'a name of the system, such as "www-data"',
  (value) => typeof value === 'string' && /^[A-Za-z_][\w.-]*$/.test(value),
);

/** @throws {@link BadOptionError} */
export function parseFrontEndOptions(generator: Generator, options: FrontEndConfigOptions) {
  const read = readOptions(CALLER, options, optionsFor(generator));
  const { root, location, listen, ...rest } = read;
  const user = rest.user ?? (rest.scratch === undefined ? DEFAULT_USER : undefined);
  return {
    ...rest,
    ...listen,
    files: selectFiles(generator, read, options),
    user,
    group: rest.group ?? user,
  };
}

/** There may be none besides remotes. */
function selectFiles(
  generator: Generator,
  { root, location, files, remotes }: Read<ReturnType<typeof optionsFor>>,
  given: FrontEndConfigOptions,
): readonly FilesSettings[] {
  if (files === undefined) {
    if (remotes.length > 0 && root === undefined && location === undefined) return [];
    const directory = root ?? checkDirectory(root, new Option(CALLER, 'root'));
    const locations = location ?? [
      parseLocation(generator, undefined, new Option(CALLER, 'location')),
    ];
    return locations.map((each) => ({ root: directory, location: each }));
  }
  for (const name of ['root', 'location'] as const) {
    if (given[name] === undefined) continue;
    throw new Option(CALLER, name).error(
      `files and ${name} are mutually exclusive, got the ${name} ${show(given[name])}. Put it into an element of files.`,
    );
  }
  return files;
}

function readHandshake(secret: unknown, option: Option): string {
  if (isSecret(secret)) return secret;
  throw option.error(
    'handshake must be a secret of at least 16 visible ASCII characters. Make one with: openssl rand -hex 32',
  );
}

function readFiles(generator: Generator, files: unknown, option: Option): readonly FilesSettings[] {
  if (!Array.isArray(files) || files.length === 0) {
    throw option.wrong('an array of at least one { root, location }', files);
  }
  const table = {
    root: checkDirectory,
    location: (value, inner) => parseLocation(generator, value, inner),
    frontendRoot: optional(checkDirectory),
  } satisfies Readers<FrontEndFiles>;
  const parsed = files.map((each: unknown, index) => {
    const { root, location, frontendRoot = root } = readElement(each, index, option, table);
    return { root: frontendRoot, location };
  });
  for (const [index, each] of parsed.entries()) {
    for (const other of parsed.slice(0, index)) checkDistinct(other, each, option);
  }
  return parsed;
}

function checkDistinct(one: FilesSettings, other: FilesSettings, option: Option): void {
  if (one.root === other.root) {
    throw option.error(
      `files must list each directory once, got ${show(one.root)} twice. Give handlers with the same root the same location.`,
    );
  }
  // The server would look for the files of one below the root of the other.
  const [shorter = '', longer = ''] = [one.location, other.location]
    .map(decodeURIComponent)
    .sort((a, b) => a.length - b.length);
  if (shorter !== '' && longer.startsWith(shorter)) {
    throw option.error(
      `files must have locations of which none contains another, got ${show(one.location)} for ${show(one.root)} and ${show(other.location)} for ${show(other.root)}. Give each root, and its sender, a separate location.`,
    );
  }
}

function readReports(
  { traits: { name, downloadIdHeader } }: Generator,
  reports: unknown,
  option: Option,
): ReportAddress {
  if (downloadIdHeader !== undefined) return parseReportAddress(reports, option);
  throw option.error(
    `${name} cannot report deliveries, got the reports ${show(reports)}. Leave it out: with the option reports of a handler, the application sends the files itself.`,
  );
}

function readPassHeaders(generator: Generator, names: unknown, option: Option): readonly string[] {
  if (!Array.isArray(names)) {
    throw option.wrong('an array of header names, such as ["Repr-Digest"]', names);
  }
  for (const name of names) checkPassedHeader(generator, name, option);
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}

function checkPassedHeader({ traits, lost }: Generator, name: unknown, option: Option): void {
  if (!isHeaderName(name)) {
    throw option.wrong(
      'names of response headers, with letters, digits, "-" and "_" only, such as "Repr-Digest"',
      name,
    );
  }
  const reason = isControlHeader(name)
    ? 'a control header, which clients must not see'
    : SET_BY_SERVERS.test(name)
      ? 'which the server sets itself'
      : lost?.test(name)
        ? `which ${traits.name} cannot pass; use sender: 'serve' for files that need it`
        : undefined;
  if (reason === undefined) return;
  throw option.error(`passHeaders must not have ${show(name)}, ${reason}. Leave it out.`);
}

function readLocations(generator: Generator, location: unknown, option: Option): readonly string[] {
  const given: readonly unknown[] = Array.isArray(location) ? location : [location];
  if (given.length === 0 || (given.length > 1 && !generator.takesLocations)) {
    throw option.wrong(`one ${generator.takesLocations ? 'or more' : 'only'}`, location);
  }
  return given.map((each) => parseLocation(generator, each, option));
}

function parseLocation(
  { traits, location: read }: Generator,
  location: unknown,
  option: Option,
): string {
  if (read !== undefined) return read(location, option);
  if (location === undefined) return '';
  throw option.error(
    `${traits.name} has no location, got ${show(location)}. Leave it out: its sender names files by their paths.`,
  );
}
