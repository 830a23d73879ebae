import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { createUrlSigner } from '../lib/index.js';
import { runCli } from './cli/run-cli.js';
import { generated } from './frontends/generated.js';
import { type Expected, expectResponse } from './helpers/check.js';
import {
  prepareProgram,
  readPrograms,
  SECRETS,
  startProgram,
} from './helpers/document-programs.js';
import { eventually } from './helpers/eventually.js';
import { startFrontEnd } from './helpers/front-end-server.js';
import { describeWithPrograms } from './helpers/programs.js';
import { Connection, type RawRequest, rawRequest } from './helpers/raw-request.js';
import { createTree } from './helpers/tree.js';

/** Programs of the README and of the documents without their own tests. */

const programs = readPrograms([
  'README.md',
  'docs/auth-tokens.md',
  'docs/content.md',
  'docs/custom-senders.md',
  'docs/doctor.md',
  'docs/getting-started.md',
  'docs/one-download.md',
  'docs/outcomes.md',
  'docs/production.md',
  'docs/revoke-links.md',
  'docs/routes.md',
  'docs/video.md',
  'docs/zip.md',
]);
/** Programs that do not listen, or that other tests start. */
const OTHERS = [
  'docs/auth-tokens.md: signer',
  'docs/outcomes.md: reports',
  'docs/outcomes.md: who',
];
const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');

const root = createTree({
  'report.pdf': 'the report',
  'a b.txt': 'blank',
  'sub/c.txt': 'below',
  '2024/q3.pdf': 'third quarter',
  '2024/q4.pdf': 'fourth quarter',
});
const LOGIN = { Authorization: 'Bearer let-me-in' };
const { HANDSHAKE, LINK_SECRET } = SECRETS;

/** The rows of docs/content.md. */
const READINGS = Array.from({ length: 5000 }, (_, id) => `${id};${20 + (id % 7)}\r\n`).join('');

type Check = readonly [RawRequest, Expected];

