// Puts the figures of a run into docs/performance.md, between two marks. As a program: node bench/report.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const RESULTS = fileURLToPath(new URL('results.json', import.meta.url));
const BEGIN = '<!-- figures: written by bench/report.mjs -->';
const END = '<!-- end of figures -->';

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {number} size
 * @property {string} ours
 * @property {Record<string, number>} ratios
 * @property {Record<string, { requestsPerSecond: number, cpuMicroseconds: number }>} rows
 *
 * @typedef {object} Summary
 * @property {string} date
 * @property {Record<string, string | number | undefined>} machine
 * @property {string} generator
 * @property {number} rounds
 * @property {Result[]} results
 * @property {import('./growth.mjs').Growth | undefined} growth
 * @property {import('./remote.mjs').RemoteCost[]} remote
 * @property {import('./slow-readers.mjs').SlowReaders[]} slowReaders
 */

/** @param {Summary} summary */
export function writeReport(summary) {
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${PAGE} has lost its marks`);
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${format(summary)}\n\n${END}${after}`);
}

/** @param {Summary} summary */
function format({ date, machine, generator, rounds, results, growth, remote, slowReaders }) {
  const { cpu, cores, memoryGB, system, node } = machine;
  return [
    `${date}, ${cpu}, ${cores} cores, ${memoryGB} GB, ${system}, Node ${node}; load from ${generator} on the same machine; medians of ${rounds} rounds.`,
    table(
      [
        '',
        'req/s',
        'against the peer',
        'against the best peer',
        'of the limit',
        "CPU of the peer's",
      ],
      results
        .filter((result) => !isAgainstOurs(result))
        .map(({ name, ours, ratios, rows }) => [
          name,
          (rows[ours]?.requestsPerSecond ?? 0).toFixed(0),
          withSign(ratioTo(ratios, /^× (?!best)/)),
          withSign(ratios['× best peer']),
          ratios['of the limit'],
          ratios['CPU of peer'],
        ]),
    ),
    table(
      ['', 'req/s', 'against the mounted handler', "CPU of the mounted handler's"],
      results
        .filter(isAgainstOurs)
        .map(({ name, ours, ratios, rows }) => [
          name,
          (rows[ours]?.requestsPerSecond ?? 0).toFixed(0),
          withSign(ratioTo(ratios, OURS)),
          ratios['CPU of peer'],
        ]),
    ),
    growth && formatGrowth(growth),
    slowReaders.length > 0 &&
      table(
        ['readers of 64 KB/s', '', 'memory each', 'event loop, p99'],
        slowReaders.map(({ name, connections, bytesPerConnection, loopDelayP99Ms }) => [
          connections,
          name,
          `${(bytesPerConnection / 1024).toFixed(0)} KB`,
          `${loopDelayP99Ms.toFixed(1)} ms`,
        ]),
      ),
    formatCost(results),
    remote.length > 0 &&
      table(
        ['CPU time of Node for 1 GB of remote objects', 'streamed', 'fetched by nginx'],
        remote.map(({ size, streamedSeconds, offloadedSeconds }) => [
          size,
          `${streamedSeconds.toPrecision(2)} s`,
          `${offloadedSeconds.toPrecision(2)} s`,
        ]),
      ),
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** @param {import('./growth.mjs').Growth} growth */
function formatGrowth({ byFiles, bySize, bytesPerKnownFile, memoryMB }) {
  const files = byFiles.map(
    ({ files: count, requestsPerSecond }) =>
      `${count.toLocaleString('en')} files: ${requestsPerSecond.toFixed(0)} req/s`,
  );
  const sizes = bySize.map(
    ({ megabytes, megabytesPerSecond }) => `${megabytes} MB: ${megabytesPerSecond.toFixed(0)} MB/s`,
  );
  return `Growth, 1 KB of a root with ${files.join(', ')}. One file of ${sizes.join(', ')}. A known file of 1 KB takes ${(bytesPerKnownFile / 1024).toFixed(1)} KB with its content. During a download of 4 GB the process grew by ${memoryMB.toFixed(0)} MB.`;
}

/**
 * What a gigabyte costs Node, sent by itself or left to somebody else.
 *
 * @param {Result[]} results
 */
function formatCost(results) {
  const offloaded = results.find(({ name }) => name === 'header sender, hot');
  const microseconds = offloaded?.rows[offloaded.ours]?.cpuMicroseconds;
  if (microseconds === undefined) return undefined;
  const rows = results
    .filter(({ ours, ratios }) => ours === 'xsendfile' && 'of the limit' in ratios)
    .filter(({ name }) => !name.startsWith('304'))
    .map(({ name, size, ours, rows: all }) => {
      const downloads = 1e9 / size;
      const inSeconds = (/** @type {number} */ each) => ((each * downloads) / 1e6).toPrecision(2);
      return [
        name,
        `${inSeconds(all[ours]?.cpuMicroseconds ?? 0)} s`,
        `${inSeconds(microseconds)} s`,
      ];
    });
  return table(['CPU time of Node for 1 GB', 'sent', 'offloaded'], rows);
}

const OURS = /^× xsendfile/;

/**
 * Whether the peer is the same handler, mounted.
 *
 * @param {Result} result
 */
function isAgainstOurs({ ratios }) {
  return ratioTo(ratios, OURS) !== undefined;
}

/**
 * @param {Record<string, number>} ratios
 * @param {RegExp} pattern
 */
function ratioTo(ratios, pattern) {
  return Object.entries(ratios).find(([name]) => pattern.test(name))?.[1];
}

/** @param {number | undefined} ratio */
function withSign(ratio) {
  return ratio === undefined ? undefined : `${ratio} ×`;
}

/**
 * @param {string[]} head
 * @param {(string | number | undefined)[][]} rows
 */
function table(head, rows) {
  const line = (/** @type {(string | number | undefined)[]} */ cells) =>
    `| ${cells.map((cell) => cell ?? '–').join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeReport(JSON.parse(readFileSync(RESULTS, 'utf8')));
}
