import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { Connection } from '../helpers/raw-request.js';
import { usedMemory } from '../helpers/used-memory.js';
import { startStore } from './raw-store.js';
import { startSite } from './site.js';

const SIZE = 5 * 2 ** 30;

jest.setTimeout(120_000);

beforeEach(() => jest.spyOn(process, 'emitWarning').mockImplementation());
afterEach(() => jest.restoreAllMocks());

it('needs little memory for clients that do not read', async () => {
  const CLIENTS = 200;
  const chunk = Buffer.alloc(65_536);
  const store = await startStore((_req, res) => {
    res.writeHead(200, { 'Content-Length': SIZE });
    const fill = (): void => {
      while (res.writable && res.write(chunk));
    };
    res.on('drain', fill);
    fill();
  });
  const { port, outcomes } = await startSite(
    { origins: [store.origin] },
    { url: `${store.origin}/a`, name: 'a.bin' },
  );
  const before = usedMemory();
  const clients: Connection[] = [];
  for (let count = 0; count < CLIENTS; count += 1) {
    const client = await Connection.open(port);
    client.pause();
    client.send({ target: '/' });
    clients.push(client);
  }
  await eventually(() => store.requests.length === CLIENTS);
  const sent = (): number => [...store.sockets].reduce((sum, each) => sum + each.bytesWritten, 0);
  let last = -1;
  await eventually(async () => {
    const isStill = last === sent();
    last = sent();
    if (!isStill) await delay(200);
    return isStill;
  });
  // Clients, application and store are in this process.
  expect(usedMemory() - before).toBeLessThan(CLIENTS * 700_000);
  for (const client of clients) client.destroy();
  await eventually(() => store.sockets.size === 0 && outcomes.length === CLIENTS);
  expect(store.sockets.size).toBe(0);
  expect(outcomes.every(({ kind }) => kind === 'aborted')).toBe(true);
});

const STORE = `
  const server = require('node:http').createServer((req, res) => {
    res.writeHead(200, { 'Content-Length': 1e9 });
    const chunk = Buffer.alloc(65536);
    const fill = () => { while (res.writable && res.write(chunk)); };
    res.on('drain', fill);
    fill();
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

describe('a store that is stopped', () => {
  let child: ChildProcess;
  let port: number;
  beforeAll(async () => {
    child = spawn(process.execPath, ['-e', STORE], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = child.stdout === null ? [''] : await once(child.stdout, 'data');
    port = Number(line);
  });
  afterAll(() => void child?.kill('SIGKILL'));

  it('ends downloads by the idle timeout, and new ones by the timeout', async () => {
    const origin = `http://127.0.0.1:${port}`;
    const site = await startSite(
      { origins: [origin], timeout: 3 },
      { url: `${origin}/a`, name: 'a.bin' },
      { idleTimeout: 3 },
    );
    const client = await Connection.open(site.port);
    client.send({ target: '/' });
    await client.receive(1_000_000);
    child.kill('SIGSTOP');
    await client.closed;
    await eventually(() => site.outcomes.length === 1);
    expect(site.outcomes).toMatchObject([
      { kind: 'failed', code: 'ERR_XSENDFILE_CONTENT_STALLED' },
    ]);
    await site.check({ target: '/' }, { status: 504 });
    child.kill('SIGCONT');
    const next = await Connection.open(site.port);
    next.send({ target: '/' });
    await next.receive(100_000);
    expect(next.length).toBeGreaterThanOrEqual(100_000);
    next.destroy();
  });
});
