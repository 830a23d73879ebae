import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { createUrlSigner } from '../lib/index.js';
import { expectResponse } from './helpers/check.js';
import {
  prepareProgram,
  type RunningProgram,
  readPrograms,
  SECRETS,
  startProgram,
} from './helpers/document-programs.js';
import { eventually } from './helpers/eventually.js';
import { type FrontEnd, startFrontEnd } from './helpers/front-end-server.js';
import { describeWithPrograms } from './helpers/programs.js';
import { Connection, rawRequest } from './helpers/raw-request.js';
import { createTree } from './helpers/tree.js';

const programs = readPrograms([
  'docs/typescript.md',
  'docs/error-pages.md',
  'docs/uploads.md',
  'docs/tenants.md',
  'docs/tracing.md',
]);

function start(
  name: string,
  directories: Readonly<Record<string, string>>,
): Promise<RunningProgram> {
  return startProgram(prepareProgram(programs.get(name) ?? '', { directories }));
}

function readBlock(document: string, name: string): string {
  const text = readFileSync(join(__dirname, '..', document), 'utf8');
  const pattern = new RegExp(`<!-- example: ${name} -->\n\`\`\`nginx\n(.*?)\`\`\``, 's');
  return pattern.exec(text)?.[1] ?? '';
}

describe('the documents about tasks', () => {
  it('are covered by a test for each of its programs', () => {
    expect([...programs.keys()]).toEqual([
      'docs/typescript.md: typescript',
      'docs/error-pages.md: pages',
      'docs/uploads.md: uploads',
      'docs/tenants.md: sessions',
      'docs/tracing.md: channel',
      'docs/tracing.md: transfers',
      'docs/tracing.md: traces',
    ]);
  });

  it('have a TypeScript program that gives hooks the request of Express', async () => {
    const root = createTree({ 'a.txt': 'text', 'big.bin': Buffer.alloc(1_000_001) });
    const { port, output } = await start('docs/typescript.md: typescript', { '/srv/files': root });
    const answer = await rawRequest(port, { target: '/files/a.txt' });
    expectResponse(answer, { status: 200, body: 'text' });
    expectResponse(await rawRequest(port, { target: '/files/big.bin' }), {
      status: 404,
      body: 'Not available\n',
    });
    const paid = { target: '/files/big.bin', headers: { 'X-Plan': 'paid' } };
    expectResponse(await rawRequest(port, paid), { status: 200 });
    const headers = { 'X-Sendfile-Handshake': SECRETS.HANDSHAKE };
    expectResponse(await rawRequest(port, { target: '/files/a.txt', headers }), {
      status: 200,
      headers: { 'X-Accel-Redirect': '/-internal-/a.txt' },
      body: '',
    });
    expect(output()).toMatch(/ sent a\.txt 4\n/);
  });

  it('have error pages for refused links', async () => {
    const root = createTree({ 'a.txt': 'text' });
    const { port } = await start('docs/error-pages.md: pages', { '/srv/files': root });
    const signer = createUrlSigner(SECRETS.LINK_SECRET);
    const ask = (path: string) => rawRequest(port, { target: `/downloads${path}` });
    expectResponse(await ask(signer.sign('a.txt')), { status: 200, body: 'text' });
    expectResponse(await ask('/a.txt'), {
      status: 404,
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
      body: '<!doctype html><title>404</title><p>This document does not exist.\n',
    });
    expectResponse(await ask(signer.sign('a.txt', { expires: new Date('2024-03-01') })), {
      status: 410,
      body: '<!doctype html><title>410</title><p>This link has expired. Ask for a new one.\n',
    });
  });

  it('have a directory for each user of a session', async () => {
    const root = createTree({ 'anna/a.txt': 'hers', 'ben/b.txt': 'his' });
    const { port } = await start('docs/tenants.md: sessions', { '/srv/files': root });
    const anna = request.agent(`http://localhost:${port}`);
    const logIn = (password: string) =>
      anna.post('/login').type('form').send({ user: 'anna', password });
    const { headers } = await logIn('guess').expect(401);
    expect(headers).not.toHaveProperty('set-cookie');
    const [cookie] = (await logIn('secret')).get('Set-Cookie') ?? [];
    await anna.get('/files/a.txt').expect(200, 'hers');
    await anna.get('/files/b.txt').expect(404);
    const target = '/files/../ben/b.txt';
    const spelled = await rawRequest(port, { target, headers: { Cookie: String(cookie) } });
    expect(spelled.status).toBe(403);
    await request(`http://localhost:${port}`).get('/files/a.txt').expect(401);
  });
});

