import type { Command } from 'commander';
import { PRECOMPRESSED } from '../shared/media-type.js';
import type { ContentCoding, XSendfileOptions } from '../types.js';
import { findFirstFile } from './first-file.js';
import { type GracefulServer, startServer } from './graceful-server.js';
import { addHelp } from './help.js';
import type { CliIo } from './io.js';
import { addLinkOptions } from './link-options.js';
import { formatListening, formatOutcome, formatServerUrl } from './log.js';
import { mountAt } from './mount.js';
import { createServeHandler, type HandlerFlags, SENDERS } from './serve-handler.js';
import { describeLocations } from './servers.js';
import { collect, collectTexts, parseHeaderName, parsePort, parserOf } from './values.js';

interface ServeFlags extends HandlerFlags {
  readonly port: number;
  readonly host: string;
  readonly grace: number;
}

/** Docker kills after ten seconds, so `grace` is less. */
const DEFAULTS = { port: 3000, host: '127.0.0.1', sender: 'serve', grace: 8 } as const;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** npm passes on to its child what the terminal has sent to both. */
const ECHO_MS = 250;

/** All values of an option: its type forces them to be complete. */
type Choices<Name extends keyof XSendfileOptions> = {
  readonly [choice in Extract<XSendfileOptions[Name], string>]: true;
};
const DOTFILES: Choices<'dotfiles'> = { ignore: true, deny: true, allow: true };
const SYMLINKS: Choices<'symlinks'> = { inside: true, deny: true, follow: true };
const CODINGS = Object.keys(PRECOMPRESSED) as ContentCoding[];

/** Adds `xsendfile serve <root>`. */
export function addServeCommand(program: Command, io: CliIo): void {
  const command = program
    .command('serve')
    .summary('serve the files of a directory, with or without links')
    .description(
      'Serves the files of a directory: to all clients, or with a secret to those that have a link. ' +
        'Programs in any language that make links need only the secret.',
    )
    .argument('<root>', 'the directory');
  const help = `
    --port <number>                 port to listen on; 0 takes any free one (default: ${DEFAULTS.port})
    --host <address>                address to listen on (default: "${DEFAULTS.host}")
    --mount <urlpath>               URL path below which the files are served
    --tokens                        files need a link (default: if there is a secret)
    --no-tokens                     files need no link, even if XSENDFILE_SECRET is set
    --cookie <name>                 accept signed cookies of this name instead of links
    --client-address-header <name>  request header with the client's address, for links with --ip; the proxy must overwrite it
    --sender <name>                 what sends the bytes: this process, or a front-end server (default: "${DEFAULTS.sender}")
    --location <location>           ${describeLocations()}
    --handshake-file <file>         file with the secret by which the front-end server authenticates; may be repeated
    --dotfiles <policy>             names that begin with a dot (default: "ignore")
    --symlinks <policy>             symbolic links (default: "inside")
    --attachment                    browsers store files instead of showing them
    --precompressed <coding>        send precompressed files such as app.js.br for app.js: ${CODINGS.join(', ')}; repeated: in this order
    --rate <bytes>                  bytes per second for each connection
    --grace <time>                  how long running downloads may continue after SIGTERM or SIGINT (default: ${DEFAULTS.grace})
    --json                          print the address and each outcome as a line of JSON

    $ xsendfile serve /srv/files
    $ xsendfile serve /srv/files --secret-file link-secret --mount /downloads --port 8080
    $ xsendfile serve /srv/files --secret-file link-secret --sender nginx --location /-internal-/ --handshake-file handshake

    0  ended by a signal
    3  failure while running, such as a port in use`;
  addHelp(command, help, {
    port: parsePort,
    clientAddressHeader: parseHeaderName,
    sender: Object.keys(SENDERS),
    handshakeFile: collectTexts,
    dotfiles: Object.keys(DOTFILES),
    symlinks: Object.keys(SYMLINKS),
    precompressed: collect(parserOf(CODINGS)),
  });
  addLinkOptions(command).action((root: string, flags: Partial<ServeFlags>) =>
    serve(root, { ...DEFAULTS, ...flags }, io),
  );
}

/** Serves until it receives a signal. */
async function serve(root: string, flags: ServeFlags, io: CliIo): Promise<void> {
  const { mount = '', port, host, grace, sender, json = false } = flags;
  const onFinish: XSendfileOptions['onFinish'] = (outcome) => {
    io.stdout.write(formatOutcome(outcome, json));
  };
  const { handler, elsewhere, sign, ...described } = createServeHandler(root, flags, onFinish, io);
  const server = await startServer(mountAt(mount, handler, elsewhere), port, host);
  const url = formatServerUrl(server.address, mount);
  const ended = untilEnded(server, grace, io);
  const file = await findFirstFile(described.root, flags.dotfiles);
  io.stdout.write(formatListening({ url, ...described, sender }, json));
  // It may contain a link, which must not be logged.
  const isSentHere = sender === 'serve' || flags.handshakeFile !== undefined;
  if (file !== undefined && isSentHere && !json)
    io.stderr.write(`Try: ${url.slice(0, -1)}${sign(file)}\n`);
  await ended;
}

async function untilEnded(server: GracefulServer, grace: number, io: CliIo): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let first = 0;
  const forget = io.onSignal(() => {
    const now = performance.now();
    if (timer !== undefined) {
      if (now - first > ECHO_MS) server.cut();
      return;
    }
    first = now;
    timer = setTimeout(() => server.cut(), Math.min(grace * 1000, LONGEST_TIMER_MS));
    const running = server.running();
    if (running > 0) {
      io.stderr.write(
        `xsendfile: ending after ${running} running download${running === 1 ? '' : 's'}, in ${grace} seconds at the latest; a second signal ends at once.\n`,
      );
    }
    server.stop();
  });
  await server.closed;
  clearTimeout(timer);
  forget();
  // What was cut off is an outcome, too.
  await new Promise(setImmediate);
}
