import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Express, Request, Response } from 'express';
import { describe, expect, test } from 'tstyche';
import {
  type AuthTokenHandler,
  authToken,
  type Outcome,
  offload,
  type XSendfileHandler,
  xsendfile,
} from 'xsendfile';
import { doctorProbe } from 'xsendfile/doctor';

declare const app: Express;
declare const secret: string;
declare const http2Request: Http2ServerRequest;
declare const http2Response: Http2ServerResponse;

describe('a server of node:http2', () => {
  const files = xsendfile('/srv/files');
  const links = authToken(secret, '/srv/files');

  test('takes handlers', () => {
    expect(createSecureServer).type.toBeCallableWith({}, files);
    expect(createSecureServer).type.toBeCallableWith({}, links);
    expect(createSecureServer).type.toBeCallableWith({}, xsendfile('/srv/files'));
    expect(createSecureServer).type.toBeCallableWith({}, doctorProbe(files, { secret }));
  });

  test('has requests for all methods', () => {
    expect(files.send(http2Request, http2Response, 'a.txt')).type.toBe<Promise<Outcome>>();
    expect(files.sendContent).type.toBeCallableWith(http2Request, http2Response, Buffer.alloc(1));
    expect(links.files.send).type.toBeCallableWith(http2Request, http2Response, 'a.txt');
    expect(offload(files)).type.toBeCallableWith(http2Request, http2Response, () => {});
  });

  test('gives its requests to functions when it is named', () => {
    xsendfile<Http2ServerRequest, Http2ServerResponse>('/srv/files', {
      path: (req) => req.authority,
      setHeaders: (res) => res.stream.priority({}),
      onRefused: (_error, { res }) => void res.end(),
    });
  });
});

describe('Express', () => {
  test('has its request and response in functions when they are named', () => {
    const handler = xsendfile<Request, Response>('/srv/files', {
      setHeaders: (res) => {
        expect(res).type.toBe<Response>();
      },
      onFinish: (_outcome, { req, res }) => {
        expect(req).type.toBe<Request>();
        expect(res).type.toBe<Response>();
      },
      onRefused: (_error, { res }) => void res.render('refused'),
    });
    expect(handler).type.toBe<XSendfileHandler<Request, Response>>();
    expect(app.use).type.toBeCallableWith('/files', handler);
    const links = authToken<Request, Response>(secret, '/srv/files', {
      setHeaders: (res) => void res.vary('Cookie'),
    });
    expect(links).type.toBe<AuthTokenHandler<Request, Response>>();
    expect(app.get).type.toBeCallableWith('/files', links);
    expect(offload).type.toBeCallableWith(handler, links.files, xsendfile<Request>('/srv'));
    expect(doctorProbe).type.toBeCallableWith(handler, { secret });
  });

  test('otherwise has those of node:http', () => {
    xsendfile('/srv/files', {
      setHeaders: (res) => {
        expect(res).type.toBe<ServerResponse>();
      },
      onFinish: (_outcome, { req }) => {
        expect(req).type.toBe<IncomingMessage>();
      },
    });
  });

  test('takes the types of functions that have their own', () => {
    const handler = xsendfile('/srv/files', {
      setHeaders: (res: Response) => void res.vary('Origin'),
    });
    expect(handler).type.toBe<XSendfileHandler<IncomingMessage, Response>>();
  });

  test('checks the values of res.locals', () => {
    app.use((_req, res) => {
      res.locals.contentDisposition = 'attachment';
      res.locals.contentDisposition = { type: 'inline', filename: 'a.pdf' };
      res.locals.contentType = 'text/plain';
      res.locals.anything = 42;
      // @ts-expect-error not assignable to type
      res.locals.contentDisposition = 42;
      // @ts-expect-error not assignable to type
      res.locals.contentDisposition = { type: 'form-data' };
      // @ts-expect-error not assignable to type
      res.locals.contentType = 42;
    });
  });
});
