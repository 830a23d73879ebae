// What is measured: files, contestants, and what the ratios are taken against.

const PEERS = ['send', 'serve-static', 'sirv (dev)', 'sirv (production)', '@fastify/send'];

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {number} size of one file, in bytes
 * @property {number} files how many there are; requests go to all of them at random
 * @property {boolean} [isKnown] whether each has been asked for once before anything is measured
 * @property {number} connections
 * @property {string[]} contestants the first is the limit where there is one
 * @property {string} ours
 * @property {string} [limit]
 * @property {string} [peer] what `send` is for the others
 * @property {Record<string, string>} [headers]
 * @property {boolean} [isLong] left out by --quick
 */

const KNOWN_FILES = { files: 10_000, isKnown: true };

/** @type {Case[]} */
export const CASES = [
  hot('1 KB, hot', 1024, 16),
  hot('100 KB, hot', 100 * 1024, 16),
  hot('1 MB, hot', 1024 * 1024, 8),
  hot('10 MB', 10 * 1024 * 1024, 4),
  { ...hot('200 MB', 200 * 1024 * 1024, 2), isLong: true },
  {
    ...hot('304 on If-None-Match, 1 KB', 1024, 16),
    contestants: ['limit', 'send', 'xsendfile'],
    headers: { 'If-None-Match': '*' },
    // Who revalidates a file has had it.
    isKnown: true,
  },
  compare('1 KB, cache: false', 'xsendfile, cache: false', { peer: 'send' }),
  compare('100 KB, cache: false', 'xsendfile, cache: false', { peer: 'send', size: 100 * 1024 }),
  compare('1 KB, 10,000 files at random', 'xsendfile', { peer: 'send', ...KNOWN_FILES }),
  compare('1 KB, 200,000 files at random', 'xsendfile', {
    peer: 'send',
    files: 200_000,
    isLong: true,
  }),
  compare('Express 5, 1 KB, hot', 'xsendfile in Express 5', {
    peer: 'res.sendFile in Express 5',
    limit: 'limit in Express 5',
  }),
  // Against the same file from a mounted handler.
  compare('send(), 1 KB, hot', 'xsendfile, send()', { peer: 'xsendfile' }),
  compare('signed link, 1 KB, hot', 'xsendfile, signed link', { peer: 'xsendfile' }),
  compare('onFinish, 1 KB, hot', 'xsendfile, onFinish', { peer: 'xsendfile' }),
  compare('traced, 1 KB, hot', 'xsendfile, traced', { peer: 'xsendfile' }),
  compare('without subscribers, 1 KB, hot', 'xsendfile', { peer: 'xsendfile, no tracing' }),
  compare('attachment through res.locals in Express 5', 'xsendfile, res.locals', {
    peer: 'xsendfile in Express 5',
  }),
  compare('res.sendFile through offload() in Express 5', 'xsendfile, offload()', {
    peer: 'res.sendFile in Express 5',
  }),
  compare('header sender, hot', 'xsendfile, nginx', { limit: 'bare' }),
  compare('header sender, 10,000 files at random', 'xsendfile, nginx', {
    limit: 'bare',
    ...KNOWN_FILES,
  }),
  compare('header sender in Express 5, hot', 'xsendfile, nginx, in Express 5', {
    limit: 'bare in Express 5',
  }),
  compare('header sender in Express 5, 10,000 files at random', 'xsendfile, nginx, in Express 5', {
    limit: 'bare in Express 5',
    ...KNOWN_FILES,
  }),
  ...inWeb('Hono', 'xsendfile/web in Hono', 'serveStatic in Hono'),
  ...inWeb('h3', 'xsendfile/web in h3', 'serveStatic in h3'),
  ...inWeb('Node', 'xsendfile/web in Node', 'Response of a file handle'),
  compare('header sender with a Request in Hono, hot', 'xsendfile/web, nginx, in Hono', {
    peer: 'Response by hand in Hono',
  }),
  archive('archive of 8 files of 10 MB', 10 * 1024 * 1024, 8),
  archive('archive of 100 files of 4 KB', 4096, 100),
];

/**
 * The same responses from memory-sized to large ones, of functions of a `Request`.
 *
 * @param {string} where
 * @param {string} ours
 * @param {string} peer
 * @returns {Case[]}
 */
function inWeb(where, ours, peer) {
  const spec = { peer };
  return [
    compare(`Request in ${where}, 1 KB, hot`, ours, spec),
    compare(`Request in ${where}, 100 KB, hot`, ours, { ...spec, size: 100 * 1024 }),
    compare(`Request in ${where}, 10 MB`, ours, { ...spec, size: 10 * 2 ** 20, connections: 4 }),
    compare(`Request in ${where}, 1 KB, 10,000 files at random`, ours, { ...spec, ...KNOWN_FILES }),
  ];
}

/**
 * Archives of all files, and one file with the same bytes as the limit.
 *
 * @param {string} name
 * @param {number} size
 * @param {number} files
 * @returns {Case}
 */
function archive(name, size, files) {
  const limit = 'xsendfile, one file';
  const contestants = [limit, 'archiver', 'client-zip', 'xsendfile/zip'];
  const ours = 'xsendfile/zip';
  return { name, size, files, connections: 2, contestants, ours, limit, peer: 'client-zip' };
}

/**
 * Ours against one other or two, with files of 1 KB unless the case says otherwise.
 *
 * @param {string} name
 * @param {string} ours
 * @param {Partial<Case>} spec
 * @returns {Case}
 */
function compare(name, ours, spec) {
  const contestants = [spec.limit, spec.peer, ours].filter((each) => each !== undefined);
  return { size: 1024, files: 1, connections: 16, contestants, ...spec, name, ours };
}

/**
 * @param {string} name
 * @param {number} size
 * @param {number} connections
 * @returns {Case}
 */
function hot(name, size, connections) {
  const contestants = ['limit', ...PEERS, 'xsendfile'];
  return {
    name,
    size,
    files: 1,
    connections,
    contestants,
    ours: 'xsendfile',
    limit: 'limit',
    peer: 'send',
  };
}
