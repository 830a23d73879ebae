import type { Request } from 'express';
import { describe, expect, test } from 'tstyche';
import {
  authToken,
  type ErrorCode,
  type RemoteAuthTokenHandler,
  type RemoteHandler,
  type RemoteOptions,
  type RemoteRoot,
  type XSendfileHandler,
  xsendfile,
} from 'xsendfile';
import * as fastify from 'xsendfile/fastify';
import * as koa from 'xsendfile/koa';
import { remoteRoot } from 'xsendfile/remote';

declare const secret: string;
declare const remote: RemoteRoot;

describe('handlers', () => {
  test('have sendRemote() only for remote objects, and send() only for files', () => {
    expect(xsendfile('/srv/files')).type.toBe<XSendfileHandler>();
    expect(xsendfile(remote)).type.toBe<RemoteHandler>();
    expect(xsendfile('/srv/files')).type.not.toHaveProperty('sendRemote');
    expect(xsendfile(remote)).type.not.toHaveProperty('send');
    expect(authToken(secret, remote)).type.toBe<RemoteAuthTokenHandler>();
  });

  test('for remote objects take no options for files', () => {
    expect<{ cache: false }>().type.not.toBeAssignableTo<RemoteOptions>();
    expect(xsendfile).type.not.toBeCallableWith(remote, { symlinks: 'deny' });
    expect(xsendfile).type.not.toBeCallableWith(remote, { etag: () => 'a' });
    expect(xsendfile).type.toBeCallableWith(remote, { etag: false, rate: 1000 });
  });
});

describe('remoteRoot()', () => {
  test("gives the framework's request to locate", () => {
    const origins = ['https://bucket.s3.example'];
    const locate = async (path: string, { req }: { req: Request }) => ({
      url: `https://bucket.s3.example/${req.ip}/${path}`,
    });
    expect(remoteRoot<Request>({ origins, locate })).type.toBe<RemoteRoot>();
    expect(remoteRoot).type.not.toBeCallableWith({ origins, locate: () => 'url' });
    expect(remoteRoot).type.not.toBeCallableWith({});
  });
});

describe('remoteRoot() in Koa and Fastify', () => {
  test('makes handlers for objects, and refuses options for files', () => {
    expect(koa.xsendfile(remote, { prefix: '/files' })).type.toBe<koa.KoaRemote>();
    expect(
      fastify.xsendfile(remote, { disposition: 'attachment' }),
    ).type.toBe<fastify.FastifyRemote>();
    expect(koa.authToken('secret', remote).files).type.toBe<koa.KoaRemote>();
    expect(fastify.authToken('secret', remote).files).type.toBe<fastify.FastifyRemote>();
    expect(koa.xsendfile).type.not.toBeCallableWith(remote, { precompressed: ['br'] });
    expect(fastify.xsendfile).type.not.toBeCallableWith(remote, { precompressed: ['br'] });
  });

  test('leaves those for files as they are', () => {
    expect(koa.xsendfile('/srv', { precompressed: ['br'] })).type.toBe<koa.KoaXSendfile>();
    expect(fastify.xsendfile(new URL('file:///srv'))).type.toBe<fastify.FastifyXSendfile>();
    expect(koa.authToken('secret', '/srv')).type.toBe<koa.KoaAuthToken>();
    expect(fastify.authToken('secret', '/srv')).type.toBe<fastify.FastifyAuthToken>();
  });
});

test('the union of codes has those of outcomes', () => {
  expect<
    'ERR_XSENDFILE_FILE_CHANGED' | 'ERR_XSENDFILE_IDLE_TIMEOUT'
  >().type.toBeAssignableTo<ErrorCode>();
});
