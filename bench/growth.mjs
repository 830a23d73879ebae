// What must not matter: how many files lie in the root, and how large the one is that is sent.
import { once } from 'node:events';
import { mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { measure, startContestant, usageOf } from './load.mjs';
import { median, shuffled } from './statistics.mjs';

const FILES = [10, 1000, 100_000];
const MEGABYTES = [1, 10, 100, 1024, 4096];
const OLD = new Date('2024-03-01T12:00:00Z');

/**
 * @typedef {object} Growth
 * @property {{ files: number, requestsPerSecond: number }[]} byFiles 1 KB each, ten of them asked for
 * @property {{ megabytes: number, megabytesPerSecond: number }[]} bySize
 * @property {number} bytesPerKnownFile heap and external memory after a forced collection, for a file of 1 KB with its content
 * @property {number} memoryMB what the process needed more while it sent 4 GB, at most
 */

/**
 * @param {string} scratch
 * @param {{ rounds: number, seconds: number }} options
 * @returns {Promise<Growth>}
 */
export async function measureGrowth(scratch, { rounds, seconds }) {
  const byFiles = [];
  const roots = FILES.map((count) => createSmallFiles(join(scratch, `growth-${count}`), count));
  const sparse = join(scratch, 'growth-sizes');
  mkdirSync(sparse);
  for (const megabytes of MEGABYTES) {
    mkdirSync(join(sparse, String(megabytes)));
    const path = join(sparse, String(megabytes), 'f0.bin');
    writeFileSync(path, '');
    truncateSync(path, megabytes * 2 ** 20);
  }
  await delay(2100);

  const rates = await inTurns(rounds, roots, (port) =>
    measure(port, { files: 10, connections: 16 }, seconds, scratch).then(
      (result) => result.requests / result.seconds,
    ),
  );
  for (const [index, files] of FILES.entries()) {
    byFiles.push({ files, requestsPerSecond: median(rates[index] ?? []) });
  }

  const directories = MEGABYTES.map((megabytes) => join(sparse, String(megabytes)));
  const speeds = await inTurns(rounds, directories, (port) =>
    measure(port, { files: 1, connections: 2 }, seconds * 2, scratch).then(
      (result) => result.bytes / 2 ** 20 / result.seconds,
    ),
  );
  const bySize = MEGABYTES.map((megabytes, index) => ({
    megabytes,
    megabytesPerSecond: median(speeds[index] ?? []),
  }));
  return {
    byFiles,
    bySize,
    bytesPerKnownFile: await memoryOfKnownFiles(roots[2] ?? '', scratch),
    memoryMB: await memoryOfDownload(directories.at(-1) ?? ''),
  };
}

/**
 * @param {string} root
 * @param {string} scratch
 */
async function memoryOfKnownFiles(root, scratch) {
  const { port, child } = await startContestant('xsendfile', root, ['--expose-gc']);
  // What the first requests need is no matter of the number of files.
  await measure(port, { files: 100, connections: 16 }, 2, scratch, 'sequential');
  const { usedBytes: before } = await usageOf(port);
  const files = 10_000;
  await measure(port, { files, connections: 1 }, 8, scratch, 'sequential');
  const { usedBytes: after } = await usageOf(port);
  child.kill('SIGKILL');
  return (after - before) / (files - 100);
}

/** @param {string} root */
async function memoryOfDownload(root) {
  const { port, child } = await startContestant('xsendfile', root);
  const url = `http://127.0.0.1:${port}/f0.bin`;
  // What the first of all requests needs is no matter of the size.
  const first = await fetch(url, { headers: { Range: 'bytes=0-67108863' } });
  await first.arrayBuffer();
  const { rss: before } = await usageOf(port);
  let most = before;
  let isOver = false;
  const [response] = await once(get(url), 'response');
  response.resume().once('close', () => {
    isOver = true;
  });
  while (!isOver) {
    most = Math.max(most, (await usageOf(port)).rss);
    await delay(100);
  }
  child.kill('SIGKILL');
  return (most - before) / 2 ** 20;
}

/**
 * @param {number} rounds
 * @param {string[]} roots one server each
 * @param {(port: number) => Promise<number>} action
 * @returns {Promise<number[][]>}
 */
async function inTurns(rounds, roots, action) {
  const servers = [];
  for (const root of roots) servers.push(await startContestant('xsendfile', root));
  /** @type {number[][]} */
  const results = roots.map(() => []);
  for (const { port } of servers) await action(port);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { port }] of shuffled([...servers.entries()])) {
      results[index]?.push(await action(port));
    }
  }
  for (const { child } of servers) child.kill('SIGKILL');
  return results;
}

/**
 * @param {string} root
 * @param {number} count
 */
function createSmallFiles(root, count) {
  mkdirSync(root);
  const content = Buffer.alloc(1024, 'xsendfile');
  for (let index = 0; index < count; index += 1) {
    const path = join(root, `f${index}.bin`);
    writeFileSync(path, content);
    utimesSync(path, OLD, OLD);
  }
  return root;
}
