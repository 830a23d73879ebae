// Load from outside the contestant's process: wrk where it is installed, autocannon elsewhere.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const GENERATOR = spawnSync('wrk', ['-v']).error === undefined ? 'wrk' : 'autocannon';

/**
 * @typedef {{ port: number, child: import('node:child_process').ChildProcess }} Server
 * @typedef {{ cpuMs: number, rss: number, usedBytes: number, loopDelayP99Ms: number }} Usage
 */

/**
 * Starts a contestant in a process of its own.
 *
 * @param {string} name
 * @param {string} root
 * @param {string[]} nodeOptions
 * @returns {Promise<Server>}
 */
export async function startContestant(name, root, nodeOptions = []) {
  const script = fileURLToPath(new URL('server.mjs', import.meta.url));
  const child = spawn(process.execPath, [...nodeOptions, script, name, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [chunk] = await once(/** @type {import('node:stream').Readable} */ (child.stdout), 'data');
  return { port: Number(chunk), child };
}

/**
 * @param {number} port
 * @returns {Promise<Usage>}
 */
export async function usageOf(port) {
  const response = await fetch(`http://127.0.0.1:${port}/-usage`);
  return /** @type {Promise<Usage>} */ (response.json());
}

/**
 * Asks for files for a while, at random or one after the other.
 *
 * @param {number} port
 * @param {Pick<import('./cases.mjs').Case, 'files' | 'connections' | 'headers'>} spec
 * @param {number} seconds
 * @param {string} scratch directory for a script
 * @param {'random' | 'sequential'} order
 * @returns {Promise<{ requests: number, bytes: number, seconds: number }>}
 */
export async function measure(
  port,
  { files, connections, headers = {} },
  seconds,
  scratch,
  order = 'random',
) {
  const url = `http://127.0.0.1:${port}`;
  if (GENERATOR === 'wrk') return runWrk(url, files, connections, headers, seconds, scratch, order);
  const { default: autocannon } = await import('autocannon');
  const count = order === 'random' ? Math.min(files, 2000) : files;
  const requests = Array.from({ length: count }, (_, index) => ({
    path: `/f${order === 'random' ? Math.floor(Math.random() * files) : index}.bin`,
  }));
  const result = await autocannon({ url, connections, headers, duration: seconds, requests });
  return {
    requests: result['2xx'] + result['3xx'],
    bytes: result.throughput.total,
    seconds: result.duration,
  };
}

const UNITS = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/**
 * @param {string} url
 * @param {number} files
 * @param {number} connections
 * @param {Record<string, string>} headers
 * @param {number} seconds
 * @param {string} scratch
 * @param {'random' | 'sequential'} order
 */
function runWrk(url, files, connections, headers, seconds, scratch, order) {
  const script = join(scratch, 'wrk.lua');
  const lines = Object.entries(headers).map(
    ([name, value]) => `wrk.headers["${name}"] = "${value.replaceAll('"', '\\"')}"`,
  );
  const number =
    order === 'random' ? `math.random(0, ${files - 1})` : `next; next = (next + 1) % ${files}`;
  const request = `next = 0\nrequest = function() local i = ${number} return wrk.format("GET", "/f" .. i .. ".bin") end`;
  writeFileSync(script, [...lines, files > 1 ? request : 'wrk.path = "/f0.bin"', ''].join('\n'));
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `${url}/f0.bin`];
  const output = execFileSync('wrk', args, { encoding: 'utf8' });
  const [, requests, duration, unit, read, readUnit] =
    /(\d+) requests in ([\d.]+)(ms|s|m), ([\d.]+)([KMG]?B) read/.exec(output) ?? [];
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  if (bad > 0) throw new Error(`${bad} answers were no files:\n${output}`);
  const factor = { ms: 0.001, s: 1, m: 60 }[unit ?? 's'] ?? 1;
  return {
    requests: Number(requests),
    bytes: Number(read) * (UNITS[/** @type {keyof typeof UNITS} */ (readUnit)] ?? 1),
    seconds: Number(duration) * factor,
  };
}
