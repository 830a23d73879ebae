import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type Koa from 'koa';
import { describe, expect, test } from 'tstyche';
import { authToken, type Outcome, type RemoteRoot, xsendfile } from 'xsendfile';
import * as fastify from 'xsendfile/fastify';
import * as koa from 'xsendfile/koa';
import * as web from 'xsendfile/web';
import { type FileEntry, type ZipArchive, zip } from 'xsendfile/zip';

declare const req: IncomingMessage;
declare const res: ServerResponse;
declare const remote: RemoteRoot;
const files = xsendfile('/srv/files');
const entries = [{ path: 'a.txt' }, { content: Buffer.of(1), name: 'b' }];

describe('zip()', () => {
  test('makes content for sendContent()', async () => {
    const archive = await zip(files, entries, { req, name: 'a.zip' });
    expect(archive).type.toBe<ZipArchive>();
    expect(archive.size).type.toBe<number>();
    expect(await files.sendContent(req, res, archive)).type.toBe<Outcome>();
  });

  test('takes the request of each entry', () => {
    const request = new Request('http://localhost/');
    expect(zip).type.toBeCallableWith(web.xsendfile('/srv/files'), entries, { req: request });
    expect(zip).type.not.toBeCallableWith(web.xsendfile('/srv/files'), entries, { req });
    expect(zip).type.not.toBeCallableWith(files, entries, { req: request });
    expect(zip).type.not.toBeCallableWith(files, entries, {});
    const ctx = {} as Koa.Context;
    expect(zip).type.toBeCallableWith(koa.xsendfile('/srv/files'), entries, { req: ctx });
    const own = {} as FastifyRequest;
    expect(zip).type.toBeCallableWith(fastify.xsendfile('/srv/files'), entries, { req: own });
    expect(zip).type.toBeCallableWith(authToken('secret', '/srv/files').files, entries, { req });
  });

  test('is for files on a disk', () => {
    expect(zip).type.not.toBeCallableWith(xsendfile(remote), entries, { req });
    expect(zip).type.not.toBeCallableWith(authToken('secret', '/srv/files'), entries, { req });
  });

  test('takes either path or content', () => {
    const both = [{ path: 'a', content: Buffer.of(1) }];
    expect(zip).type.not.toBeCallableWith(files, both, { req });
    expect(zip).type.not.toBeCallableWith(files, [{ name: 'a' }], { req });
    const noSize = [{ name: 'a', content: { async *read() {} } }];
    expect(zip).type.not.toBeCallableWith(files, noSize, { req });
  });
});

describe('zip.folder()', () => {
  test('lists entries', async () => {
    expect(await zip.folder(files, '2024', { req, maxDepth: 3 })).type.toBe<FileEntry[]>();
    expect(zip.folder).type.not.toBeCallableWith(files, '2024');
  });
});
