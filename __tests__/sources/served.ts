import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  authToken,
  type Content,
  type Outcome,
  type RemoteOptions,
  type SenderName,
  type UrlSigner,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { eventually } from '../helpers/eventually.js';
import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { createTree, OLD } from '../helpers/tree.js';
import { createSparse, LARGE } from '../pipeline/transfer/sparse.js';
import { type Bucket, startBucket } from '../remote/bucket.js';

/** The sources of files, with the same files in each, for the suite that all of them must pass. */

/** More than one read, and no part of it looks like another. */
export const BYTES = Buffer.from(Array.from({ length: 50_000 }, (_, at) => `${at};`).join(''));
export const SIZE = BYTES.length;

/** Percent signs that look encoded, quotes, a fragment, a query, letters that are not Latin-1. */
export const DIFFICULT_NAME = `%41 "b" 'c' #d?e=f&g;h+i ü→.txt`;

/** What the sources hold; `large.bin` is too large for the buffers of a connection. */
export const NAMES = {
  file: 'file.txt',
  empty: 'empty.txt',
  difficult: DIFFICULT_NAME,
  large: 'large.bin',
} as const;

const TREE = { [NAMES.file]: BYTES, [NAMES.empty]: '', [NAMES.difficult]: BYTES };

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** A handler for links, and the same without links. */
type LinkHandler = Handler & { readonly files: Handler; readonly signer: UrlSigner };

/** A source of the suite, and in which way its responses differ from those of a directory. */
export interface SourceCase {
  readonly title: string;
  /** The validators of a response. */
  readonly validators: 'both' | 'none';
  /** What a request for several ranges gets: all of them, or the whole file. */
  readonly severalRanges: 'multipart' | 'whole';
  /** Whether a file is found by the requested path, so that it can be missing. */
  readonly isFound: boolean;
  /** The senders that hand its files to a front end; with others, this process sends them. */
  readonly offloads: readonly SenderName[];
  /** Whether it is known that a file exists, and how large it is, before a front end is told to send it. */
  readonly isKnownBeforehand: boolean;
  /** Absolute path of the root; undefined if the files are not on a disk. */
  readonly directory: string | undefined;
  /** Path of a file below the mount. */
  readonly pathOf: (name: string) => string;
  readonly create: (options: XSendfileOptions) => Handler;
  /** Undefined if its files have no links. */
  readonly createLinks: ((options: XSendfileOptions) => LinkHandler) | undefined;
}

const SECRET = 'a secret of more than sixteen bytes';

export const HEADER_SENDERS: readonly SenderName[] = [
  'standard',
  'apache',
  'lighttpd',
  'nginx',
  'caddy',
  'h2o',
];

/** Creates the files of a directory; `within` puts them one level deeper. */
function directoryCase(title: string, own: XSendfileOptions, folder = ''): SourceCase {
  const root = createTree(
    Object.fromEntries(Object.entries(TREE).map(([name, bytes]) => [`${folder}${name}`, bytes])),
  );
  createSparse(root, `${folder}${NAMES.large}`, LARGE);
  return {
    title,
    validators: 'both',
    severalRanges: 'multipart',
    isFound: true,
    offloads: HEADER_SENDERS,
    isKnownBeforehand: true,
    directory: root,
    pathOf: (name) => `${folder}${name}`,
    create: (options) => xsendfile(root, { ...own, ...options }),
    createLinks: (options) => authToken(SECRET, root, { ...own, ...options }),
  };
}

/** Sends content for the requested name. */
function contentCase(
  title: string,
  validators: SourceCase['validators'],
  contentOf: (name: string) => Uint8Array | Content,
): SourceCase {
  const root = createTree();
  return {
    title,
    validators,
    severalRanges: 'multipart',
    isFound: false,
    offloads: [],
    isKnownBeforehand: true,
    directory: undefined,
    pathOf: (name) => name,
    createLinks: undefined,
    create(options) {
      const handler = xsendfile(root, options);
      return (req, res) => {
        const content = contentOf(decodeURIComponent(String(req.url).slice(1)));
        handler.sendContent(req, res, content).catch((error) => {
          if (!res.headersSent) res.writeHead(error.status ?? 500).end();
        });
      };
    },
  };
}

