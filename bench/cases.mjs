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
  },
  {
    name: '1 KB, cache: false',
    ...{ size: 1024, files: 1, connections: 16 },
    contestants: ['send', 'xsendfile, cache: false'],
    ours: 'xsendfile, cache: false',
    peer: 'send',
  },
  {
    name: '100 KB, cache: false',
    ...{ size: 100 * 1024, files: 1, connections: 16 },
    contestants: ['send', 'xsendfile, cache: false'],
    ours: 'xsendfile, cache: false',
    peer: 'send',
  },
  {
    name: '1 KB, 10,000 files at random',
    ...{ size: 1024, files: 10_000, isKnown: true, connections: 16 },
    contestants: ['send', 'xsendfile'],
    ours: 'xsendfile',
    peer: 'send',
  },
  {
    name: '1 KB, 200,000 files at random',
    ...{ size: 1024, files: 200_000, connections: 16, isLong: true },
    contestants: ['send', 'xsendfile'],
    ours: 'xsendfile',
    peer: 'send',
  },
  {
    name: 'Express 5, 1 KB, hot',
    ...{ size: 1024, files: 1, connections: 16 },
    contestants: ['limit in Express 5', 'res.sendFile in Express 5', 'xsendfile in Express 5'],
    ours: 'xsendfile in Express 5',
    peer: 'res.sendFile in Express 5',
    limit: 'limit in Express 5',
  },
  {
    name: 'header sender, hot',
    ...{ size: 1024, files: 1, connections: 16 },
    contestants: ['bare', 'xsendfile, nginx'],
    ours: 'xsendfile, nginx',
    limit: 'bare',
  },
  {
    name: 'header sender, 10,000 files at random',
    ...{ size: 1024, files: 10_000, isKnown: true, connections: 16 },
    contestants: ['bare', 'xsendfile, nginx'],
    ours: 'xsendfile, nginx',
    limit: 'bare',
  },
  {
    name: 'header sender in Express 5, hot',
    ...{ size: 1024, files: 1, connections: 16 },
    contestants: ['bare in Express 5', 'xsendfile, nginx, in Express 5'],
    ours: 'xsendfile, nginx, in Express 5',
    limit: 'bare in Express 5',
  },
  {
    name: 'header sender in Express 5, 10,000 files at random',
    ...{ size: 1024, files: 10_000, isKnown: true, connections: 16 },
    contestants: ['bare in Express 5', 'xsendfile, nginx, in Express 5'],
    ours: 'xsendfile, nginx, in Express 5',
    limit: 'bare in Express 5',
  },
];

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
