import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { compilePrograms, startProgram } from './frameworks/programs.js';
import { type Expected, expectResponse } from './helpers/check.js';
import { eventually } from './helpers/eventually.js';
import { type RawRequest, rawRequest } from './helpers/raw-request.js';
import { createTree } from './helpers/tree.js';
import { createCertificate } from './pipeline/transfer/certificate.js';

/** Every program in docs/frameworks.md and docs/web.md is run as it stands, but for the root and the port. */

const text = ['frameworks', 'web']
  .map((name) => readFileSync(join(__dirname, `../docs/${name}.md`), 'utf8'))
  .join('');
const sources: Readonly<Record<string, string>> = Object.fromEntries(
  [...text.matchAll(/<!-- example: ([\w-]+) -->\n```[jt]s\n(.*?)```/gs)].map(
    ([, name = '', code = '']) => [name, code],
  ),
);

const root = createTree({
  'report.txt': 'the report',
  'reports/q3.pdf': 'third quarter',
  'private/plan.txt': 'the plan',
});
const LOGIN = { Authorization: 'Bearer let-me-in' };

type Check = readonly [RawRequest, Expected];

const NOT_FOUND: Expected = { status: 404, headers: { 'Cache-Control': 'no-store' } };
const CHECKS: readonly Check[] = [
  [{ target: '/files/report.txt' }, { status: 401 }],
  [{ target: '/documents/q3' }, { status: 401 }],
  [
    { target: '/files/report.txt', headers: LOGIN },
    { status: 200, body: 'the report' },
  ],
  [
    { target: '/files/report.txt', method: 'HEAD', headers: LOGIN },
    { status: 200, headers: { 'Content-Length': '10' }, body: '' },
  ],
  [
    { target: '/documents/q3', headers: LOGIN },
    {
      status: 200,
      headers: { 'Content-Disposition': 'attachment; filename="Your report.pdf"' },
      body: 'third quarter',
    },
  ],
  [
    { target: '/documents/q3', method: 'HEAD', headers: LOGIN },
    { status: 200, headers: { 'Content-Length': '13' }, body: '' },
  ],
  [{ target: '/files/gone.txt', headers: LOGIN }, NOT_FOUND],
  [{ target: '/documents/q4', headers: LOGIN }, NOT_FOUND],
  [{ target: '/other', headers: LOGIN }, { status: 404 }],
];
const PRIVATE: Check = [{ target: '/files/private/plan.txt', headers: LOGIN }, { status: 404 }];

/** Programs for runtimes that are no development dependencies, and what examines them instead. */
const BATTERIES_ELSEWHERE = {
  'web-next': 'needs a build',
  'web-sveltekit': 'needs a build',
  'web-react-router': 'needs a build',
  'web-bun': 'npm run test:frameworks',
  'web-deno': 'npm run test:frameworks',
};

/** What a program may print. */
const OUTPUT: Readonly<Record<string, RegExp>> = {
  koa: /^(?:sent 13\nsent 0\n)$/,
  // Nest reports its start; refusals are no errors.
  nest: /^(?!.*(?:ERROR|WARN))/s,
};

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost', () => resolve(socket.destroy().destroyed));
    socket.on('error', () => resolve(false));
  });
}

async function start(name: string): Promise<{ port: number; output: () => string }> {
  const port = await findPort();
  const source = (sources[name] ?? '')
    .replaceAll('/srv/files', root)
    .replace(/(\blisten\(|\bport: )3000/, `$1${port}`);
  const directory = compilePrograms({ [name]: source });
  if (name === 'http2') {
    const { key, cert } = createCertificate();
    writeFileSync(join(directory, 'server.key'), key);
    writeFileSync(join(directory, 'server.crt'), cert);
  }
  const { output } = startProgram(directory, name);
  await eventually(() => isListening(port));
  return { port, output };
}

describe('docs/frameworks.md and docs/web.md', () => {
  const overHttp = Object.keys(sources).filter(
    (name) => name !== 'http2' && !(name in BATTERIES_ELSEWHERE),
  );

  it('have a program for each framework', () => {
    expect(Object.keys(sources)).toEqual([
      ...['koa', 'fastify', 'nest', 'hono', 'node-http', 'http2', 'web-hono', 'web-h3'],
      ...Object.keys(BATTERIES_ELSEWHERE),
    ]);
  });

  it.each(overHttp)('have a program for %s that works', async (name) => {
    const { port, output } = await start(name);
    for (const [request, expected] of CHECKS) {
      expectResponse(await rawRequest(port, request), expected);
    }
    if (sources[name]?.includes('mayRead')) {
      expectResponse(await rawRequest(port, PRIVATE[0]), PRIVATE[1]);
    }
    expect(output()).toMatch(OUTPUT[name] ?? /^$/);
  });

  it('have a program for HTTP/2 that works', async () => {
    const { port, output } = await start('http2');
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    for (const [{ target, method = 'GET', headers }, expected] of CHECKS) {
      const stream = session.request({ ':path': target, ':method': method, ...headers });
      const [{ ':status': status }] = await once(stream, 'response');
      expect([target, status]).toEqual([target, expected.status]);
      const chunks = await stream.toArray();
      if (expected.body !== undefined) expect(String(Buffer.concat(chunks))).toBe(expected.body);
    }
    session.close();
    expect(output()).toBe('');
  });
});
