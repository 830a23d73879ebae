import { join } from 'node:path';
import { openLinks } from '../../lib/handlers/open-links.js';
import { type AuthTokenOptions, BadOptionError, type LinkClaims } from '../../lib/index.js';
import type { Responder } from '../../lib/pipeline/responder.js';
import { remoteRoot } from '../../lib/remote/index.js';
import type { RemoteRoot } from '../../lib/types.js';
import { limitUses } from '../../lib/uses/index.js';
import { createTree } from '../helpers/tree.js';

const SECRET = 'a secret of more than sixteen bytes';
const root = createTree({ 'a.txt': 'a', 'dir/b.txt': 'b' });
const CLIENT = '192.0.2.1';
const COUNTING = { allow: limitUses({ client: () => 'one' }) };

let time = 0;
beforeEach(() => {
  time = 1_800_000_000;
});

interface Request {
  readonly method?: string;
  readonly url?: string;
  readonly originalUrl?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Authorized = ReturnType<ReturnType<typeof openLinks>['authorize']>;

/** Opens links, as an entry point does; `address` is that of all clients, null if it is unknown. */
function open(options: object = {}, address: string | null = CLIENT) {
  const warnOfUnknown = jest.fn();
  const given = { now: () => time * 1000, ...options } as AuthTokenOptions;
  const links = openLinks(SECRET, root, given, {
    caller: 'the test',
    addressOf: () => address ?? undefined,
    warnOfUnknown,
  });
  const varied: string[] = [];
  /** What becomes of a request. */
  const authorize = ({ headers = {}, ...request }: Request): Partial<Authorized> => {
    const view = { method: 'GET', headers, ...request };
    const response = { getHeaderNames: () => [] };
    const responder = {
      request: view,
      subject: view,
      response,
      exchange: {},
    } as never as Responder;
    const varyBy = (field: string) => void varied.push(field);
    try {
      return links.authorize(Object.assign(responder, { varyBy }));
    } catch (error) {
      return { refusal: error as Authorized['refusal'] };
    }
  };
  const codeOf = (request: Request) => authorize(request).refusal?.code;
  const sign = (path: string, claims: LinkClaims = {}): string =>
    links.signer.sign(path, { expiresIn: 60, ...claims });
  return { links, authorize, codeOf, sign, warnOfUnknown, varied };
}

/** What is thrown for these arguments. */
function faultOf(secret: unknown, files: unknown, options: object = {}): unknown {
  try {
    return openLinks(secret as string, files as string, options, {
      caller: 'the test',
      addressOf: () => CLIENT,
      warnOfUnknown: () => {},
    });
  } catch (error) {
    return error;
  }
}

describe('openLinks(secret, root, options)', () => {
  it.each<[object]>([
    [{}],
    [{ confirm: false }],
    [{ confirm: undefined }],
    [{ confirm: true, ...COUNTING }],
    [{ confirm: () => '', ...COUNTING }],
    [{ resumeGrace: 0 }],
    [{ resumeGrace: 86_400 }],
    [{ fallthrough: false }],
  ])('takes %p', (options) => {
    expect(faultOf(SECRET, root, options)).not.toBeInstanceOf(Error);
  });

  it.each<[object, string, string]>([
    [{ confirm: 1 }, 'confirm', 'confirm must be true, or a function that returns a page, got 1.'],
    [{ resumeGrace: 86_401 }, 'resumeGrace', 'resumeGrace must be a whole number of seconds'],
    [{ resumeGrace: -1 }, 'resumeGrace', 'resumeGrace must be a whole number of seconds'],
    [{ resumeGrace: 0.5 }, 'resumeGrace', 'resumeGrace must be a whole number of seconds'],
    [{ clientAddress: 1 }, 'clientAddress', 'clientAddress must be a function'],
    [
      { fallthrough: true },
      'fallthrough',
      'fallthrough is not supported: a request without a link must not reach the next middleware. Use onRefused.',
    ],
  ])('refuses %p', (options, option, message) => {
    const fault = faultOf(SECRET, root, options);
    expect(fault).toBeInstanceOf(BadOptionError);
    expect(fault).toMatchObject({
      option,
      message: expect.stringContaining(`the test: ${message}`),
    });
  });

  it('refuses the option confirm if nothing counts uses', () => {
    expect(faultOf(SECRET, root, { confirm: true })).toMatchObject({
      code: 'ERR_XSENDFILE_USES_NOT_COUNTED',
      message: expect.stringContaining(
        'the test: confirm is for links with uses, which nothing counts. Add limitUses() of xsendfile/uses to allow.',
      ),
    });
  });

  it('refuses remote objects that have no paths', () => {
    const remote = (options: object): RemoteRoot =>
      remoteRoot({ origins: ['http://127.0.0.1:1'], ...options });
    expect(faultOf(SECRET, remote({ locate: () => undefined }))).not.toBeInstanceOf(Error);
    const fault = faultOf(SECRET, remote({}));
    expect(fault).toBeInstanceOf(BadOptionError);
    expect(fault).toMatchObject({
      option: 'locate',
      message: expect.stringContaining(
        'the test: remoteRoot() needs the option locate, which names the object for the path of a link.',
      ),
    });
  });

  const DIRECTORY = `secret must not be the path of a directory, got ${JSON.stringify(root)}.`;
  it.each<[string, unknown, unknown, string]>([
    ['a directory', root, root, DIRECTORY],
    ['a directory and a secret', root, SECRET, DIRECTORY],
    [
      'a path and a secret',
      '/missing/directory',
      SECRET,
      'secret and root look swapped: got an absolute path, and a string of 35 characters.',
    ],
    [
      'a path and bytes',
      '/missing/directory',
      Buffer.alloc(32),
      'secret and root look swapped: got an absolute path, and a Buffer of 32 bytes.',
    ],
  ])('refuses the wrong order of arguments: %s', (_what, secret, files, message) => {
    const fault = faultOf(secret, files);
    expect(fault).toBeInstanceOf(BadOptionError);
    expect(fault).toMatchObject({
      option: 'secret',
      message: expect.stringContaining(
        `the test: ${message} The secret is the first argument, the root the second.`,
      ),
    });
  });

  it('takes secrets that are bytes, or absolute paths of nothing, or of a file', () => {
    expect(faultOf(Buffer.alloc(32, 'a'), root)).not.toBeInstanceOf(Error);
    expect(faultOf('/missing/directory', root)).not.toBeInstanceOf(Error);
    expect(faultOf(join(root, 'a.txt'), root)).not.toBeInstanceOf(Error);
    // These are about the root.
    for (const [secret, files] of [
      ['/missing/directory', 'lib'],
      ['/missing/directory', '/also/missing'],
      [SECRET, SECRET],
    ]) {
      expect(faultOf(secret, files)).toMatchObject({ code: 'ERR_XSENDFILE_BAD_ROOT' });
    }
  });
});

describe('a link', () => {
  it('names a file, for as long as it is valid', () => {
    const { authorize, sign, links } = open({ resumeGrace: 7 });
    const url = sign('dir/b.txt', { filename: 'c.txt', disposition: 'inline' });
    const { handler, access, ...file } = authorize({ url });
    expect(file).toEqual({
      segments: ['dir', 'b.txt'],
      overrides: { contentDisposition: { type: 'inline', filename: 'c.txt' } },
      within: undefined,
    });
    expect(handler).toBe(links.state);
    expect(access).toMatchObject({
      ...{ remaining: 60, clientAddress: CLIENT, resumeGrace: 7 },
      claims: { path: 'dir/b.txt' },
      ...{ expired: undefined, confirming: undefined },
    });
    expect(authorize({ url: sign('a.txt') }).overrides).toEqual({ contentDisposition: undefined });
  });

  it('may be in the query', () => {
    const { codeOf, sign } = open({ scheme: 'secure-link' });
    expect(codeOf({ url: sign('a.txt') })).toBeUndefined();
    expect(codeOf({ url: '/a.txt' })).toBe('ERR_XSENDFILE_TOKEN_MALFORMED');
  });

  it('that is not valid yet cannot be resumed', () => {
    const { codeOf, sign } = open({ resumeGrace: 60 });
    const url = sign('a.txt', { notBefore: new Date((time + 10) * 1000) });
    const headers = { range: 'bytes=1-', 'if-range': '"a"' };
    expect(codeOf({ url, headers })).toBe('ERR_XSENDFILE_TOKEN_NOT_YET_VALID');
  });

  it('is refused with other methods than those of the handler', () => {
    const { authorize, codeOf, sign, links } = open();
    expect(links.policy).toBeUndefined();
    expect(codeOf({ method: 'POST', url: sign('a.txt') })).toBe('ERR_XSENDFILE_METHOD_NOT_ALLOWED');
    expect(authorize({ method: 'HEAD', url: sign('a.txt') }).refusal).toBeUndefined();
  });

  it('is for the directory that the application names', () => {
    const { authorize, codeOf, sign } = open({ within: () => 'dir' });
    expect(authorize({ url: sign('a.txt') }).within).toBe(join(root, 'dir'));
    const { sign: signOther, codeOf: codeOfOther } = open({ within: () => undefined });
    expect(codeOfOther({ url: signOther('a.txt') })).toBe('ERR_XSENDFILE_NOT_FOUND');
    expect(codeOf({ url: '/a.txt' })).toBe('ERR_XSENDFILE_TOKEN_MALFORMED');
  });

  it('is signed and opened only if its uses are counted', () => {
    const counting = open(COUNTING);
    const plain = open();
    const message =
      'authToken: uses are not counted, so a link with uses would open any number of downloads. Add limitUses() of xsendfile/uses to allow itself, not to a function in it: allow: [yourFunction, limitUses()].';
    const error = expect.objectContaining({
      code: 'ERR_XSENDFILE_USES_NOT_COUNTED',
      message: expect.stringContaining(message),
    });
    expect(() => plain.sign('a.txt', { uses: 1 })).toThrow(error);
    expect(() => plain.links.signer.cookie('', { name: 'x', mountPath: '/', uses: 1 })).toThrow(
      error,
    );
    expect(plain.authorize({ url: counting.sign('a.txt', { uses: 1 }) }).refusal).toEqual(error);
    expect(counting.codeOf({ url: counting.sign('a.txt', { uses: 1 }) })).toBeUndefined();
  });

  it('with uses is refused to requests that no user waits for', () => {
    const { authorize, codeOf, sign } = open(COUNTING);
    const headers = { 'sec-purpose': 'prefetch' };
    expect(authorize({ url: sign('a.txt', { uses: 1 }), headers })).toMatchObject({
      segments: ['a.txt'],
      refusal: { code: 'ERR_XSENDFILE_PREFETCH' },
    });
    expect(codeOf({ url: sign('a.txt'), headers })).toBeUndefined();
  });
});

describe('a link that is bound to an address', () => {
  const bound = { ip: '192.0.2.0/24' };
  const ADDRESS = 'ERR_XSENDFILE_TOKEN_ADDRESS';

  it.each<[string, object, string | null, string | undefined, number]>([
    ['of the client', {}, CLIENT, undefined, 0],
    ['of another client', {}, '198.51.100.1', ADDRESS, 0],
    ['of an unknown client', {}, null, `${ADDRESS}_UNTRUSTED`, 1],
    ['that an option knows', { clientAddress: () => CLIENT }, null, undefined, 0],
    ['that an option does not know', { clientAddress: () => undefined }, CLIENT, ADDRESS, 0],
  ])('%s', (_whose, options, address, code, warnings) => {
    const { codeOf, sign, warnOfUnknown } = open(options, null);
    const other = open(options, address);
    expect(other.codeOf({ url: sign('a.txt', bound) })).toBe(code);
    expect(other.warnOfUnknown).toHaveBeenCalledTimes(warnings);
    expect(codeOf({ url: sign('a.txt') })).toBeUndefined();
    expect(warnOfUnknown).not.toHaveBeenCalled();
  });

  it('is refused as for an unknown client if an option returns null', () => {
    const { codeOf, sign } = open({ clientAddress: () => null });
    expect(codeOf({ url: sign('a.txt', bound) })).toBe(ADDRESS);
  });

  it.each<[unknown, string]>([
    [7, 'return a string or undefined, got a number.'],
    [Promise.resolve(CLIENT), 'be synchronous: it returned a promise.'],
  ])('is an error of the application for an option that returns %p', (address, rule) => {
    const { authorize, sign } = open({ clientAddress: () => address });
    expect(authorize({ url: sign('a.txt', bound) }).refusal).toMatchObject({
      code: 'ERR_XSENDFILE_BAD_OPTION',
      message: expect.stringContaining(`the test: options.clientAddress must ${rule}`),
    });
  });

  it('is the same for a scheme that does not show the address', () => {
    const scheme = { scheme: 'mod-auth-token', limitByIp: true };
    const url = open(scheme).sign('a.txt', { ip: CLIENT, expiresIn: undefined });
    const results = [CLIENT, '198.51.100.1', null].map((address) => {
      const { codeOf, warnOfUnknown } = open(scheme, address);
      return [codeOf({ url }), warnOfUnknown.mock.calls.length];
    });
    expect(results).toEqual([
      [undefined, 0],
      ['ERR_XSENDFILE_TOKEN_FORGED', 0],
      [`${ADDRESS}_UNTRUSTED`, 1],
    ]);
  });

  it('is refused for what else is wrong, without a warning', () => {
    const { codeOf, sign, warnOfUnknown } = open({}, null);
    const url = sign('a.txt');
    expect(codeOf({ url: url.replace('a.txt', 'b.txt') })).toBe('ERR_XSENDFILE_TOKEN_FORGED');
    time += 61;
    expect(codeOf({ url })).toBe('ERR_XSENDFILE_TOKEN_EXPIRED');
    expect(warnOfUnknown).not.toHaveBeenCalled();
  });
});

describe('a link that has expired', () => {
  const resuming = { range: 'bytes=1-', 'if-range': '"a"' };
  const EXPIRED = 'ERR_XSENDFILE_TOKEN_EXPIRED';

  it.each<[string, Request, boolean]>([
    ['with If-Range', { headers: resuming }, true],
    ['with If-Match', { headers: { range: 'bytes=1-', 'if-match': '"a"' } }, true],
    ['with HEAD', { method: 'HEAD', headers: resuming }, false],
    ['without a range', { headers: { 'if-range': '"a"' } }, false],
    ['without a condition', { headers: { range: 'bytes=1-' } }, false],
  ])('can be resumed in the grace: %s', (_how, request, isResumed) => {
    const { authorize, sign, links } = open({ resumeGrace: 10 });
    const url = sign('a.txt');
    time += 70;
    const found = authorize({ ...request, url });
    expect(found).toMatchObject({
      segments: ['a.txt'],
      handler: links.state,
      access: { remaining: -10, resumeGrace: 10, expired: { code: EXPIRED } },
    });
    expect(found.refusal?.code).toBe(isResumed ? undefined : EXPIRED);
    time += 1;
    expect(authorize({ ...request, url }).refusal?.code).toBe(EXPIRED);
  });

  it('is refused as expired for what the directory of the request refuses', () => {
    const within = jest.fn<string | undefined, []>(() => 'dir');
    const { authorize, codeOf, sign } = open({ resumeGrace: 10, within });
    const url = sign('a.txt');
    time += 61;
    expect(authorize({ url, headers: resuming }).within).toBe(join(root, 'dir'));
    within.mockReturnValue(undefined);
    expect(codeOf({ url, headers: resuming })).toBe(EXPIRED);
    const fault = new Error('of the application');
    within.mockImplementation(() => {
      throw fault;
    });
    expect(authorize({ url, headers: resuming }).refusal).toBe(fault);
  });

  it('cannot be resumed early, unconfirmed, or if its uses are not counted', () => {
    const counting = open({ resumeGrace: 10, ...COUNTING });
    const confirming = open({ resumeGrace: 10, ...COUNTING, confirm: true });
    const url = counting.sign('a.txt', { uses: 1 });
    time += 61;
    expect(counting.codeOf({ url, headers: resuming })).toBeUndefined();
    const early = { ...resuming, 'x-moz': 'prefetch' };
    expect(counting.codeOf({ url, headers: early })).toBe(EXPIRED);
    expect(confirming.codeOf({ url, headers: resuming })).toBe(EXPIRED);
    expect(open({ resumeGrace: 10 }).codeOf({ url, headers: resuming })).toBe(
      'ERR_XSENDFILE_USES_NOT_COUNTED',
    );
  });
});

describe('the option confirm', () => {
  it('asks for no path without a link', () => {
    const { codeOf } = open({ ...COUNTING, confirm: true });
    expect(codeOf({ url: '/a.txt' })).toBe('ERR_XSENDFILE_TOKEN_MALFORMED');
  });

  it('asks for links with uses only, which may be submitted', () => {
    const { authorize, codeOf, sign, links } = open({ ...COUNTING, confirm: true, cookie: 'c' });
    expect(links.policy).toMatchObject({ methods: ['GET', 'HEAD', 'POST'] });
    const url = sign('a.txt', { uses: 1 });
    const confirming = { given: 'missing', isSubmitted: false };
    expect(authorize({ url })).toMatchObject({ access: { confirming } });
    expect(authorize({ url, method: 'POST' })).toMatchObject({
      access: { confirming: { isSubmitted: true } },
    });
    expect(authorize({ url: sign('a.txt') })).toMatchObject({ access: { confirming: undefined } });
    const refused = 'ERR_XSENDFILE_METHOD_NOT_ALLOWED';
    expect(codeOf({ url: sign('a.txt'), method: 'POST' })).toBe(refused);
    const [cookie = ''] = links.signer.cookie('', { mountPath: '/', uses: 1 }).split(';');
    expect(authorize({ url: '/a.txt', headers: { cookie } })).toMatchObject({
      access: { confirming: undefined },
    });
    expect(codeOf({ url: '/a.txt', method: 'POST', headers: { cookie } })).toBe(refused);
  });
});

describe('a cookie', () => {
  const cookieOf = ({ links }: ReturnType<typeof open>): string =>
    links.signer.cookie('dir', { mountPath: '/', expiresIn: 60 }).split(';')[0] ?? '';

  it('opens the files of its directory, with the rules for cookies', () => {
    const site = open({ cookie: 'c' });
    const cookie = cookieOf(site);
    const { segments, handler } = site.authorize({ url: '/dir/b.txt', headers: { cookie } });
    expect(segments).toEqual(['dir', 'b.txt']);
    expect(handler).not.toBe(site.links.state);
    expect(handler?.config.embedding).toBe('same-site');
    expect(site.links.state.config).toMatchObject({
      embedding: 'any',
      refusedEmbedding: 'same-site',
      cacheControl: 'private, max-age=31536000',
    });
    expect(site.varied).toEqual(['Cookie']);
    expect(site.links.refusalsVaryBy).toBe('Cookie');
    const headers = { cookie, 'sec-fetch-site': 'cross-site' };
    expect(site.codeOf({ url: '/dir/b.txt', headers })).toBe('ERR_XSENDFILE_CROSS_SITE');
    expect(site.codeOf({ url: site.sign('a.txt'), headers })).toBeUndefined();
  });

  it('has the embedding and the Cache-Control of the options', () => {
    const site = open({ cookie: 'c', embedding: 'same-origin', cacheControl: 'no-store' });
    const headers = { cookie: cookieOf(site) };
    expect(site.authorize({ url: '/dir/b.txt', headers }).handler).toBe(site.links.state);
    expect(site.links.state.config).toMatchObject({
      embedding: 'same-origin',
      cacheControl: 'no-store',
    });
  });

  it('is not needed, and not read, without the option', () => {
    const site = open();
    const headers = { cookie: cookieOf(open({ cookie: 'c' })), 'sec-fetch-site': 'cross-site' };
    expect(site.codeOf({ url: '/dir/b.txt', headers })).toBe('ERR_XSENDFILE_TOKEN_MALFORMED');
    expect(site.links.refusalsVaryBy).toBeUndefined();
    expect(site.links.state.config.refusedEmbedding).toBe('any');
  });

  it('does not help a link that is wrong, and is no link', () => {
    const site = open({ cookie: 'c' });
    // It would open any path.
    const [cookie = ''] = site.links.signer.cookie('', { mountPath: '/' }).split(';');
    const headers = { cookie };
    const url = site.sign('dir/b.txt').replace('b.txt', 'c.txt');
    expect(site.codeOf({ url, headers })).toBe('ERR_XSENDFILE_TOKEN_FORGED');
    expect(site.codeOf({ url: '/dir/b.txt' })).toBe('ERR_XSENDFILE_TOKEN_MALFORMED');
    expect(site.varied).toEqual([]);
  });

  it('opens only the usual spelling of a path, where the URL has it', () => {
    const site = open({ cookie: 'c' });
    const headers = { cookie: cookieOf(site) };
    const url = '/dir/%62.txt';
    expect(site.codeOf({ url, headers })).toBe('ERR_XSENDFILE_NOT_CANONICAL');
    expect(site.codeOf({ url: site.sign('dir/b.txt').replace('/b', '/%62') })).toBeUndefined();
    // The application has rewritten the URL.
    const rewritten = { url: '/dir/b.txt', originalUrl: '/x', headers };
    expect(site.codeOf(rewritten)).toBeUndefined();
    expect(site.codeOf({ ...rewritten, url })).toBe('ERR_XSENDFILE_NOT_CANONICAL');
    const byPath = open({ cookie: 'c', path: () => 'dir/b.txt' });
    const mounted = (originalUrl: string) => byPath.codeOf({ url: '/', originalUrl, headers });
    expect(mounted('/dl/dir/b.txt')).toBeUndefined();
    expect(mounted('/dl/dir/%62.txt')).toBe('ERR_XSENDFILE_NOT_CANONICAL');
    time += 61;
    expect(site.codeOf({ url, headers })).toBe('ERR_XSENDFILE_TOKEN_EXPIRED');
  });

  it('that has expired cannot be resumed', () => {
    const site = open({ cookie: 'c', resumeGrace: 60 });
    const headers = { cookie: cookieOf(site), range: 'bytes=1-', 'if-range': '"a"' };
    time += 61;
    expect(site.codeOf({ url: '/dir/b.txt', headers })).toBe('ERR_XSENDFILE_TOKEN_EXPIRED');
  });
});
