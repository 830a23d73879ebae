import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtPackage } from '../helpers/built-package.js';
import { expectResponse } from '../helpers/check.js';
import { rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { startBucket } from './bucket.js';

/** The program in docs/object-storage.md is run as it stands, but for the port. */

const repository = join(__dirname, '../..');
const HANDSHAKE = '0123456789abcdef0123456789abcdef';

const running: ChildProcess[] = [];
afterAll(() => running.forEach((child) => void child.kill()));

async function start(env: NodeJS.ProcessEnv): Promise<number> {
  const text = readFileSync(join(repository, 'docs/object-storage.md'), 'utf8');
  const [, code = ''] = /<!-- example: bucket -->\n```js\n(.*?)```/s.exec(text) ?? [];
  const directory = createTree();
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(builtPackage(), join(directory, 'node_modules/xsendfile'));
  for (const name of ['express', 'aws4fetch']) {
    symlinkSync(join(repository, 'node_modules', name), join(directory, 'node_modules', name));
  }
  writeFileSync(
    join(directory, 'program.mjs'),
    code.replace(
      'app.listen(3000)',
      'app.listen(0, function () { console.log(this.address().port); })',
    ),
  );
  const child = spawn(process.execPath, ['program.mjs'], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(Number(line)));
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}

it.each([
  ['with nginx', HANDSHAKE],
  ['until there is an nginx', undefined],
])('docs/object-storage.md has a program that works %s', async (_when, handshake) => {
  const bucket = await startBucket();
  await bucket.put('2024/12.pdf', 'the invoice');
  const port = await start({
    BUCKET: bucket.url,
    AWS_ACCESS_KEY_ID: bucket.keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bucket.keys.secretAccessKey,
    AWS_REGION: 'us-east-1',
    HANDSHAKE: handshake,
  });
  expectResponse(await rawRequest(port, { target: '/invoices/2024/12.pdf' }), {
    status: 200,
    headers: { 'Content-Disposition': 'attachment; filename=12.pdf' },
    body: 'the invoice',
  });
  expectResponse(await rawRequest(port, { target: '/latest' }), {
    status: 200,
    headers: { 'Content-Disposition': 'attachment; filename="Latest invoice.pdf"' },
    body: 'the invoice',
  });
  expectResponse(await rawRequest(port, { target: '/invoices/2024/13.pdf' }), { status: 404 });
  if (handshake === undefined) return;
  const headers = { 'X-Sendfile-Handshake': handshake };
  expectResponse(await rawRequest(port, { target: '/invoices/2024/12.pdf', headers }), {
    status: 200,
    headers: {
      'X-Accel-Redirect': `/-remote-/${bucket.origin.replace('://', '/')}`,
      'X-Sendfile-Remote': /^\/files-\w+\/2024\/12\.pdf\?.*&X-Amz-Signature=[0-9a-f]{64}$/,
    },
    body: '',
  });
});