const EMPTY = Buffer.alloc(0);
const ZEROS = Buffer.alloc(64 * 1024);
const LARGE_BYTES = Buffer.alloc(LARGE);
const bytesOf = (name: string): Buffer => {
  if (name === NAMES.large) return LARGE_BYTES;
  return name === NAMES.empty ? EMPTY : BYTES;
};

async function* generate(bytes: Buffer, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at <= end; at += ZEROS.length) {
    yield bytes.subarray(at, Math.min(at + ZEROS.length, end + 1));
  }
}

function streamed(name: string): Content {
  const bytes = bytesOf(name);
  return {
    name,
    size: bytes.length,
    mtime: OLD,
    etag: `"${name.length}-${bytes.length}"`,
    read: (start, end = bytes.length - 1) => generate(bytes, start, end),
  };
}

let bucket: Bucket;

/** Starts the store that holds the same files. */
export async function startStore(): Promise<void> {
  bucket = await startBucket();
  for (const [name, bytes] of Object.entries(TREE)) await bucket.put(name, bytes);
  await bucket.putLarge(NAMES.large);
}

const createRoot = () =>
  remoteRoot({
    origins: [bucket.origin],
    locate: async (path) => ({ url: await bucket.presign(path) }),
  });

const storeCase: SourceCase = {
  title: 'objects of a store',
  validators: 'both',
  severalRanges: 'whole',
  isFound: true,
  // Only nginx can fetch from a URL.
  offloads: ['nginx'],
  isKnownBeforehand: false,
  directory: undefined,
  pathOf: (name) => name,
  create: (options) => xsendfile(createRoot(), options as RemoteOptions),
  createLinks: (options) => authToken(SECRET, createRoot(), options as RemoteOptions),
};

export const SOURCES: readonly SourceCase[] = [
  directoryCase('a directory with a cache', {}),
  directoryCase('a directory without a cache', { cache: false }),
  directoryCase('a directory without links', { symlinks: 'deny' }),
  directoryCase('a directory within the root', { within: () => 'tenant' }, 'tenant/'),
  contentCase('bytes in memory', 'none', bytesOf),
  contentCase('content that is read', 'both', streamed),
  storeCase,
];

/** A response, and the only outcome of its request. */
export interface Exchange {
  readonly response: RawResponse;
  readonly outcome: Outcome;
}

/** A source behind a server of its own. */
export interface Served {
  readonly port: number;
  /** The outcomes of all requests. */
  readonly outcomes: readonly Outcome[];
  /** Number of requests so far, to compare with the outcomes. */
  readonly requests: () => number;
  targetOf(name: string): string;
  /** Sends a request for a file, and waits for its outcome. */
  ask(name: string, request?: Partial<RawRequest>): Promise<Exchange>;
}

/** Starts a server with a handler for the source. */
export async function serveSource(
  source: SourceCase,
  options: XSendfileOptions = {},
): Promise<Served> {
  const outcomes: Outcome[] = [];
  let requests = 0;
  const handler = source.create({ ...options, onFinish: (outcome) => outcomes.push(outcome) });
  const port = await listen((req, res) => {
    requests += 1;
    handler(req, res);
  });
  const targetOf = (name: string): string =>
    `/${source.pathOf(name).split('/').map(encodeURIComponent).join('/')}`;
  return {
    port,
    outcomes,
    requests: () => requests,
    targetOf,
    async ask(name, request) {
      const before = outcomes.length;
      const response = await rawRequest(port, { target: targetOf(name), ...request });
      await eventually(() => outcomes.length > before);
      return { response, outcome: outcomes[before] as Outcome };
    },
  };
}
