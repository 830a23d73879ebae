import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import {
  canWriteHeadDirectly,
  ResponseHead,
  removeFileHeaders,
  toRawHeaders,
} from '../../../lib/respond/node/response-head.js';
import type { Headers } from '../../../lib/types.js';

/** A response to which the application has set headers. */
function responseWith(headers: Headers = {}): ServerResponse {
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  return res;
}

const headersOf = (res: ServerResponse): object => ({ ...res.getHeaders() });

const CONTROLS = { 'X-Accel-Redirect': '/secret', 'X-Sendfile': '/secret' };
const FRAMING = {
  'Content-Length': '5',
  'Content-Range': 'bytes 0-4/5',
  'Transfer-Encoding': 'chunked',
  Trailer: 'X-Own',
};

describe('ResponseHead', () => {
  describe('decide()', () => {
    it('sets the headers of the call, of the file and of the body, in this order', () => {
      const res = responseWith({ 'X-App': 'app', 'X-Own': 'app' });
      const head = new ResponseHead(res, { 'X-Own': 'own', 'X-File': 'own', ETag: '"own"' });
      head.decide({ 'X-File': 'file', 'X-App': undefined }, { 'Content-Length': 7 }, undefined);
      expect(headersOf(res)).toEqual({
        'x-own': 'own',
        'x-file': 'file',
        etag: '"own"',
        'content-length': 7,
      });
    });

    it('lets neither the application nor the hook set framing or control headers', () => {
      const res = responseWith({ ...CONTROLS, ...FRAMING });
      new ResponseHead(res).decide({ 'X-File': 'file' }, {}, () => {
        for (const [name, value] of Object.entries({ ...CONTROLS, ...FRAMING })) {
          res.setHeader(name, value);
        }
        res.setHeader('X-Hook', 'hook');
      });
      expect(headersOf(res)).toEqual({ 'x-file': 'file', 'x-hook': 'hook' });
    });

    it('keeps the control headers of the front end, in any case', () => {
      const res = responseWith(CONTROLS);
      new ResponseHead(res).decide({}, {}, undefined, ['x-ACCEL-redirect']);
      expect(headersOf(res)).toEqual({ 'x-accel-redirect': '/secret' });
    });

    it('runs the hook once, and repeats its changes', () => {
      const res = responseWith({ 'X-App': 'app', 'X-Removed': 'app' });
      const head = new ResponseHead(res);
      const hook = jest.fn(() => {
        res.setHeader('X-Hook', 'hook');
        res.setHeader('X-File', 'hook');
        res.removeHeader('X-Removed');
      });
      head.decide({ 'X-File': 'first', 'X-Same': 'first' }, { 'Content-Length': 0 }, hook);
      head.reset();
      expect(headersOf(res)).toEqual({ 'x-app': 'app', 'x-removed': 'app' });
      head.decide({ 'X-File': 'second', 'X-Same': 'second' }, {}, hook);
      expect(headersOf(res)).toEqual({
        'x-app': 'app',
        'x-hook': 'hook',
        'x-file': 'hook',
        'x-same': 'second',
      });
      expect(hook).toHaveBeenCalledTimes(1);
    });

    it('restores the headers if the hook throws', () => {
      const res = responseWith({ 'X-App': 'app' });
      const hook = (): void => {
        res.setHeader('X-App', 'hook');
        throw new Error('hook');
      };
      expect(() => new ResponseHead(res).decide({ ETag: '"a"' }, {}, hook)).toThrow('hook');
      expect(headersOf(res)).toEqual({ 'x-app': 'app' });
    });

    it('throws the error of a hook that has sent a response', () => {
      const res = responseWith({ 'X-App': 'app' });
      const hook = (): void => {
        res.flushHeaders();
        throw new Error('hook');
      };
      expect(() => new ResponseHead(res).decide({ ETag: '"a"' }, {}, hook)).toThrow(
        new Error('hook'),
      );
    });

    it('does not accept a hook that sends a response', () => {
      const res = responseWith();
      const head = new ResponseHead(res);
      expect(() => head.decide({}, {}, () => res.flushHeaders())).toThrow(
        expect.objectContaining({
          code: 'ERR_XSENDFILE_BAD_HEADER',
          message: 'xsendfile: options.setHeaders must only set headers, but it sent a response.',
        }),
      );
    });
  });

  it('reset() restores what was changed, removed and added', () => {
    const res = responseWith({ 'X-Changed': 'app', 'X-Removed': 'app', 'X-Kept': 'app' });
    const head = new ResponseHead(res, { 'X-Added': 'own' });
    head.decide(
      { 'X-Changed': 'file', 'X-Removed': undefined },
      { 'Content-Length': 1 },
      undefined,
    );
    head.reset();
    expect(headersOf(res)).toEqual({ 'x-changed': 'app', 'x-removed': 'app', 'x-kept': 'app' });
  });
});

describe('canWriteHeadDirectly(res)', () => {
  it.each<[Headers, boolean]>([
    [{}, true],
    [{ 'X-App': 'app', 'Cache-Control': 'no-store' }, true],
    [{ 'X-App': 'app', 'X-Accel-Redirect': '/secret' }, false],
    [{ 'X-App': 'app', 'Content-Length': '5' }, false],
    [{ 'Content-Range': 'bytes 0-4/5' }, false],
    [{ Trailer: 'X-Own' }, false],
  ])('%j: %s', (headers, expected) => {
    expect(canWriteHeadDirectly(responseWith(headers))).toBe(expected);
  });

  it('is false if a middleware has replaced writeHead()', () => {
    const res = responseWith();
    const { writeHead } = res;
    Object.assign(res, { writeHead: (status: number) => writeHead.call(res, status) });
    expect(canWriteHeadDirectly(res)).toBe(false);
  });
});

it('toRawHeaders(res, changes) lists what is set, and removes the rest', () => {
  const res = responseWith({ 'X-Removed': 'app', 'X-Kept': 'app' });
  const removeHeader = jest.spyOn(res, 'removeHeader');
  const changes = { 'Content-Length': 5, 'X-Removed': undefined, 'X-None': undefined, 'X-A': 'a' };
  expect(toRawHeaders(res, changes)).toStrictEqual(['Content-Length', '5', 'X-A', 'a']);
  expect(headersOf(res)).toEqual({ 'x-kept': 'app' });
  expect(removeHeader.mock.calls).toEqual([['X-Removed']]);
});

it('removeFileHeaders(res) leaves what is not of a file', () => {
  const res = responseWith({
    ...{ ...CONTROLS, ...FRAMING, 'X-App': 'app', 'Set-Cookie': 'a=b' },
    ...{ ETag: '"a"', 'Content-Type': 'text/html', 'CDN-Cache-Control': 'max-age=9' },
  });
  removeFileHeaders(res);
  expect(headersOf(res)).toEqual({ 'x-app': 'app', 'set-cookie': 'a=b' });
});
