import { describe, expect, test } from 'tstyche';
import type { RemoteRoot } from 'xsendfile';
import {
  type AuthTokenWebHandler,
  authToken,
  type RemoteWebHandler,
  type XSendfileWebHandler,
  xsendfile,
} from 'xsendfile/web';

declare const remote: RemoteRoot;
declare const flag: boolean;

describe('the handler', () => {
  test('returns a response, unless it may pass requests on', () => {
    expect(xsendfile('/srv/files')).type.toBe<XSendfileWebHandler>();
    expect(xsendfile(new URL('file:///srv/files'), {})).type.toBe<XSendfileWebHandler>();
    expect(xsendfile('/srv/files', { fallthrough: false })).type.toBe<XSendfileWebHandler>();
    expect(xsendfile(remote)).type.toBe<RemoteWebHandler>();
    type Passing = XSendfileWebHandler<Response | undefined>;
    expect(xsendfile('/srv/files', { fallthrough: true, maxAge: 1 })).type.toBe<Passing>();
    expect(xsendfile('/srv/files', { fallthrough: flag })).type.toBe<Passing>();
    const passing = xsendfile(remote, { path: ({ url }) => url, fallthrough: true });
    expect(passing).type.toBe<RemoteWebHandler<Response | undefined>>();
  });

  test('of links never passes requests on', () => {
    const secret = 'a secret of more than sixteen bytes';
    expect(authToken(secret, '/srv/files')).type.toBe<AuthTokenWebHandler>();
    expect(authToken(secret, remote)).type.toBe<AuthTokenWebHandler<RemoteWebHandler>>();
    expect(authToken).type.not.toBeCallableWith(secret, '/srv/files', { fallthrough: true });
  });
});

describe('the options', () => {
  test('are functions of a Request', () => {
    xsendfile('/srv/files', {
      fallthrough: true,
      path: (request) => {
        expect(request).type.toBe<Request>();
        return undefined;
      },
      setHeaders: (headers) => expect(headers).type.toBe<Headers>(),
      onRefused: (_error, context) => {
        expect(context.request).type.toBe<Request>();
        return undefined;
      },
    });
  });

  test('do not compile when misspelt or wrong', () => {
    expect(xsendfile).type.not.toBeCallableWith('/srv/files', { maxage: 1 });
    expect(xsendfile).type.not.toBeCallableWith(remote, { symlinks: 'deny' });
    expect(xsendfile).type.not.toBeCallableWith('/srv/files', { fallthrough: 'yes' });
    expect(xsendfile).type.not.toBeCallableWith(7);
  });
});
