import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { type ChildOptions, ChildServer } from './child-server.js';

jest.setTimeout(120_000);

const root = createTree({ 'a.txt': 'the letter a' });

/** In a process of its own: a mistake that is not caught would end it. */
describe('a process whose observer fails', () => {
  it.each<[NonNullable<ChildOptions['observer']>, string]>([
    ['hook that throws', 'XSENDFILE_OBSERVER_THREW: xsendfile: onFinish threw Error: hook'],
    ['hook that rejects', 'XSENDFILE_OBSERVER_THREW: xsendfile: onFinish threw Error: promise'],
    ['subscriber that throws', 'uncaught: subscriber'],
  ])('stays alive with a %s', async (observer, message) => {
    const server = await ChildServer.start(root, { observer });
    const connection = await Connection.open(server.port);
    for (let time = 0; time < 3; time += 1) {
      const answer = await connection.request({ target: '/a.txt' });
      expect([answer.status, answer.body.toString()]).toEqual([200, 'the letter a']);
      expect((await connection.request({ target: '/none' })).status).toBe(404);
    }
    connection.destroy();
    expect(await server.outcomes()).toHaveLength(6);
    expect(await server.warnings()).toEqual(Array(6).fill(message));
    expect(server.output).toBe('');
  });
});
