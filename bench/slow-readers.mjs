// Readers of 64 KB a second each, of a large sparse file: memory per connection, and how late the event loop is.
// As a program: node bench/slow-readers.mjs [connections] [seconds]
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startContestant, usageOf } from './load.mjs';

const BYTES_PER_SECOND = 64 * 1024;
const TICK_MS = 250;

/**
 * @typedef {object} SlowReaders
 * @property {string} name of the contestant
 * @property {number} connections
 * @property {number} bytesPerConnection of memory: by which the process has grown
 * @property {number} loopDelayP99Ms while all were served
 */

/**
 * @param {string} scratch
 * @param {{ counts: number[], seconds: number }} options
 * @returns {Promise<SlowReaders[]>}
 */
export async function measureSlowReaders(scratch, { counts, seconds }) {
  const root = join(scratch, 'slow');
  mkdirSync(root);
  writeFileSync(join(root, 'large.bin'), '');
  truncateSync(join(root, 'large.bin'), 2 ** 30);
  const results = [];
  for (const connections of counts) {
    for (const name of ['send', 'xsendfile']) {
      const { port, child } = await startContestant(name, root);
      await warmUp(port);
      const before = await usageOf(port);
      const sockets = Array.from({ length: connections }, () => read(port));
      // First the buffers of the system fill up, which is as fast as it can be.
      await delay((seconds * 1000) / 2);
      await usageOf(port);
      await delay((seconds * 1000) / 2);
      const after = await usageOf(port);
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
      const bytesPerConnection = (after.rss - before.rss) / connections;
      results.push({ name, connections, bytesPerConnection, loopDelayP99Ms: after.loopDelayP99Ms });
    }
  }
  return results;
}

/**
 * What a process needs once is not a connection's.
 *
 * @param {number} port
 */
async function warmUp(port) {
  const headers = { Range: 'bytes=0-1048575' };
  for (let count = 0; count < 200; count += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/large.bin`, { headers });
    await response.arrayBuffer();
  }
}

/** @param {SlowReaders} result */
export function describeSlowReaders({ name, connections, bytesPerConnection, loopDelayP99Ms }) {
  const memory = (bytesPerConnection / 1024).toFixed(0).padStart(5);
  return `  ${connections} readers, ${name.padEnd(10)} ${memory} KB each, event loop p99 ${loopDelayP99Ms.toFixed(1)} ms`;
}

/**
 * A reader that takes so much a second and no more.
 *
 * @param {number} port
 */
function read(port) {
  const socket = connect({ port, host: '127.0.0.1' });
  let allowance = 0;
  socket.on('connect', () => socket.write('GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    allowance -= chunk.length;
    if (allowance <= 0) socket.pause();
  });
  const timer = setInterval(() => {
    allowance = Math.min(allowance + (BYTES_PER_SECOND * TICK_MS) / 1000, BYTES_PER_SECOND);
    if (allowance > 0) socket.resume();
  }, TICK_MS);
  socket.on('close', () => clearInterval(timer));
  return socket;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'xsendfile-slow-')));
  try {
    const counts = [Number(process.argv[2] ?? 1000)];
    const seconds = Number(process.argv[3] ?? 15);
    for (const result of await measureSlowReaders(scratch, { counts, seconds })) {
      console.log(describeSlowReaders(result));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
