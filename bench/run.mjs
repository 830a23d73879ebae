// npm run bench [-- --quick] [-- --only <text>]
//
// Each contestant in a process of its own, rounds interleaved, medians of their throughput, and ratios: what the
// machine can do, and what else it does, concerns all of them alike. Writes bench/results.json, and the plots and figures of docs/performance.md.
import { mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES } from './cases.mjs';
import { measureGrowth } from './growth.mjs';
import { GENERATOR, measure, startContestant, usageOf } from './load.mjs';
import { writePlots } from './plots.mjs';
import { describeRemote, measureRemote } from './remote.mjs';
import { writeReport } from './report.mjs';
import { describeSlowReaders, measureSlowReaders } from './slow-readers.mjs';
import { median, shuffled } from './statistics.mjs';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const rounds = options.quick ? 1 : 5;
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'xsendfile-bench-')));
const results = [];
/** @type {import('./growth.mjs').Growth | undefined} */
let growth;
/** @type {import('./remote.mjs').RemoteCost[]} */
let remote = [];
/** @type {import('./slow-readers.mjs').SlowReaders[]} */
let slowReaders = [];

try {
  for (const spec of CASES.filter(
    ({ name, isLong }) => name.includes(options.only) && !(options.quick && isLong),
  )) {
    const root = createFiles(spec.size, spec.files);
    // Files that have just been written are not kept by a careful cache.
    await delay(2100);
    results.push(await runCase(spec, root));
    rmSync(root, { recursive: true });
  }
  if (!options.quick && 'growth'.includes(options.only)) {
    growth = await measureGrowth(scratch, { rounds, seconds: 1 });
    printGrowth(growth);
  }
  if ('remote objects'.includes(options.only)) {
    console.log('\nremote objects');
    remote = await measureRemote(scratch, { rounds, seconds: 2 });
    for (const cost of remote) console.log(describeRemote(cost));
  }
  if (!options.quick && 'slow readers'.includes(options.only)) {
    console.log('\nslow readers');
    slowReaders = await measureSlowReaders(scratch, { counts: [100, 300, 1000], seconds: 16 });
    for (const result of slowReaders) console.log(describeSlowReaders(result));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const machine = {
  cpu: cpus()[0]?.model.trim(),
  cores: availableParallelism(),
  memoryGB: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${release()}`,
  node: process.version,
};
if (!options.quick && options.only === '') {
  const directory = fileURLToPath(new URL('.', import.meta.url));
  const summary = {
    date: new Date().toISOString().slice(0, 10),
    machine,
    generator: GENERATOR,
    rounds,
    results,
    growth,
    remote,
    slowReaders,
  };
  writeFileSync(join(directory, 'results.json'), `${JSON.stringify(summary, null, 2)}\n`);
  await writePlots(summary);
  writeReport(summary);
}

/**
 * @param {number} size
 * @param {number} count
 */
function createFiles(size, count) {
  const root = realpathSync(mkdtempSync(join(scratch, 'files-')));
  const content = Buffer.alloc(size, 'xsendfile');
  const old = new Date('2024-03-01T12:00:00Z');
  for (let index = 0; index < count; index += 1) {
    const path = join(root, `f${index}.bin`);
    writeFileSync(path, content);
    utimesSync(path, old, old);
  }
  return root;
}

/**
 * @param {import('./cases.mjs').Case} spec
 * @param {string} root
 */
async function runCase(spec, root) {
  console.log(`\n${spec.name}`);
  const servers = new Map();
  for (const name of spec.contestants) servers.set(name, await startContestant(name, root));
  /** @type {Map<string, { rates: number[], cpu: number[] }>} */
  const measured = new Map(spec.contestants.map((name) => [name, { rates: [], cpu: [] }]));
  // Large files need time for a number of them, and few rounds would say little of small ones.
  const seconds = spec.size >= 10 * 2 ** 20 ? 3 : 1;
  for (const { port } of servers.values()) {
    if (spec.isKnown) await measure(port, { ...spec, headers: {} }, 4, scratch, 'sequential');
    await measure(port, spec, 1, scratch);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { port }] of shuffled([...servers])) {
      const before = await usageOf(port);
      const { requests, seconds: took } = await measure(port, spec, seconds, scratch);
      const after = await usageOf(port);
      measured.get(name)?.rates.push(requests / took);
      measured.get(name)?.cpu.push(((after.cpuMs - before.cpuMs) / requests) * 1000);
    }
  }
  for (const { child } of servers.values()) child.kill('SIGKILL');

  const rows = Object.fromEntries(
    [...measured].map(([name, { rates, cpu }]) => [
      name,
      { requestsPerSecond: median(rates), cpuMicroseconds: median(cpu) },
    ]),
  );
  const ours = rows[spec.ours];
  const peers = spec.contestants.filter((name) => name !== spec.limit && name !== spec.ours);
  const best = Math.max(...peers.map((name) => rows[name]?.requestsPerSecond ?? 0));
  const ratios = {
    ...(spec.peer ? { [`× ${spec.peer}`]: ratio(ours, rows[spec.peer]) } : {}),
    ...(peers.length > 1 ? { '× best peer': round2((ours?.requestsPerSecond ?? 0) / best) } : {}),
    ...(spec.limit ? { 'of the limit': ratio(ours, rows[spec.limit]) } : {}),
    ...(spec.peer
      ? {
          'CPU of peer': round2(
            (ours?.cpuMicroseconds ?? 0) / (rows[spec.peer]?.cpuMicroseconds ?? 1),
          ),
        }
      : {}),
  };
  for (const [name, { requestsPerSecond, cpuMicroseconds }] of Object.entries(rows)) {
    const rate = requestsPerSecond.toFixed(requestsPerSecond < 100 ? 1 : 0);
    console.log(
      `  ${name.padEnd(34)} ${rate.padStart(9)} req/s ${cpuMicroseconds.toFixed(0).padStart(8)} µs CPU`,
    );
  }
  console.log(
    `  → ${Object.entries(ratios)
      .map(([name, value]) => `${value} ${name}`)
      .join(', ')}`,
  );
  return { name: spec.name, size: spec.size, files: spec.files, ours: spec.ours, ratios, rows };
}

/**
 * @param {{ requestsPerSecond: number } | undefined} one
 * @param {{ requestsPerSecond: number } | undefined} other
 */
function ratio(one, other) {
  return round2((one?.requestsPerSecond ?? 0) / (other?.requestsPerSecond ?? 1));
}

/** @param {import('./growth.mjs').Growth} growth */
function printGrowth({ byFiles, bySize, bytesPerKnownFile, memoryMB }) {
  console.log('\ngrowth');
  for (const { files, requestsPerSecond } of byFiles) {
    console.log(`  ${files} files in the root: ${requestsPerSecond.toFixed(0)} req/s`);
  }
  for (const { megabytes, megabytesPerSecond } of bySize) {
    console.log(`  ${megabytes} MB: ${megabytesPerSecond.toFixed(0)} MB/s`);
  }
  console.log(`  a known file of 1 KB: ${(bytesPerKnownFile / 1024).toFixed(1)} KB`);
  console.log(`  a download of 4 GB: ${memoryMB.toFixed(1)} MB more memory`);
}

/** @param {number} value */
function round2(value) {
  return Math.round(value * 100) / 100;
}
