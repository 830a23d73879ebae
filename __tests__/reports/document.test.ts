import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../cli/run-cli.js';
import { generated } from '../frontends/generated.js';
import {
  prepareProgram,
  readPrograms,
  SECRETS,
  startProgram,
} from '../helpers/document-programs.js';
import { eventually } from '../helpers/eventually.js';
import { startFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { Connection, rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { BIG_SIZE, createFiles } from './site.js';

const DOCUMENT = 'docs/outcomes.md';
const URL_OF_DOCUMENT = 'udp://127.0.0.1:5140';
const text = readFileSync(join(__dirname, '../..', DOCUMENT), 'utf8');

/** Arguments of the command in the document. */
function readCommand(): string[] {
  const [, args = ''] = /npx xsendfile (config [^>\n]+) >/.exec(text) ?? [];
  return args.split(/\s+/);
}

async function findFreeUrl(): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return `udp://127.0.0.1:${port}`;
}

describeWithPrograms(DOCUMENT, ['nginx'], () => {
  it.each([
    ['reports', { path: 'big.bin', sender: 'nginx' }],
    ['who', { user: 'anna', path: 'big.bin' }],
  ])(
    'has a program "%s" and a configuration that work together',
    async (name, named) => {
      const root = createFiles();
      const url = await findFreeUrl();
      const directory = createTree({ handshake: SECRETS.HANDSHAKE });
      const code = readPrograms([DOCUMENT]).get(`${DOCUMENT}: ${name}`) ?? '';
      const directories = { '/srv/files': root, [URL_OF_DOCUMENT]: url };
      const program = await startProgram(prepareProgram(code, { directories }));

      const values: Readonly<Record<string, string>> = {
        ...{ '/srv/files': root, handshake: join(directory, 'handshake'), [URL_OF_DOCUMENT]: url },
      };
      // The place is known only when the server starts, which does not wait for a command; nor can it be checked before.
      const argv = readCommand()
        .filter((each) => each !== '--check')
        .map((each) => values[each] ?? each);
      const { exitCode, stdout } = await runCli([
        ...argv,
        ...['--upstream', `http://127.0.0.1:${program.port}`],
        ...['--listen', '127.0.0.1:54321', '--scratch', '/SCRATCH'],
        ...(process.getuid?.() === 0 ? ['--user', 'www-data'] : []),
      ]);
      expect(exitCode).toBe(0);
      const nginx = await startFrontEnd(
        {
          ...generated('nginx'),
          configure: ({ scratch, port }) =>
            stdout.replaceAll('/SCRATCH', scratch).replaceAll('54321', String(port)),
        },
        { root, backendPort: program.port, handshake: SECRETS.HANDSHAKE },
      );
      try {
        const request = {
          target: '/files/big.bin',
          headers: { Authorization: 'Bearer let-me-in' },
        };
        const { body } = await rawRequest(nginx.port, request);
        expect(body).toHaveLength(BIG_SIZE);
        const connection = await Connection.open(nginx.port);
        connection.send(request);
        await connection.receive(1_000_000);
        connection.pause();
        connection.socket.resetAndDestroy();
        const records = () => [...program.output().matchAll(/^\{.*\}$/gm)].map(([each]) => each);
        await eventually(() => records().length === 2);
        const common = { ...named, status: 200, size: BIG_SIZE };
        expect(records().map((each) => JSON.parse(each))).toEqual([
          { ...common, bytes: BIG_SIZE, complete: true },
          { ...common, bytes: expect.any(Number), complete: false },
        ]);
      } finally {
        await nginx.stop();
      }
    },
    120_000,
  );
});

describe(DOCUMENT, () => {
  it('shows the lines of the generated configuration', async () => {
    const directory = createTree({ handshake: SECRETS.HANDSHAKE });
    const argv = readCommand().map((each) =>
      each === 'handshake' ? join(directory, 'handshake') : each,
    );
    const { stdout } = await runCli(argv);
    const lines = stdout.split('\n').map((line) => line.trim());
    const [, block = ''] = /<!-- configuration: nginx -->\n```nginx\n(.*?)```/s.exec(text) ?? [];
    const shown = block.split('\n').filter((line) => line !== '');
    expect(shown).toHaveLength(4);
    expect(lines).toEqual(expect.arrayContaining(shown));
  });
});
