import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { authToken, caddySender, h2oSender, nginxSender, xsendfile } from '../index.js';
import { lastOf } from '../shared/client-address.js';
import { formatPath } from '../shared/path-encoding.js';
import type { ContentCoding, Sender, SenderName, XSendfileOptions } from '../types.js';
import { limitUses } from '../uses/index.js';
import { CliError } from './errors.js';
import type { CliIo } from './io.js';
import { LINK_OPTIONS, type LinkFlags, toTokenOptions } from './link-options.js';
import { printWarning } from './messages.js';
import { HANDSHAKE, readSecretFile, readSecrets } from './secrets.js';
import { formatList, hasLocation, listServers } from './servers.js';

/** Options that decide which files `serve` sends. */
export interface HandlerFlags extends LinkFlags {
  readonly tokens?: boolean;
  readonly clientAddressHeader?: string;
  readonly sender: SenderName;
  readonly location?: string;
  readonly handshakeFile?: readonly string[];
  readonly dotfiles?: NonNullable<XSendfileOptions['dotfiles']>;
  readonly symlinks?: NonNullable<XSendfileOptions['symlinks']>;
  readonly attachment?: boolean;
  readonly precompressed?: readonly ContentCoding[];
  readonly rate?: number;
  readonly cookie?: string;
}

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** A handler for files, and what is to be said of it. */
export interface ServeHandler {
  readonly handler: Listener;
  /** Handles requests for what is not below the mount path. */
  readonly elsewhere: Listener;
  readonly root: string;
  readonly scheme: string | undefined;
  /** The URL path of a file below the mount path, with a link if it needs one. */
  readonly sign: (segments: readonly string[]) => string;
}

/**
 * @throws {@link CliError}, or an error of the library, for options that do not go together.
 */
export function createServeHandler(
  root: string,
  flags: HandlerFlags,
  onFinish: XSendfileOptions['onFinish'],
  io: CliIo,
): ServeHandler {
  const path = resolve(root);
  const options = { ...toFileOptions(flags, io), onFinish };
  const elsewhere = xsendfile(path, { path: () => undefined, onFinish });
  if (!isWithTokens(flags, io)) {
    const handler = xsendfile(path, options);
    return { handler, elsewhere, root: handler.root, scheme: undefined, sign: formatPath };
  }
  const { clientAddressHeader, cookie } = flags;
  const clientAddress =
    clientAddressHeader === undefined
      ? undefined
      : ({ headers }: IncomingMessage) => lastOf(headers[clientAddressHeader]);
  const handler = authToken(readSecrets(flags.secretFile, io), path, {
    ...options,
    ...toTokenOptions(flags, flags.mount),
    now: io.now,
    clientAddress,
    cookie,
    // In memory only: a restart loses the counts.
    allow: limitUses({ client: clientAddress, now: io.now }),
  });
  const { signer, files } = handler;
  const sign = (segments: readonly string[]) =>
    signer.sign(segments, flags.limitByIp === true ? { ip: '127.0.0.1' } : {});
  return { handler, elsewhere, root: files.root, scheme: signer.scheme, sign };
}

/** A secret that is set is meant to protect: serving without it needs `--no-tokens`. */
function isWithTokens(flags: HandlerFlags, io: CliIo): boolean {
  const { tokens, secretFile } = flags;
  if (tokens === false && secretFile !== undefined) {
    throw new CliError('--no-tokens and --secret-file are mutually exclusive.');
  }
  if (tokens ?? (secretFile !== undefined || io.env.XSENDFILE_SECRET !== undefined)) return true;
  const aboutLinks = [...LINK_OPTIONS, 'clientAddressHeader', 'cookie'] as const;
  const name = aboutLinks.find((option) => flags[option] !== undefined);
  if (name === undefined) return false;
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new CliError(`--${flag} is about links. Add --tokens and --secret-file <file>.`);
}

type LocationSender = (options: { readonly location?: string | undefined }) => Sender;

/** All senders; those that name files by URIs have an option for it. */
export const SENDERS: { readonly [name in SenderName]: LocationSender | undefined } = {
  standard: undefined,
  apache: undefined,
  lighttpd: undefined,
  nginx: nginxSender,
  caddy: caddySender,
  h2o: h2oSender,
  serve: undefined,
};

const FRONT_ENDS = Object.keys(SENDERS).filter((name) => name !== 'serve');

function toFileOptions(flags: HandlerFlags, io: CliIo): XSendfileOptions {
  const { sender, location, handshakeFile, dotfiles, symlinks, attachment } = flags;
  const { precompressed, rate } = flags;
  if (location !== undefined && SENDERS[sender] === undefined) {
    throw new CliError(
      `--location is for --sender ${listServers(hasLocation, 'disjunction')}, not for --sender ${sender}.`,
    );
  }
  if (handshakeFile !== undefined && sender === 'serve') {
    throw new CliError(
      `--handshake-file is for front-end servers. Give --sender ${formatList(FRONT_ENDS, 'disjunction')}.`,
    );
  }
  if (handshakeFile === undefined && sender !== 'serve') {
    printWarning(
      `all files are left to the front-end server of --sender ${sender}; a client that bypasses it gets an empty file and sees the path. Fix: --handshake-file <file>`,
      io,
    );
  }
  return {
    sender: SENDERS[sender]?.({ location }) ?? sender,
    handshake: handshakeFile?.map((file) => readSecretFile(file, io, HANDSHAKE)) ?? false,
    dotfiles,
    symlinks,
    disposition: attachment === true ? 'attachment' : undefined,
    precompressed,
    rate,
  };
}
