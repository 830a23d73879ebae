import { join } from 'node:path';
import { createUrlSigner } from '../../../lib/index.js';
import { endPrograms, forkProgram } from '../../helpers/built-package.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { rawRequest } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { createRedisServer } from './redis-server.js';
import { SECRET } from './site.js';

jest.setTimeout(120_000);

const root = createTree({ 'a.pdf': 'content' });
const signer = createUrlSigner(SECRET);

describeWithPrograms('confirm in two processes with one Redis', ['redis'], () => {
  // Before Redis: their clients take its end for an error.
  afterAll(endPrograms);
  const server = createRedisServer();
  let ports: number[] = [];
  beforeAll(async () => {
    await server.start();
    const start = async (name: string): Promise<number> => {
      const args = [name, server.socketPath, root, SECRET, 'confirm'];
      return (await forkProgram(join(__dirname, 'server.mjs'), args)).message.port;
    };
    ports = await Promise.all(['redis', 'ioredis'].map(start));
  });

  /** The statuses of all processes for one client. */
  async function statuses(client: string, target: string, method = 'GET'): Promise<number[]> {
    const headers = { 'X-Client': client };
    const answers = ports.map((port) => rawRequest(port, { target, method, headers }));
    return (await Promise.all(answers)).map(({ status }) => status);
  }

  async function submit(client: string, target: string, process: number): Promise<string> {
    const request = { target, method: 'POST', headers: { 'X-Client': client } };
    const { status, headers } = await rawRequest(ports[process] ?? 0, request);
    expect(status).toBe(303);
    return `${target}${headers.location}`;
  }

  it('lets either process send what the other has confirmed, to one client', async () => {
    const link = signer.sign('a.pdf', { uses: 1 });
    expect(await statuses('scanner', link)).toEqual([403, 403]);
    const confirmed = await submit('reader', link, 0);
    expect(await statuses('scanner', link, 'HEAD')).toEqual([403, 403]);
    expect(await statuses('reader', confirmed)).toEqual([200, 200]);
    for (const target of [link, confirmed]) {
      expect(await statuses('other', target)).toEqual([410, 410]);
    }
  });

  it('lets one of several clients win that have one confirmed URL', async () => {
    for (let time = 0; time < 20; time += 1) {
      const confirmed = await submit('reader', signer.sign('a.pdf', { uses: 1 }), time % 2);
      const clients = ['one', 'two', 'three'].map((client) => statuses(client, confirmed));
      const won = (await Promise.all(clients)).filter(([status]) => status === 200);
      expect(won).toEqual([[200, 200]]);
    }
  });
});