describe('docs/tracing.md', () => {
  it('has a counter of downloads', async () => {
    const root = createTree({ 'report.pdf': 'the report' });
    const { port } = await start('docs/tracing.md: channel', { '/srv/files': root });
    const ask = (target: string) => rawRequest(port, { target });
    expectResponse(await ask('/files/report.pdf'), { status: 200, body: 'the report' });
    expectResponse(await ask('/files/missing'), { status: 404 });
    expectResponse(await ask('/metrics'), {
      status: 200,
      body: 'downloads_total{kind="sent"} 1\ndownloads_total{kind="refused"} 1\n',
    });
  });

  it('has a span for each request, which the delivery ends', async () => {
    const root = createTree({ 'a.txt': 'text' });
    const code = (programs.get('docs/tracing.md: traces') ?? '')
      .replace('udp://127.0.0.1:5140', 'udp://127.0.0.1:0')
      // The front end that sends the file, and reports that.
      .replace('reports: deliveryReports(', 'reports: globalThis.reports = deliveryReports(');
    const program = `${code}
      import { createSocket } from 'node:dgram';
      const address = new URL(await globalThis.reports.ready);
      app.get('/report/:id', (req, res) => {
        const line = \`<190>Nov 29 09:00:00 xsendfile: xsendfile-delivery id=\${req.params.id} status=200 bytes=4 length=4 end=OK range=-\`;
        const socket = createSocket('udp4');
        socket.send(line, Number(address.port), '127.0.0.1', () => { socket.close(); res.end(); });
      });`;
    const { port, output } = await startProgram(
      prepareProgram(program, { directories: { '/srv/files': root } }),
    );
    const ask = (target: string, headers: Record<string, string> = {}) =>
      rawRequest(port, { target, headers });
    await ask('/files/a.txt');
    await eventually(() => output().includes("'xsendfile.kind': 'sent'"));
    expect(output()).toMatch(
      /name: 'send file'[^}]*'http\.request\.method': 'GET',\s+'http\.response\.status_code': 200,\s+'http\.response\.body\.size': 4,/,
    );
    await ask('/files/missing.txt');
    await eventually(() => output().includes("'xsendfile.kind': 'refused'"));
    const handshake = { 'X-Sendfile-Handshake': SECRETS.HANDSHAKE };
    const { headers } = await ask('/files/a.txt', handshake);
    expect(output()).not.toContain("'xsendfile.kind': 'offloaded'");
    await ask(`/report/${headers['x-sendfile-download-id']}`);
    await eventually(() => output().includes("'xsendfile.kind': 'offloaded'"));
    expect(output()).toMatch(/'xsendfile\.complete': true/);
    expect(output().match(/name: 'send file'/g)).toHaveLength(3);
  });

  it('has a gauge of running transfers', async () => {
    const root = createTree({ 'big.bin': Buffer.alloc(20_000_000) });
    const { port } = await start('docs/tracing.md: transfers', { '/srv/files': root });
    const metrics = async () => String((await rawRequest(port, { target: '/metrics' })).body);
    expect(await metrics()).toMatch(/^xsendfile_running_transfers 0$/m);
    const connection = await Connection.open(port);
    connection.send({ target: '/files/big.bin' });
    await connection.receive(1);
    expect(await metrics()).toMatch(/^xsendfile_running_transfers 1$/m);
    connection.destroy();
    await eventually(async () => /^xsendfile_running_transfers 0$/m.test(await metrics()));
  });
});

