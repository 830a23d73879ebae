import type { IncomingMessage, ServerResponse } from 'node:http';
import connect from 'connect';
import type express from 'express';
import type { Request, RequestHandler } from 'express';
import { describe, expect, test } from 'tstyche';
import {
  type FileTarget,
  nginxSender,
  type Outcome,
  type Sender,
  serveSender,
  type XSendfileHandler,
  type XSendfileOptions,
  xsendfile,
} from 'xsendfile';

declare const app: express.Express;
declare const req: IncomingMessage;
declare const res: ServerResponse;

describe('the handler', () => {
  test('is a middleware and a route handler of Express and Connect', () => {
    expect<XSendfileHandler>().type.toBeAssignableTo<RequestHandler>();
    expect(app.use).type.toBeCallableWith('/files', xsendfile('/srv/files'));
    expect(app.get).type.toBeCallableWith('/files/:name', xsendfile('/srv/files'));
    expect(connect().use).type.toBeCallableWith('/files', xsendfile('/srv/files'));
  });

  test('is a function of node:http', () => {
    const handler = xsendfile('/srv/files');
    expect(handler).type.toBeCallableWith(req, res);
    expect(handler.send(req, res, ['a', 'b'])).type.toBe<Promise<Outcome>>();
    expect(handler.root).type.toBe<string>();
  });

  test('takes its path from a parameter of the route, without casts', () => {
    app.get('/files/:name', xsendfile('/srv/files', { path: (request) => request.params.name }));
    app.get('/docs/*path', xsendfile('/srv/files', { path: (request) => request.params.path }));
  });

  test('knows the requests of Express when it is told', () => {
    xsendfile<Request>('/srv/files', {
      onFinish: (outcome, context) => {
        expect(outcome.bytes).type.toBe<number>();
        expect(context.req.ip).type.toBe<string | undefined>();
      },
    });
  });
});

describe('the options', () => {
  test('may be undefined each', () => {
    expect<{
      maxAge: undefined;
      handshake: string | undefined;
    }>().type.toBeAssignableTo<XSendfileOptions>();
  });

  test('do not compile when misspelt or wrong', () => {
    expect(xsendfile).type.not.toBeCallableWith('/srv/files', { maxage: 1 });
    expect(xsendfile).type.not.toBeCallableWith('/srv/files', { dotfiles: 'show' });
    expect(xsendfile).type.not.toBeCallableWith('/srv/files', { sender: 'apache2' });
    expect(xsendfile).type.not.toBeCallableWith('/srv/files', {
      disposition: { type: 'form-data' },
    });
    expect(xsendfile).type.not.toBeCallableWith('/srv/files', { precompressed: ['brotli'] });
    expect(xsendfile).type.toBeCallableWith('/srv/files', { precompressed: ['gzip', 'br'] });
    expect(xsendfile).type.not.toBeCallableWith(7);
    expect(nginxSender).type.not.toBeCallableWith({ location: 7 });
  });

  test('take senders of all kinds', () => {
    expect(xsendfile).type.toBeCallableWith('/srv/files', { sender: 'nginx' });
    expect(xsendfile).type.toBeCallableWith('/srv/files', { sender: serveSender() });
    expect(xsendfile).type.toBeCallableWith(new URL('file:///srv/files'), {
      sender: async (file: FileTarget) => void file.path,
    });
    expect<{ name: string; send(): void }>().type.toBeAssignableTo<Sender>();
  });
});
