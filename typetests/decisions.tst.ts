import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { Request } from 'express';
import { describe, expect, test } from 'tstyche';
import {
  type Content,
  type FileInfo,
  type FileTarget,
  type Outcome,
  type VerifiedClaims,
  type XSendfileHandler,
  type XSendfileOptions,
  xsendfile,
} from 'xsendfile';

declare const req: Request;
declare const res: ServerResponse;
declare const handler: XSendfileHandler<Request>;

describe('options that decide about a download', () => {
  test("give the framework's request to functions", () => {
    expect(xsendfile<Request>).type.toBeCallableWith('/srv/files', {
      allow: (file: FileTarget, context: { req: Request; claims: VerifiedClaims | undefined }) =>
        file.size < 10 && context.req.ip !== undefined,
      rate: (file: FileInfo, request: Request) => (request.secure ? file.size : undefined),
      within: (request: Request) => request.params.tenant as string,
      precompressed: ['br', 'zstd', 'gzip'],
    });
  });

  test('take no other results and values', () => {
    expect<{ allow: () => string }>().type.not.toBeAssignableTo<XSendfileOptions>();
    expect<{ rate: string }>().type.not.toBeAssignableTo<XSendfileOptions>();
    expect<{ within: string }>().type.not.toBeAssignableTo<XSendfileOptions>();
    expect<{ within: () => Promise<string> }>().type.not.toBeAssignableTo<XSendfileOptions>();
    expect<{ precompressed: 'br'[] }>().type.toBeAssignableTo<XSendfileOptions>();
    expect<{ precompressed: 'deflate'[] }>().type.not.toBeAssignableTo<XSendfileOptions>();
  });
});

describe('handler.sendContent()', () => {
  test('takes bytes, streams and generators', () => {
    const name = 'a.bin';
    expect(handler.sendContent(req, res, Buffer.alloc(1))).type.toBe<Promise<Outcome>>();
    expect(handler.sendContent).type.toBeCallableWith(req, res, new Uint8Array(1), { rate: 1 });
    expect(handler.sendContent).type.toBeCallableWith(req, res, {
      name,
      read: (start: number, end: number | undefined) => createReadStream(name, { start, end }),
    });
    expect<{ name: string; read: () => AsyncGenerator<Buffer> }>().type.toBeAssignableTo<Content>();
    expect(handler.sendContent).type.not.toBeCallableWith(req, res, 'text');
    expect(handler.sendContent).type.not.toBeCallableWith(req, res, { name });
  });
});
