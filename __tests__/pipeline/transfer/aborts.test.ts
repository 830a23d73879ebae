import { once } from 'node:events';
import type { Outcome } from '../../../lib/index.js';
import { xsendfile } from '../../../lib/index.js';
import { listenWith } from '../../helpers/check.js';
import { eventually } from '../../helpers/eventually.js';
import { Connection, type RawRequest } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { expectAllClosed } from './descriptors.js';
import { createSparse, LARGE } from './sparse.js';

jest.setTimeout(120_000);

const ROUNDS = 40;
const MEDIUM = 2 * 1024 * 1024;
const root = createTree();
beforeAll(() => {
  createSparse(root, 'large.bin', LARGE);
  createSparse(root, 'medium.bin', MEDIUM);
});

const half = (size: number): number => size / 2;
const REQUESTS: readonly (readonly [string, (target: string, size: number) => RawRequest])[] = [
  ['a whole file', (target) => ({ target })],
  ['a range', (target) => ({ target, headers: { Range: 'bytes=1-' } })],
  [
    'several ranges',
    (target, size) => ({
      target,
      headers: { Range: `bytes=${half(size) + 500}-,0-${half(size)}` },
    }),
  ],
  ['HEAD', (target) => ({ method: 'HEAD', target })],
  ['what is not there', () => ({ target: '/missing' })],
];

interface Stage {
  readonly name: string;
  readonly file: string;
  readonly size: number;
  /** How the client behaves between its request and its end. */
  readonly wait: (connection: Connection, hasBody: boolean) => Promise<void> | void;
  /** Whether it is gone before the handler gets the request. */
  readonly isEarly?: boolean;
  /** Whether the end comes for certain before the answer is complete. */
  readonly isCertain?: boolean;
}

const STAGES: readonly Stage[] = [
  {
    name: 'before the handler is called',
    file: '/large.bin',
    size: LARGE,
    wait: () => {},
    isEarly: true,
    isCertain: true,
  },
  { name: 'before the head', file: '/large.bin', size: LARGE, wait: () => {}, isCertain: true },
  {
    name: 'after the head',
    file: '/large.bin',
    size: LARGE,
    wait: (connection) => connection.receive(1),
    isCertain: true,
  },
  {
    name: 'while it does not read',
    file: '/large.bin',
    size: LARGE,
    wait: async (connection) => {
      await connection.receive(1);
      connection.pause();
      // Others get their turn, so that the server writes until there is no room.
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    },
    isCertain: true,
  },
  {
    name: 'after most of it',
    file: '/medium.bin',
    size: MEDIUM,
    wait: (connection, hasBody) => connection.receive(hasBody ? MEDIUM - 100_000 : 1),
  },
];

const CASES = STAGES.flatMap((stage) =>
  REQUESTS.map(([what, create]) => ({
    stage,
    what,
    when: stage.name,
    request: create(stage.file, stage.size),
  })),
);

/** What an exchange may end as: what was complete at once is not undone by the client's end. */
function kindsFor(stage: Stage, { method, target }: RawRequest): readonly Outcome['kind'][] {
  if (target === '/missing') return ['refused'];
  if (stage.isEarly) return ['aborted'];
  return stage.isCertain && method !== 'HEAD' ? ['aborted'] : ['aborted', 'sent'];
}

describe('a client that disconnects', () => {
  // Exceptions and rejections that nobody caught fail the test: Jest sees to that.
  it.each(CASES)(
    `leaves nothing open, ${ROUNDS} times $when of $what`,
    async ({ stage, request }) => {
      const outcomes: Outcome[] = [];
      const handler = xsendfile(root, {
        sender: 'serve',
        onFinish: (outcome) => outcomes.push(outcome),
      });
      const { port } = await listenWith(async (req, res) => {
        if (stage.isEarly) await once(req.socket, 'close');
        handler(req, res);
      });
      const hasBody = request.method !== 'HEAD' && request.target !== '/missing';
      await Promise.all(
        Array.from({ length: ROUNDS }, async () => {
          const connection = await Connection.open(port);
          connection.send(request);
          await stage.wait(connection, hasBody);
          connection.destroy();
          await connection.closed;
        }),
      );
      await eventually(() => outcomes.length === ROUNDS);
      await expectAllClosed(root);
      expect(outcomes).toHaveLength(ROUNDS);
      const kinds = kindsFor(stage, request);
      for (const { kind, code, size = 0, bytes } of outcomes) {
        expect(kinds).toContain(kind);
        if (kind === 'aborted') expect(code).toBeUndefined();
        expect(bytes).toBeLessThanOrEqual(size);
      }
    },
  );

  it('by half-closing leaves nothing open', async () => {
    const outcomes: Outcome[] = [];
    const handler = xsendfile(root, {
      sender: 'serve',
      onFinish: (outcome) => outcomes.push(outcome),
    });
    const { port } = await listenWith((req, res) => handler(req, res));
    const connection = await Connection.open(port);
    connection.send({ target: '/large.bin' });
    connection.socket.end();
    await connection.readAll();
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toHaveLength(1);
    await expectAllClosed(root);
  });
});
