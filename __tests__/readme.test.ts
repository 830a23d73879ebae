import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Expected, expectResponse } from './helpers/check.js';
import { type RawRequest, rawRequest } from './helpers/raw-request.js';
import { createTree } from './helpers/tree.js';

/** Every program in the README is run as it stands, but for the root and the port. */

const repository = join(__dirname, '..');
const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const programs = new Map(
  [...readme.matchAll(/<!-- example: ([\w.-]+) -->\n```js\n(.*?)```/gs)].map(
    ([, name = '', code = '']) => [name, code],
  ),
);

const root = createTree({
  'report.pdf': 'the report',
  'a b.txt': 'blank',
  'sub/c.txt': 'below',
  '2024/q3.pdf': 'third quarter',
});
const LOGIN = { Authorization: 'Bearer let-me-in' };
const HANDSHAKE = '0123456789abcdef0123456789abcdef';

type Check = readonly [RawRequest, Expected];

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  serve: [
    [{ target: '/files/report.pdf' }, { status: 401, body: 'Who are you?\n' }],
    [
      { target: '/files/report.pdf', headers: LOGIN },
      { status: 200, body: 'the report' },
    ],
  ],
  nginx: [
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
  route: [
    [{ target: '/files/a%20b.txt' }, { status: 200, body: 'blank' }],
    [{ target: '/docs/sub/c.txt' }, { status: 200, body: 'below' }],
  ],
  send: [
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
  locals: [
    [
      { target: '/download/report.pdf' },
      {
        status: 200,
        headers: { 'Content-Disposition': 'attachment; filename="Your copy of report.pdf"' },
        body: 'the report',
      },
    ],
  ],
  sender: [
    [
      { target: '/files/report.pdf' },
      { status: 200, headers: { 'X-LiteSpeed-Location': join(root, 'report.pdf') }, body: '' },
    ],
    [
      { target: '/files/a%20b.txt' },
      { status: 200, headers: { 'X-LiteSpeed-Location': null }, body: 'blank' },
    ],
  ],
  outcome: [[{ target: '/files/report.pdf' }, { status: 200, body: 'the report' }]],
};

const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running.splice(0)) child.kill();
});

/** Runs a program in a directory where it finds its packages, and waits for its port. */
async function start(name: string): Promise<{ port: number; output: () => string }> {
  const directory = createTree();
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(repository, join(directory, 'node_modules/xsendfile'));
  symlinkSync(join(repository, 'node_modules/express'), join(directory, 'node_modules/express'));
  const code = (programs.get(name) ?? '')
    .replaceAll('/srv/files', root)
    .replace(
      'app.listen(3000)',
      'app.listen(0, function () { console.log(`port ${this.address().port}`); })',
    );
  writeFileSync(join(directory, 'program.mjs'), code);
  const child = spawn(process.execPath, ['program.mjs'], {
    cwd: directory,
    env: { ...process.env, HANDSHAKE },
  });
  running.push(child);
  let output = '';
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk;
      const [, found] = /^port (\d+)$/m.exec(output) ?? [];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', () => reject(new Error(output)));
  });
  return { port, output: () => output };
}

describe('README', () => {
  it('has a check for each of its programs', () => {
    expect([...programs.keys()]).toEqual(Object.keys(CHECKS));
  });

  it.each(Object.keys(CHECKS))('has a program "%s" that does what it says', async (name) => {
    const { port, output } = await start(name);
    for (const [request, expected] of CHECKS[name] ?? []) {
      expectResponse(await rawRequest(port, request), expected);
    }
    if (name === 'outcome') {
      expect(output()).toMatch(/"kind":"sent","status":200,"path":"report.pdf","bytes":10/);
    }
    if (name === 'send') expect(output()).toMatch(/Report on Q3.pdf: sent, 13 bytes/);
  });
});
