import type { IncomingMessage } from 'node:http';
import { isRouteInPath, rulesOf, segmentsOf } from '../../lib/request-path/from-request.js';
import type { SanitizerRules } from '../../lib/request-path/sanitize.js';
import type { XSendfileOptions } from '../../lib/types.js';
import { warningOptions } from '../helpers/warning-options.js';
import { attempt, BAD, FORBIDDEN, NOT_CANONICAL, NOT_FOUND } from './refusal-of.js';

const RULES: SanitizerRules = { collapseSlashes: false, windows: false };
const SIGNED: SanitizerRules = { ...RULES, encodedUnreserved: true };

interface Routed {
  readonly url?: string;
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

function segments(req: Routed, path?: XSendfileOptions['path'], rules = RULES) {
  const request = req as IncomingMessage;
  return attempt(() => segmentsOf({ request, subject: request }, path, rules));
}

it('rulesOf(config) takes the option, and the rules of the platform', () => {
  expect(rulesOf({ collapseSlashes: true })).toEqual({
    collapseSlashes: true,
    windows: process.platform === 'win32',
  });
});

describe('segmentsOf(req) from the URL', () => {
  it.each<[Routed, readonly string[] | string]>([
    [{ url: '/a/b.txt?c' }, ['a', 'b.txt']],
    [{}, BAD],
    [{ url: '/b.txt', originalUrl: '/files/b.txt', baseUrl: '/files' }, ['b.txt']],
    [{ url: '/.b', originalUrl: '/files/.b', baseUrl: '/files' }, ['.b']],
    [{ url: '/.b', originalUrl: '/files.b', baseUrl: '/files' }, NOT_CANONICAL],
    [{ url: '/b.txt', originalUrl: '/f%69les/b.txt', baseUrl: '/f%69les' }, NOT_CANONICAL],
    [{ url: '/b.txt', originalUrl: '/files//b.txt', baseUrl: '/files' }, NOT_CANONICAL],
    [{ url: '/../b.txt', originalUrl: '/files/../b.txt', baseUrl: '/files' }, FORBIDDEN],
  ])('%j: %j', (req, expected) => {
    expect(segments(req)).toEqual(expected);
  });
});

describe('segmentsOf(req, path) from the path option', () => {
  it.each<[Routed, unknown, readonly string[] | string]>([
    [{ url: '/x' }, 'a/b.txt', ['a', 'b.txt']],
    [{ url: '/x' }, undefined, NOT_FOUND],
    [{ url: '/x' }, '../b.txt', FORBIDDEN],
    [{}, 'a.txt', ['a.txt']],
    [{ url: '/%61.txt' }, 'a.txt', NOT_CANONICAL],
    [{ url: '/a.txt', originalUrl: '/f/%61.txt' }, 'a.txt', NOT_CANONICAL],
    [{ url: '/a.txt', originalUrl: '/f%69/a.txt', baseUrl: '/f%69' }, 'a.txt', NOT_CANONICAL],
  ])('%j, %j: %j', (req, path, expected) => {
    expect(segments(req, () => path as string)).toEqual(expected);
  });

  it('gives the request to the option', () => {
    const req = { url: '/x', params: { name: 'a.txt' } };
    expect(segments(req, ({ params }) => params?.name as string)).toEqual(['a.txt']);
  });

  it('accepts other spellings of the signed end, and only of that', () => {
    const path = (): string => '~a.txt';
    expect(segments({ url: '/%7Ea.txt' }, path, SIGNED)).toEqual(['~a.txt']);
    expect(segments({ url: '/%7Eb/%7Ea.txt' }, path, SIGNED)).toBe(NOT_CANONICAL);
    expect(segments({ url: '/%7Eb.txt' }, path, SIGNED)).toBe(NOT_CANONICAL);
    expect(segments({ url: '/%7Ea.txt' }, path, RULES)).toBe(NOT_CANONICAL);
  });
});

describe('a mount path with a wildcard, which leaves nothing for the handler', () => {
  let emitWarning: jest.SpyInstance;
  beforeEach(() => {
    emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });
  afterEach(() => jest.restoreAllMocks());

  /** In a module of its own: the warning is given once. */
  function isWarnedOf(req: Routed): boolean {
    jest.isolateModules(() => {
      const { segmentsOf: fresh } = require('../../lib/request-path/from-request.js');
      expect(() => fresh({ request: req, subject: req }, undefined, RULES)).toThrow();
    });
    return emitWarning.mock.calls.length > 0;
  }

  it.each<[Routed]>([
    [{ url: '/', baseUrl: '/files/a.txt', params: { path: ['files', 'a.txt'] } }],
    [{ url: '', baseUrl: '/files/a.txt', params: { path: ['files', 'a.txt'] } }],
    [{ url: '/?a', baseUrl: '/files/a.txt', params: { path: [] } }],
    [{ url: '/', baseUrl: '/files/a.txt', params: { 0: 'files/a.txt' } }],
    [{ url: '/', baseUrl: '/files/a.txt', params: { id: '1', 12: 'files/a.txt' } }],
  ])('is warned of: %j', (req) => {
    expect(isWarnedOf(req)).toBe(true);
    expect(emitWarning).toHaveBeenCalledWith(
      "xsendfile: the handler is mounted at a path with a wildcard, which matches the whole path of each request, so every file is 403. Mount it at a prefix, as in app.use('/files', handler), or set the path option: { path: (req) => req.params.path }.",
      warningOptions('XSENDFILE_WILDCARD_MOUNT'),
    );
  });

  it.each<[Routed]>([
    [{ url: '/', baseUrl: '', params: { path: ['a'] } }],
    [{ url: '/', params: { path: ['a'] } }],
    [{ url: '/..', baseUrl: '/files', params: { path: ['a'] } }],
    [{ url: '/a//b?', baseUrl: '/files', params: { path: ['a'] } }],
    [{ url: '/', baseUrl: '/files', params: {} }],
    [{ url: '/', baseUrl: '/files' }],
    [{ url: '/', baseUrl: '/files', params: { 0: '' } }],
    [{ url: '/', baseUrl: '/files', params: { id: 'a', a1: 'b', '1a': 'c' } }],
  ])('is not seen in %j', (req) => {
    expect(isWarnedOf(req)).toBe(false);
  });
});

describe('isRouteInPath(req, url)', () => {
  it.each<[Routed, string, boolean]>([
    [{}, '/files/a.txt', false],
    [{ params: {} }, '/files/a.txt', false],
    [{ params: { name: 'a.txt' } }, '/files/a.txt', true],
    [{ params: { name: 'a.txt' } }, '/files/a.txt?x', true],
    [{ params: { name: 'a.txt' } }, '/files/b.txt?a.txt', false],
    [{ params: { name: 'a b.txt' } }, '/files/a%20b.txt', true],
    // The whole path is what the route left.
    [{ params: { name: 'a.txt' } }, '/a.txt', false],
    [{ params: { name: 'a.txt' } }, '/a.txt/', false],
    // Wildcards of Express 5 and Express 4.
    [{ params: { path: ['sub', 'a.txt'] } }, '/files/sub/a.txt', true],
    [{ params: { path: ['sub', 'a.txt'] } }, '/sub/a.txt', false],
    [{ params: { 0: 'sub/a.txt' } }, '/files/sub/a.txt', true],
    [{ params: { 0: 'sub/a.txt' } }, '/sub/a.txt', false],
    [{ params: { user: '7', name: 'a.txt' } }, '/7/files/a.txt', true],
    // Parameters of the mount path have been removed from the path, or stand in it by chance.
    [{ params: { tenant: 'acme' }, baseUrl: '/tenants/acme' }, '/a.txt', false],
    [{ params: { tenant: 'acme' }, baseUrl: '/tenants/acme' }, '/acme/a.txt', false],
    [{ params: { tenant: 'acme' }, baseUrl: '/tenants/other' }, '/acme/a.txt', true],
  ])('%j, %s: %s', (req, url, expected) => {
    expect(isRouteInPath({ headers: {}, ...req }, url)).toBe(expected);
  });
});
