import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createUrlSigner } from '../../../lib/index.js';
import { endPrograms, forkProgram } from '../../helpers/built-package.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { createRedisServer } from './redis-server.js';
import { SECRET } from './site.js';

jest.setTimeout(300_000);

const LINKS = 1000;
const USES = 3;
const root = createTree({ 'a.pdf': 'a' });
const signer = createUrlSigner(SECRET);

/** Starts a process, and returns its port. */
async function startProcess(packageName: string, socketPath: string): Promise<number> {
  const args = [packageName, socketPath, root, SECRET];
  return (await forkProgram(join(__dirname, 'server.mjs'), args)).message.port;
}

/** Asks for all links, one after the other, and returns the statuses. */
async function askForAll(
  port: number,
  client: string,
  links: readonly string[],
): Promise<number[]> {
  const connection = await Connection.open(port);
  const statuses: number[] = [];
  for (const target of links) {
    statuses.push((await connection.request({ target, headers: { 'X-Client': client } })).status);
  }
  connection.destroy();
  return statuses;
}

/** Longer than a request takes. */
const LEAD_MS = 20;

function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describeWithPrograms('two processes with one Redis', ['redis'], () => {
  // Before Redis: their clients take its end for an error.
  afterAll(endPrograms);
  const server = createRedisServer();
  let ports: number[] = [];
  beforeAll(async () => {
    await server.start();
    const start = (name: string): Promise<number> => startProcess(name, server.socketPath);
    ports = await Promise.all(['redis', 'ioredis'].map(start));
  });

  it(`that race for the last use of ${LINKS} links: exactly one wins each`, async () => {
    const links = Array.from({ length: LINKS }, () => signer.sign('a.pdf', { uses: USES }));
    const [first = 0] = ports;
    for (let use = 1; use < USES; use++) {
      expect(tally(await askForAll(first, `early ${use}`, links))).toEqual({ 200: LINKS });
    }
    const racers = await Promise.all([...ports, ...ports].map((port) => Connection.open(port)));
    const winners = new Set<number>();
    for (const [index, target] of links.entries()) {
      // All at once, and each process is the first to be asked as often as the other.
      const turn = index % racers.length;
      const order = [...racers.slice(turn), ...racers.slice(0, turn)];
      const answers = order.map(async (racer, place) => {
        // One client of Redis may always be faster: now and then the first gets a lead.
        if (index % 20 < racers.length && place > 0) await delay(LEAD_MS);
        const headers = { 'X-Client': `racer ${racers.indexOf(racer)}` };
        const { status } = await racer.request({ target, headers });
        if (status === 200) winners.add(racers.indexOf(racer) % ports.length);
        return status;
      });
      expect(tally(await Promise.all(answers))).toEqual({ 200: 1, 410: racers.length - 1 });
    }
    for (const racer of racers) racer.destroy();
    // Neither process won all: it was a race.
    expect(winners.size).toBe(ports.length);
  });

  it('that answer the ranges of one client in turn count one download', async () => {
    const link = signer.sign('a.pdf', { uses: 1 });
    const one = await Promise.all(ports.map((port) => askForAll(port, 'one', [link, link, link])));
    expect(tally(one.flat())).toEqual({ 200: 6 });
    const other = await Promise.all(ports.map((port) => askForAll(port, 'other', [link])));
    expect(tally(other.flat())).toEqual({ 410: 2 });
  });
});
