import { Argument, type Command } from 'commander';
import {
  createFrontEndConfig,
  FRONT_END_SERVERS,
  type FrontEndConfigOptions,
  type FrontEndFiles,
  type FrontEndServer,
} from '../frontends/index.js';
import { checkConfig } from './check-config.js';
import { CliError } from './errors.js';
import { addHelp } from './help.js';
import type { CliIo } from './io.js';
import { printWarning } from './messages.js';
import { HANDSHAKE, readSecretFile } from './secrets.js';
import { describeLocations, hasLocation, listServers } from './servers.js';
import { collect, collectTexts, parserOf } from './values.js';

/** Every option of the generator is an option; the secret comes from a file. */
interface ConfigFlags
  extends Omit<FrontEndConfigOptions, 'location' | 'remotes' | 'handshake' | 'standalone'> {
  readonly location?: readonly string[];
  readonly remote?: readonly string[];
  readonly resolver?: string;
  readonly handshakeFile?: string;
  readonly part?: boolean;
  readonly check?: boolean;
}

/** Adds `xsendfile config <server>`. */
export function addConfigCommand(program: Command, io: CliIo): void {
  const command = program
    .command('config')
    .summary('print the configuration of a front-end server')
    .description(
      'Prints the configuration of a server that stands in front of the application and sends its files. ' +
        'With --handshake-file it contains that secret: keep others from reading it.',
    )
    .addArgument(
      new Argument('<server>', `the server: ${FRONT_END_SERVERS.join(', ')}`).argParser(
        parserOf(FRONT_END_SERVERS),
      ),
    );
  const repeatable = listServers(({ takesLocations }) => takesLocations === true);
  const unlocated = listServers((server) => !hasLocation(server));
  const remotes = listServers(({ traits }) => traits.remoteLocation !== undefined);
  const reporting = listServers(({ traits }) => traits.downloadIdHeader !== undefined);
  const help = `
    --root <directory>       directory of the files, as the server sees it
    --location <location>    ${describeLocations()}; may be repeated for ${repeatable}
    --files <root=location>  instead of --root and --location, once for each handler; without "=location" for ${unlocated}
    --remote <origin>        store of remote objects that the server fetches, such as https://bucket.s3.example (may be repeated); ${remotes} only
    --resolver <address>     DNS server that resolves the names of the stores repeatedly (default: names are resolved once)
    --pass-headers <name>    further response header that must reach the client with a file (may be repeated)
    --upstream <url>         where the application listens (default: "http://127.0.0.1:3000")
    --handshake-file <file>  file with the secret by which the server authenticates to the application
    --reports <url>          where the application receives delivery reports, such as udp://127.0.0.1:5140; ${reporting} only
    --embedding <policy>     the same as embedding of the handlers and of h2oSender(); h2o only (default: "same-site")
    --listen <address>       where the server listens: 80, 127.0.0.1:8080 (default: "80")
    --part                   only the part to include into an existing configuration
    --check                  let the server check the syntax, if it is installed on this machine
    --scratch <directory>    existing directory for all that the server writes; it then stays in the foreground, without privileges
    --user <name>            user that sends the files (default: "www-data")
    --group <name>           the same for the group (default: the user's name)
    --modules <directory>    where the modules of Apache are (default: "/usr/lib/apache2/modules")

    $ (umask 077; xsendfile config nginx --root /srv/files --handshake-file handshake --part > /etc/nginx/conf.d/files.conf)
    $ xsendfile config nginx --files /srv/a=/-a-/ --files /srv/b=/-b-/ --pass-headers Repr-Digest
    $ xsendfile config nginx --remote https://bucket.s3.example --handshake-file handshake
    $ xsendfile config caddy --root /srv/files --upstream http://127.0.0.1:3000 --listen 127.0.0.1:8080 --check

    0  the configuration is printed
    1  with --check: the server refuses it, so it is not printed`;
  addHelp(command, help, {
    location: collectTexts,
    files: collect(parseFiles),
    remote: collectTexts,
    passHeaders: collectTexts,
    embedding: ['same-origin', 'same-site', 'any'],
  });
  command.options.find(({ long }) => long === '--files')?.conflicts(['root', 'location']);
  command.action((server: FrontEndServer, flags: ConfigFlags) => config(server, flags, io));
}

function config(server: FrontEndServer, flags: ConfigFlags, io: CliIo): void {
  const { handshakeFile, part, check, remote = [], resolver, ...rest } = flags;
  if (rest.root === undefined && rest.files === undefined && remote.length === 0) {
    throw new CliError(
      "required option '--root <directory>' not specified; for several handlers: --files <root=location>, for object storage: --remote <origin>.",
    );
  }
  if (resolver !== undefined && remote.length === 0) {
    throw new CliError("option '--resolver <address>' needs '--remote <origin>'.");
  }
  const options = {
    ...rest,
    remotes: remote.map((origin) => ({ origin, resolver })),
    handshake:
      handshakeFile === undefined ? undefined : readSecretFile(handshakeFile, io, HANDSHAKE),
    standalone: part !== true,
  };
  const text = createFrontEndConfig(server, options);
  if (check === true) checkConfig(server, options, io);
  io.stdout.write(text);
  if (options.handshake === undefined) {
    printWarning(
      'without a handshake, the application cannot tell this server from a client that bypasses it. Fix: --handshake-file <file>',
      io,
    );
  }
}

/** At the last "=", so that a directory can have one in its name; a location cannot. */
function parseFiles(text: string): FrontEndFiles {
  const [, root = text, location] = /^(.*)=(.*)$/s.exec(text) ?? [];
  return { root, location: location || undefined };
}