describe('docs/uploads.md', () => {
  const root = createTree();
  const incoming = createTree();
  let port = 0;
  beforeAll(async () => {
    const directories = { '/srv/files': root, '/srv/incoming': incoming };
    const limited = (programs.get('docs/uploads.md: uploads') ?? '').replace(
      '100 * 2 ** 20',
      '1000',
    );
    ({ port } = await startProgram(prepareProgram(limited, { directories })));
  });

  const postDocument = () => request(`http://localhost:${port}`).post('/documents');
  const upload = (content: string) =>
    postDocument().attach('file', Buffer.from(content), 'Größe 1.html');

  it("stores a file under its own name, and sends it with the user's", async () => {
    const { headers } = await upload('<h1>Hello</h1>').expect(201);
    await request(`http://localhost:${port}`)
      .get(String(headers.location))
      .expect(200, Buffer.from('<h1>Hello</h1>'))
      .expect('Content-Disposition', /^attachment; .*filename\*=UTF-8''Gr%C3%B6%C3%9Fe%201\.html$/);
    const [name = ''] = readdirSync(root);
    expect(statSync(join(root, name)).mode & 0o777).toBe(0o640);
  });

  it('refuses a file that is too large, and a form without a file, and keeps nothing of them', async () => {
    const before = readdirSync(root);
    await upload('x'.repeat(1001)).expect(413);
    const empty = await postDocument().type('multipart/form-data; boundary=x').send('--x--\r\n');
    expect([400, 500]).toContain(empty.status);
    expect([readdirSync(root), readdirSync(incoming)]).toEqual([before, []]);
  });
});

/** nginx with the blocks of the documents, in a server that is otherwise empty. */
const nginx: FrontEnd = {
  name: 'nginx',
  configure: ({ scratch, root, port, backendPort, handshake, user }) => `
${user === undefined ? '' : `user ${user};`}
daemon off;
pid ${scratch}/nginx.pid;
error_log ${scratch}/error.log;
events {}
http {
    access_log off;
    client_body_temp_path ${scratch}/body;
    proxy_temp_path ${scratch}/proxy;
    fastcgi_temp_path ${scratch}/fastcgi;
    uwsgi_temp_path ${scratch}/uwsgi;
    scgi_temp_path ${scratch}/scgi;
    server {
        listen 127.0.0.1:${port};
        ${readBlock('docs/senders.md', 'nginx')
          .replaceAll('/srv/files/', `${root}/`)
          .replace('127.0.0.1:3000', `127.0.0.1:${backendPort}`)
          .replace(SECRETS.HANDSHAKE, handshake)}
        ${readBlock('docs/error-pages.md', 'error_page').replace('/srv/pages/', `${root}/pages/`)}
    }
}
`,
  args: (configFile) => ['-c', configFile],
};

describeWithPrograms(
  'the configuration of nginx in docs/senders.md and docs/error-pages.md',
  ['nginx'],
  () => {
    it('sends files, and shows its own pages for its own errors', async () => {
      const root = createTree({
        'a.txt': 'text',
        'vanishing.txt': 'text',
        'pages/missing.html': 'no such file',
        'pages/unavailable.html': 'come back later',
      });
      // nginx reads them as another user.
      chmodSync(root, 0o755);
      const code = `
      import { unlinkSync } from 'node:fs';
      import express from 'express';
      import { nginxSender, xsendfile } from 'xsendfile';
      const app = express();
      app.get('/gone', (req, res) => res.set('X-Accel-Redirect', '/-internal-/gone').end());
      app.get('/stop', () => process.exit());
      app.use('/files', xsendfile('/srv/files', {
        sender: nginxSender({ location: '/-internal-/' }),
        handshake: process.env.HANDSHAKE,
        disposition: 'attachment',
        maxAge: '1h',
        setHeaders: (_res, path) => path.endsWith('vanishing.txt') && unlinkSync(path),
      }));
      app.listen(3000);`;
      const backend = await startProgram(
        prepareProgram(code, { directories: { '/srv/files': root } }),
      );
      const server = await startFrontEnd(nginx, {
        root,
        backendPort: backend.port,
        handshake: SECRETS.HANDSHAKE,
      });
      try {
        const ask = (target: string) => rawRequest(server.port, { target });
        expectResponse(await ask('/files/a.txt'), {
          status: 200,
          headers: {
            'X-Content-Type-Options': 'nosniff',
            'X-Powered-By': null,
            'Cache-Control': 'private, max-age=3600',
            'Content-Disposition': 'attachment; filename=a.txt',
          },
          body: 'text',
        });
        expectResponse(await ask('/files/vanishing.txt'), {
          status: 404,
          headers: {
            'Cache-Control': null,
            'Content-Disposition': null,
            'Content-Type': /^text\/html/,
          },
          body: 'no such file',
        });
        expectResponse(await ask('/files/missing'), { status: 404, body: 'Not Found\n' });
        expectResponse(await ask('/gone'), { status: 404, body: 'no such file' });
        expectResponse(await ask('/-errors-/missing.html'), { status: 404 });
        expectResponse(await ask('/stop'), { status: 503, body: 'come back later' });
      } finally {
        await server.stop();
      }
    });
  },
);
