import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from './browser/browser.js';
import { expectResponse } from './helpers/check.js';
import {
  prepareProgram,
  type RunningProgram,
  readPrograms,
  startProgram,
} from './helpers/document-programs.js';
import { describeWithPrograms } from './helpers/programs.js';
import { Connection, rawRequest } from './helpers/raw-request.js';
import { createTree } from './helpers/tree.js';
import { createSparse } from './pipeline/transfer/sparse.js';
import { startBucket } from './remote/bucket.js';

/** The documents about tasks with links and a bucket. */

const programs = readPrograms([
  'docs/single-page-applications.md',
  'docs/agents.md',
  'docs/private-bucket.md',
]);

function start(
  name: string,
  root: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> {
  const code = programs.get(name) ?? '';
  return startProgram(prepareProgram(code, { directories: { '/srv/files': root } }), env);
}

const MEGABYTES = 100;

describe('docs/single-page-applications.md', () => {
  const root = createTree({ 'films/other.mp4': 'other' });
  let port = 0;
  beforeAll(async () => {
    createSparse(join(root, 'films'), 'holiday.mp4', MEGABYTES * 2 ** 20);
    ({ port } = await start('docs/single-page-applications.md: spa', root));
  });

  const askForLink = (id: string, token: string) =>
    rawRequest(port, {
      ...{ method: 'POST', target: `/api/documents/${id}/link`, body: '' },
      headers: { Authorization: `Bearer ${token}` },
    });

  it('gives a link for one download to the owner only', async () => {
    expect((await askForLink('7', 'guessed')).status).toBe(401);
    expect((await askForLink('8', 'token of anna')).status).toBe(404);
    const response = await askForLink('7', 'token of anna');
    expectResponse(response, { status: 201, headers: { 'Cache-Control': 'no-store' } });
    const { url: target } = JSON.parse(String(response.body));
    const statusOf = async (localAddress: string) => {
      const connection = await Connection.open({ port, host: '127.0.0.1', localAddress });
      connection.send({ target, headers: { Range: 'bytes=0-9' } });
      const { status } = await connection.read();
      connection.destroy();
      return status;
    };
    expect(await statusOf('127.0.0.1')).toBe(206);
    expect(await statusOf('127.0.0.1')).toBe(206);
    expect(await statusOf('127.0.0.2')).toBe(410);
  });

  describeWithPrograms('in a browser', ['chromium'], () => {
    it('downloads a file without a blob in memory', async () => {
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        await page.goto(`http://localhost:${port}/`);
        const started = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Download' }).click();
        const download = await started;
        expect(download.suggestedFilename()).toBe('holiday.mp4');
        expect(download.url()).toMatch(/^http:\/\/localhost:\d+\/downloads\//);
        let bytes = 0;
        for await (const chunk of createReadStream(await download.path())) bytes += chunk.length;
        expect(bytes).toBe(MEGABYTES * 2 ** 20);
        const heap = await page.evaluate('performance.memory.usedJSHeapSize');
        expect(heap).toBeLessThan(50 * 2 ** 20);
        expect(page.url()).toBe(`http://localhost:${port}/`);
      } finally {
        await browser.close();
      }
    }, 180_000);
  });
});

describe('the links of docs/agents.md', () => {
  it('are in the result of a tool, and end with the session', async () => {
    const root = createTree({ 'reports/q3.pdf': 'the report' });
    const { port } = await start('docs/agents.md: agents', root);
    const session = { 'Content-Type': 'application/json', 'Mcp-Session-Id': 'session-7' };
    const call = async (id: string) => {
      const params = { name: 'get_report', arguments: { id } };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
      const request = { method: 'POST', target: '/mcp', headers: session, body };
      return JSON.parse(String((await rawRequest(port, request)).body)).result;
    };
    const { content } = await call('q3');
    const [{ type, uri, name, mimeType }] = content;
    expect([type, name, mimeType]).toEqual(['resource_link', 'Q3', 'application/pdf']);
    expect(uri).toMatch(/^https:\/\/files\.example\/downloads\//);
    const { pathname: target } = new URL(uri);
    for (const method of ['HEAD', 'GET', 'GET']) {
      expect((await rawRequest(port, { method, target })).status).toBe(200);
    }
    expect(await call('../secret')).toMatchObject({ isError: true });
    await rawRequest(port, { method: 'DELETE', target: '/mcp', headers: session });
    expect((await rawRequest(port, { target })).status).toBe(410);
  });
});

describe('the bucket of docs/private-bucket.md', () => {
  it('sends its objects to those who may read them, by URLs that stay the same', async () => {
    const bucket = await startBucket();
    await bucket.put('anna/Größe 1.txt', 'hers');
    await bucket.put('everyone/logo.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const { port } = await start('docs/private-bucket.md: private-bucket', createTree(), {
      BUCKET: bucket.url,
      AWS_ACCESS_KEY_ID: bucket.keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bucket.keys.secretAccessKey,
    });
    const ask = (target: string, headers: Record<string, string> = {}) =>
      rawRequest(port, { target, headers });
    const target = `/media/anna/${encodeURIComponent('Größe 1.txt')}`;
    const headers = { 'Cache-Control': 'private, max-age=3600' };
    const anna = { Authorization: 'Bearer anna' };
    for (const _ of [1, 2]) {
      const response = await ask(target, anna);
      expectResponse(response, { status: 200, headers, body: 'hers' });
      expect(response.raw.includes(bucket.origin)).toBe(false);
      expect(response.raw.includes('X-Amz')).toBe(false);
    }
    expectResponse(await ask(target), { status: 404 });
    expectResponse(await ask('/media/anna/missing', anna), { status: 404 });
    expectResponse(await ask('/media/everyone/logo.svg'), { status: 200, headers });
    // The bucket itself is private.
    expect((await fetch(`${bucket.url}/everyone/logo.svg`)).status).toBe(403);
  });
});