/** What a response with an archive is like. */
function archive(name: string): Expected {
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/zip',
      'Content-Disposition': `attachment; filename=${name}`,
      'Content-Length': /^\d+$/,
      'Accept-Ranges': 'bytes',
    },
  };
}

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  'docs/zip.md: zip': [
    [{ target: '/reports', headers: LOGIN }, archive('Reports.zip')],
    [{ target: '/reports' }, { status: 401 }],
    [{ target: '/years/2024', headers: LOGIN }, archive('2024.zip')],
    [{ target: '/years/2024' }, { status: 401 }],
    [{ target: '/years/2023', headers: LOGIN }, { status: 404 }],
    [{ target: '/years/sub', headers: LOGIN }, { status: 404 }],
  ],
  'docs/zip.md: link': [
    [{ target: `/archives${createUrlSigner(LINK_SECRET).sign('2024.zip')}` }, archive('2024.zip')],
    [{ target: '/archives/2024.zip' }, { status: 404 }],
    [{ target: '/share/2024' }, { status: 401 }],
    [{ target: '/share/sub', headers: LOGIN }, { status: 404 }],
  ],
  'README.md: serve': [
    [{ target: '/files/report.pdf' }, { status: 401, body: 'Who are you?\n' }],
    [
      { target: '/files/report.pdf', headers: LOGIN },
      { status: 200, body: 'the report' },
    ],
  ],
  'README.md: nginx': [
    [{ target: '/files/report.pdf' }, { status: 401, body: 'Who are you?\n' }],
    [
      { target: '/files/report.pdf', headers: LOGIN },
      { status: 200, headers: { 'X-Accel-Redirect': null }, body: 'the report' },
    ],
    [
      { target: '/files/report.pdf', headers: { ...LOGIN, 'X-Sendfile-Handshake': HANDSHAKE } },
      { status: 200, headers: { 'X-Accel-Redirect': '/-internal-/report.pdf' }, body: '' },
    ],
  ],
  'docs/routes.md: route': [
    [{ target: '/files/a%20b.txt' }, { status: 200, body: 'blank' }],
    [{ target: '/docs/sub/c.txt' }, { status: 200, body: 'below' }],
  ],
  'docs/content.md: buffer': [
    [
      { target: '/invoice' },
      {
        status: 200,
        headers: {
          'Content-Type': 'application/pdf',
          'Content-Disposition': 'attachment; filename="Invoice 7.pdf"',
          ETag: null,
        },
        body: '%PDF-1.7 made a moment ago',
      },
    ],
    [
      { target: '/invoice', headers: { Range: 'bytes=0-3' } },
      { status: 206, body: '%PDF' },
    ],
  ],
  'docs/content.md: stream': [
    [
      { target: '/export/42' },
      {
        status: 200,
        headers: { ETag: /^"42-\d+"$/, 'Accept-Ranges': 'bytes' },
        body: 'the report',
      },
    ],
    [
      { target: '/export/42', headers: { Range: 'bytes=4-' } },
      { status: 206, body: 'report' },
    ],
    [{ target: '/export/42', headers: { 'If-None-Match': '*' } }, { status: 304 }],
  ],
  'docs/content.md: csv': [
    [
      { target: '/readings', headers: { Range: 'bytes=5-' } },
      {
        status: 200,
        headers: {
          'Content-Type': 'text/csv; charset=utf-8',
          'Content-Disposition': 'attachment; filename=Readings.csv',
          'Content-Length': String(READINGS.length),
          'Accept-Ranges': null,
        },
        body: READINGS,
      },
    ],
  ],
  'docs/routes.md: send': [
    [
      { target: '/documents/7' },
      {
        status: 200,
        headers: { 'Content-Disposition': 'attachment; filename="Report on Q3.pdf"' },
        body: 'third quarter',
      },
    ],
    [{ target: '/documents/8' }, { status: 404, body: 'No such document\n' }],
  ],
  'docs/routes.md: locals': [
    [
      { target: '/download/report.pdf' },
      {
        status: 200,
        headers: { 'Content-Disposition': 'attachment; filename="Your copy of report.pdf"' },
        body: 'the report',
      },
    ],
  ],
  'docs/doctor.md: doctor': [[{ target: '/-doctor/report.pdf' }, { status: 404 }]],
  'docs/routes.md: offload': [
    [
      { target: '/report' },
      {
        status: 200,
        headers: {
          'Content-Disposition': 'attachment; filename="Your report.pdf"',
          'Cache-Control': 'private, no-cache',
        },
        body: 'the report',
      },
    ],
  ],
  'docs/custom-senders.md: sender': [
    [
      { target: '/files/report.pdf' },
      { status: 200, headers: { 'X-LiteSpeed-Location': join(root, 'report.pdf') }, body: '' },
    ],
    [
      { target: '/files/a%20b.txt' },
      { status: 200, headers: { 'X-LiteSpeed-Location': null }, body: 'blank' },
    ],
  ],
  'docs/custom-senders.md: sender-send': [
    [
      { target: '/files/report.pdf' },
      { status: 200, headers: { 'X-LiteSpeed-Location': join(root, 'report.pdf') }, body: '' },
    ],
    [
      { target: '/files/a%20b.txt' },
      { status: 200, headers: { 'X-LiteSpeed-Location': null }, body: 'blank' },
    ],
  ],
  'docs/outcomes.md: outcome': [
    [{ target: '/files/report.pdf' }, { status: 200, body: 'the report' }],
  ],
  'docs/production.md: shutdown': [
    [{ target: '/files/report.pdf' }, { status: 200, body: 'the report' }],
  ],
  'docs/auth-tokens.md: links': [
    [{ target: '/link/report.pdf' }, { status: 401 }],
    [{ target: '/downloads/report.pdf' }, { status: 404 }],
  ],
  'docs/one-download.md: one-download': [
    [{ target: '/link/report.pdf' }, { status: 401 }],
    [{ target: '/downloads/report.pdf' }, { status: 404 }],
  ],
  'docs/video.md: prefix': [[{ target: '/videos/dir/index.m3u8' }, { status: 404 }]],
  'docs/video.md: cookie': [[{ target: '/videos/dir/index.m3u8' }, { status: 404 }]],
  'docs/revoke-links.md: revoke': [[{ target: '/downloads/report.pdf' }, { status: 404 }]],
};

