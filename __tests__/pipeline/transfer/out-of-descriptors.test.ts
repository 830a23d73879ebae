import { eventually } from '../../helpers/eventually.js';
import { itOnLinux } from '../../helpers/needs.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { ChildServer } from './child-server.js';

jest.setTimeout(120_000);

const root = createTree({ 'a.txt': 'the letter a' });
const OK = [200, 'the letter a'];

describe('a process without free descriptors', () => {
  itOnLinux('answers 503 with Retry-After until descriptors are free again', async () => {
    // A cached file needs no descriptor, and is cached once it is two seconds old.
    const server = await ChildServer.start(root, { descriptors: 80, options: { cache: false } });
    const connection = await Connection.open(server.port);
    const get = async (): Promise<unknown> => {
      const { status, headers, body } = await connection.request({ target: '/a.txt' });
      if (status === 503) expect(headers['retry-after']).toBe('1');
      return [status, body.toString()];
    };
    expect((await connection.request({ target: '/..' })).status).toBe(403);
    const { descriptors: idle } = await server.count();
    expect(await get()).toEqual(OK);
    for (let round = 0; round < 2; round += 1) {
      // The file is closed soon after the answer; until then it would be one descriptor too many.
      await eventually(async () => (await server.count()).descriptors <= idle);
      expect(await server.ask('exhaust')).toBe('EMFILE');
      for (let time = 0; time < 5; time += 1) {
        expect(await get()).toEqual([503, 'Service Unavailable\n']);
      }
      // What needs no descriptor is answered as ever.
      expect((await connection.request({ target: '/..' })).status).toBe(403);
      await server.ask('release');
      expect(await get()).toEqual(OK);
    }
    const outcomes = await server.outcomes();
    expect(outcomes.filter(({ status }) => status === 503)).toHaveLength(10);
    expect(outcomes[2]).toMatchObject({
      kind: 'refused',
      code: 'ERR_XSENDFILE_UNAVAILABLE',
      errno: 'EMFILE',
    });
    expect(server.output).toBe('');
    connection.destroy();
  });
});
