// 1,000 readers of 64 KB a second each, of a large sparse file: memory per connection, and how late the event loop is.
// node bench/slow-readers.mjs [connections] [seconds]
import { mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startContestant, usageOf } from './load.mjs';

const connections = Number(process.argv[2] ?? 1000);
const seconds = Number(process.argv[3] ?? 15);
const BYTES_PER_SECOND = 64 * 1024;
const TICK_MS = 250;

const root = realpathSync(mkdtempSync(join(tmpdir(), 'xsendfile-slow-')));
writeFileSync(join(root, 'large.bin'), '');
truncateSync(join(root, 'large.bin'), 2 ** 30);
try {
  for (const name of ['send', 'xsendfile']) {
    const { port, child } = await startContestant(name, root);
    const before = await usageOf(port);
    const sockets = Array.from({ length: connections }, () => read(port));
    await delay(seconds * 1000);
    const after = await usageOf(port);
    for (const socket of sockets) socket.destroy();
    child.kill('SIGKILL');
    const perConnection = (after.rss - before.rss) / connections / 1024;
    console.log(
      `${name.padEnd(10)} ${perConnection.toFixed(0).padStart(5)} KB per connection, event loop p99 ${after.loopDelayP99Ms.toFixed(1)} ms late`,
    );
  }
} finally {
  rmSync(root, { recursive: true, force: true });
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