function prepare(name: string, packages = {}): string {
  return prepareProgram(programs.get(name) ?? '', {
    directories: { '/srv/files': root },
    packages,
  });
}

/** Programs that the README has, too. */
function isCopy(name: string): boolean {
  return name.startsWith('docs/getting-started.md: ');
}

/** The commands that start nginx. */
function readCommands(document: string): string {
  const text = readFileSync(join(__dirname, '..', document), 'utf8');
  return /<!-- commands: nginx -->\n```sh\n(.*?)```/s.exec(text)?.[1] ?? '';
}

/** The benchmark, as far as the README quotes it. */
interface Benchmark {
  readonly results: readonly {
    readonly name: string;
    readonly ratios: Readonly<Record<string, number>>;
    readonly rows: Readonly<Record<string, { readonly cpuMicroseconds: number }>>;
  }[];
}

describe('README.md', () => {
  it('is not longer than a newcomer reads', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(180);
  });

  it.each(['serve', 'nginx'])('has the program %s of docs/getting-started.md', (name) => {
    const first = programs.get(`docs/getting-started.md: ${name}`);
    expect(programs.get(`README.md: ${name}`)).toBe(first);
  });

  it('has the commands of docs/getting-started.md', () => {
    expect(readCommands('README.md')).toBe(readCommands('docs/getting-started.md'));
  });

  it('quotes what was measured', () => {
    const results = readFileSync(join(__dirname, '../bench/results.json'), 'utf8');
    const benchmark: Benchmark = JSON.parse(results);
    const secondsFor = (name: string, contestant: string): number => {
      const rows = benchmark.results.find((each) => each.name === name)?.rows;
      // A gigabyte in files of a mebibyte; 1e6 microseconds are a second.
      return ((rows?.[contestant]?.cpuMicroseconds ?? 0) * (1e9 / 2 ** 20)) / 1e6;
    };
    const text = readme.replace(/\s+/g, ' ');
    const [, byNode, byNginx] =
      /costs ([\d.]+) seconds of CPU time\. Behind nginx it costs ([\d.]+) seconds/.exec(text) ??
      [];
    expect(Number(byNode) / secondsFor('1 MB, hot', 'send')).toBeCloseTo(1, 0);
    expect(Number(byNginx) / secondsFor('header sender, hot', 'xsendfile, nginx')).toBeCloseTo(
      1,
      0,
    );
    const [, ...quoted] = /([\d.]+) to ([\d.]+) times the throughput of `send`/.exec(text) ?? [];
    const ratios = benchmark.results.flatMap(({ ratios: { '× send': ratio } }) => ratio ?? []);
    expect(quoted).toEqual(
      [Math.min(...ratios), Math.max(...ratios)].map((each) => each.toFixed(1)),
    );
  });
});

describe('docs/performance.md', () => {
  it('compares with peers in the first table, and with the mounted handler in the second', () => {
    const text = readFileSync(join(__dirname, '../docs/performance.md'), 'utf8');
    const [first, second] = ['against the peer', 'against the mounted handler'].map((heading) => {
      const table = text.split('\n\n').find((each) => each.includes(`| ${heading} |`)) ?? '';
      return [...table.matchAll(/^\| (.*?) \| \d/gm)].map(([, name]) => name);
    });
    const { results }: Benchmark = JSON.parse(
      readFileSync(join(__dirname, '../bench/results.json'), 'utf8'),
    );
    const isAgainstOurs = ({ ratios }: (typeof results)[number]): boolean =>
      Object.keys(ratios).some((key) => key.startsWith('× xsendfile'));
    const named = results.map(({ name, ...rest }) => ({
      name,
      isOurs: isAgainstOurs({ name, ...rest }),
    }));
    expect(first).toEqual(named.filter(({ isOurs }) => !isOurs).map(({ name }) => name));
    expect(second).toEqual(named.filter(({ isOurs }) => isOurs).map(({ name }) => name));
    expect(second).toContain('signed link, 1 KB, hot');
  });
});

