// What a gigabyte of remote objects costs Node: streamed by this process, or fetched from the store by nginx.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HANDSHAKE } from './contestants.mjs';
import { measure, startContestant, usageOf } from './load.mjs';
import { median, shuffled } from './statistics.mjs';

const SIZES = { '1 MB': 2 ** 20, '100 MB': 100 * 2 ** 20 };
const CONNECTIONS = 4;

/**
 * @typedef {object} RemoteCost
 * @property {string} size of an object
 * @property {number} streamedSeconds CPU time of Node for 1 GB that it streams
 * @property {number} offloadedSeconds the same for 1 GB that nginx fetches
 */

/**
 * @param {string} scratch
 * @param {{ rounds: number, seconds: number }} options
 * @returns {Promise<RemoteCost[]>} none if there is no nginx
 */
export async function measureRemote(scratch, { rounds, seconds }) {
  const costs = [];
  for (const [size, bytes] of Object.entries(SIZES)) {
    const root = join(scratch, `remote-${bytes}`);
    mkdirSync(root);
    writeFileSync(join(root, 'f0.bin'), Buffer.alloc(bytes, 'xsendfile'));
    const store = await startContestant('xsendfile', root);
    const ours = await startContestant('xsendfile, remote', `http://127.0.0.1:${store.port}`);
    const nginx = await startNginx(scratch, ours.port, store.port);
    try {
      if (nginx === undefined) return [];
      /** @type {Map<number, number[]>} */
      const measured = new Map([
        [ours.port, []],
        [nginx.port, []],
      ]);
      for (let round = 0; round < rounds; round += 1) {
        for (const [port, each] of shuffled([...measured])) {
          const before = await usageOf(ours.port);
          const spec = { files: 1, connections: CONNECTIONS };
          const { bytes: sent } = await measure(port, spec, seconds, scratch);
          const after = await usageOf(ours.port);
          each.push((after.cpuMs - before.cpuMs) / 1000 / (sent / 1e9));
        }
      }
      costs.push({
        size,
        streamedSeconds: median(measured.get(ours.port) ?? []),
        offloadedSeconds: median(measured.get(nginx.port) ?? []),
      });
    } finally {
      for (const { child } of [store, ours, ...(nginx ? [nginx] : [])]) child.kill();
    }
  }
  return costs;
}

/** @param {RemoteCost} cost */
export function describeRemote({ size, streamedSeconds, offloadedSeconds }) {
  return `  1 GB in objects of ${size}: ${streamedSeconds.toPrecision(2)} s of CPU streamed, ${offloadedSeconds.toPrecision(2)} s with nginx`;
}

/**
 * Starts nginx with a generated configuration; undefined if there is none.
 *
 * @param {string} parent
 * @param {number} backend
 * @param {number} store
 */
async function startNginx(parent, backend, store) {
  const { createFrontEndConfig } = await import('xsendfile/frontends');
  const scratch = join(parent, `nginx-${store}`);
  mkdirSync(scratch);
  // Its workers run as somebody else.
  chmodSync(parent, 0o755);
  chmodSync(scratch, 0o777);
  const port = await freePort();
  const configuration = join(scratch, 'nginx.conf');
  writeFileSync(
    configuration,
    createFrontEndConfig('nginx', {
      remotes: [{ origin: `http://127.0.0.1:${store}` }],
      upstream: `http://127.0.0.1:${backend}`,
      handshake: HANDSHAKE,
      listen: `127.0.0.1:${port}`,
      scratch,
      ...(process.getuid?.() === 0 ? { user: 'www-data' } : {}),
    }),
  );
  const child = spawn('nginx', ['-e', 'stderr', '-p', scratch, '-c', configuration], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const isMissing = once(child, 'error').then(() => true);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) return { port, child };
    if (await Promise.race([isMissing, delay(50, false)])) return undefined;
  }
  throw new Error('nginx does not answer');
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