describe('README and documents', () => {
  const servers = [...programs.keys()].filter((name) => !OTHERS.includes(name) && !isCopy(name));

  it('are covered by a test for each of their programs', () => {
    expect([...servers].sort()).toEqual(Object.keys(CHECKS).sort());
  });

  it.each(servers)('have a program for %s that works', async (name) => {
    const { port, output } = await startProgram(prepare(name));
    const client = request.agent(`http://localhost:${port}`);
    for (const [sent, expected] of CHECKS[name] ?? []) {
      expectResponse(await rawRequest(port, sent), expected);
    }
    if (name === 'docs/auth-tokens.md: links') {
      const { text } = await client.get('/link/report.pdf').set(LOGIN);
      await client.get(text).expect(200, Buffer.from('the report'));
    }
    if (name === 'docs/one-download.md: one-download') {
      const { text } = await client.get('/link/report.pdf').set(LOGIN);
      await client.get(text).expect(403);
      const { headers } = await client.post(text).expect(303);
      const { pathname, search } = new URL(String(headers.location), `http://localhost${text}`);
      const confirmed = pathname + search;
      await client.get(confirmed).expect(200, Buffer.from('the report'));
      // As nginx says it, which is on the loopback address.
      await client.get(confirmed).set('X-Forwarded-For', '192.0.2.1').expect(410);
    }
    if (name === 'docs/zip.md: link') {
      const { text: target } = await client.get('/share/2024').set(LOGIN);
      expectResponse(await rawRequest(port, { target }), archive('2024.zip'));
    }
    if (name.endsWith(': outcome')) {
      expect(output()).toMatch(
        /"kind":"sent","status":200,"path":"report.pdf","size":10,"bytes":10,/,
      );
    }
    if (name.endsWith(': send')) expect(output()).toMatch(/Report on Q3.pdf: sent, 13 bytes/);
    if (name.endsWith(': prefix')) {
      const { text } = await client.get('/watch/2024');
      const [, base = ''] = /src="(.*)index\.m3u8"/.exec(text) ?? [];
      await client.get(`${base}q3.pdf`).expect(200, Buffer.from('third quarter'));
    }
    if (name.endsWith(': cookie')) {
      const cookie = /^videos=[^;]+; Path=\/videos\/2024; Max-Age=14400; /;
      const page = await client.get('/watch/2024').expect('Set-Cookie', cookie);
      // It is for HTTPS, so the agent keeps it to itself.
      await client
        .get('/videos/2024/q3.pdf')
        .set('Cookie', page.get('Set-Cookie') ?? [])
        .expect(200, Buffer.from('third quarter'));
    }
    if (name.endsWith(': revoke')) {
      const signer = createUrlSigner(LINK_SECRET);
      const link = (id: string) => `/downloads${signer.sign('report.pdf', { id })}`;
      await client.get(link('stolen')).expect(404);
      await client.get(link('good')).expect(200, Buffer.from('the report'));
    }
  });

  it('have a program for send() that survives a refusal in Express 4', async () => {
    const name = 'docs/routes.md: send';
    const program = prepare(name, { express: 'express4' });
    writeFileSync(program, readFileSync(program, 'utf8').replace('q3.pdf', 'gone.pdf'));
    const { port } = await startProgram(program);
    for (let count = 0; count < 2; count += 1) {
      expectResponse(await rawRequest(port, { target: '/documents/7' }), { status: 404 });
    }
  });

  it.each([
    ['ends Express 4', 'express4', 'return', false],
    ['ends Express 5 if the promise is not returned', 'express', 'void', false],
    ['shows a stack trace in Express 5 if it is', 'express', 'return', true],
  ])(
    'are right that an unhandled rejection of send() %s',
    async (_title, express, keyword, survives) => {
      const { port, ended } = await startProgram(
        prepareProgram(
          `import express from 'express';
        import { xsendfile } from 'xsendfile';
        const files = xsendfile('/srv/files');
        const app = express();
        app.get('/', (req, res) => { ${keyword} files.send(req, res, 'missing'); });
        app.listen(3000);`,
          { directories: { '/srv/files': root }, packages: { express } },
        ),
      );
      const answer = await rawRequest(port, { target: '/' }).catch(() => undefined);
      if (!survives) expect(await ended).toBe(1);
      else expect(String(answer?.body)).toMatch(/RefusedError: Not Found.*at .*\.js:\d+/);
    },
  );

  it('have a program that makes a link without files', () => {
    const program = prepare('docs/auth-tokens.md: signer');
    const printed = execFileSync(process.execPath, [program], {
      env: { ...process.env, LINK_SECRET },
      encoding: 'utf8',
    });
    const link = /^https:\/\/files\.example\/downloads(\/\S+)\n$/.exec(printed)?.[1] ?? '';
    expect(createUrlSigner(LINK_SECRET).verify(link)).toMatchObject({
      ok: true,
      claims: { path: 'reports/q3.pdf' },
    });
  });
});

describe('the program of docs/production.md', () => {
  it('ends when the running download has ended', async () => {
    const size = 50_000_000;
    const big = createTree({ 'big.bin': Buffer.alloc(size) });
    const code = programs.get('docs/production.md: shutdown') ?? '';
    const program = await startProgram(
      prepareProgram(`${code}\nsetTimeout(() => process.kill(process.pid, 'SIGTERM'), 500);`, {
        directories: { '/srv/files': big },
      }),
    );
    const connection = await Connection.open(program.port);
    connection.send({ target: '/files/big.bin', headers: { Connection: 'close' } });
    await connection.receive(1);
    connection.pause();
    await eventually(async () =>
      rawRequest(program.port, { target: '/files/big.bin' }).then(
        () => false,
        () => true,
      ),
    );
    connection.resume();
    expect((await connection.readAll()).length).toBeGreaterThan(size);
    expect(await program.ended).toBe(0);
  });
});

describeWithPrograms('the commands of README.md', ['nginx'], () => {
  it('start an nginx that sends the files', async () => {
    // nginx reads them as another user.
    chmodSync(root, 0o755);
    const directory = createTree({ handshake: HANDSHAKE });
    const { port: backendPort, output } = await startProgram(prepare('README.md: nginx'));
    const [, args = ''] = /npx xsendfile (config [^>]+) >/.exec(readCommands('README.md')) ?? [];
    const [, start = ''] = /^nginx (.*) -c /m.exec(readCommands('README.md')) ?? [];
    const values: Readonly<Record<string, string>> = {
      ...{ '/srv/files': root, handshake: join(directory, 'handshake'), '/tmp/front': '/SCRATCH' },
      8080: '54321',
    };
    const argv = args.split(/\s+/).map((each) => values[each] ?? each);
    const { stdout } = await runCli([...argv, '--upstream', `http://127.0.0.1:${backendPort}`]);
    const nginx = await startFrontEnd(
      {
        ...generated('nginx'),
        configure: ({ scratch, port }) =>
          stdout.replaceAll('/SCRATCH', scratch).replaceAll('54321', String(port)),
        args: (configFile) => [...start.split(' '), '-c', configFile],
      },
      { root, backendPort, handshake: HANDSHAKE },
    );
    try {
      const ask = (headers: Record<string, string>) =>
        rawRequest(nginx.port, { target: '/files/report.pdf', headers });
      expectResponse(await ask({}), { status: 401, body: 'Who are you?\n' });
      expectResponse(await ask(LOGIN), {
        status: 200,
        headers: { Server: /^nginx/, 'X-Powered-By': null },
        body: 'the report',
      });
      await eventually(() => /^offloaded$/m.test(output()));
      expect(output()).not.toMatch(/^sent$/m);
    } finally {
      await nginx.stop();
    }
  });
});
