import { apacheSender } from '../../lib/servers/apache/sender.js';
import { caddySender } from '../../lib/servers/caddy/sender.js';
import { type HeaderSender, isHeaderSender, toHeaderSender } from '../../lib/servers/contract.js';
import { h2oSender } from '../../lib/servers/h2o/sender.js';
import { CHOICE_HEADERS, CONTROL_HEADERS, isControlHeader } from '../../lib/servers/headers.js';
import { lighttpdSender } from '../../lib/servers/lighttpd/sender.js';
import { lighttpd } from '../../lib/servers/lighttpd/traits.js';
import { nginxSender } from '../../lib/servers/nginx/sender.js';
import { isEmbedded, serveSender } from '../../lib/servers/serve.js';
import { standardSender } from '../../lib/servers/standard.js';
import type { RequestView } from '../../lib/shared/views.js';
import type { FileTarget, NamingContext, Sender } from '../../lib/types.js';

const FILE = {
  path: '/srv/sub/a b.txt',
  relativePath: 'sub/a b.txt',
  name: 'a b.txt',
  type: 'text/plain; charset=utf-8',
  etag: '"1"',
} as FileTarget;

interface Given {
  readonly file?: Partial<FileTarget>;
  readonly request?: Partial<RequestView>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly restoresHeaders?: boolean;
}

function contextOf({ request, headers = {}, restoresHeaders = false }: Given): NamingContext {
  return {
    request: { method: 'GET', url: '/', headers: {}, ...request } as RequestView,
    headerOf: (name) => headers[name],
    restoresHeaders,
  };
}

const nameOf = (sender: Sender, given: Given = {}) =>
  (sender as HeaderSender).nameFile({ ...FILE, ...given.file }, contextOf(given));

describe('the headers that name a file', () => {
  const NGINX = { 'Accept-Ranges': undefined, 'Content-Length': 0 };
  const VALIDATED = { 'Content-Length': 0 };
  it.each<[title: string, sender: Sender, given: Given, expected: object | undefined]>([
    ['nginx', nginxSender(), {}, { ...NGINX, 'X-Accel-Redirect': '/-internal-/sub/a%20b.txt' }],
    [
      'nginx, with a location',
      nginxSender({ location: '/-a-' }),
      { request: { baseUrl: '/mount' } },
      { ...NGINX, 'X-Accel-Redirect': '/-a-/sub/a%20b.txt' },
    ],
    [
      'nginx, below a mount path',
      nginxSender({ prependMount: true }),
      { request: { baseUrl: '/a%20b/c+d' } },
      { ...NGINX, 'X-Accel-Redirect': '/a%20b/c%2Bd/-internal-/sub/a%20b.txt' },
    ],
    [
      'nginx, without a mount path',
      nginxSender({ prependMount: true }),
      { request: { baseUrl: '' } },
      { ...NGINX, 'X-Accel-Redirect': '/-internal-/sub/a%20b.txt' },
    ],
    [
      'nginx, with the mount path of a server that has none',
      nginxSender({ prependMount: true }),
      {},
      { ...NGINX, 'X-Accel-Redirect': '/-internal-/sub/a%20b.txt' },
    ],
    [
      'nginx, which restores headers',
      nginxSender(),
      {
        restoresHeaders: true,
        headers: { 'Cache-Control': 'private', Expires: 'never', ETag: '1' },
      },
      {
        ...NGINX,
        'Cache-Control': undefined,
        'X-Sendfile-Cache-Control': 'private',
        Expires: undefined,
        'X-Sendfile-Expires': 'never',
        'X-Accel-Redirect': '/-internal-/sub/a%20b.txt',
      },
    ],
    [
      'nginx, without an ETag',
      nginxSender(),
      { file: { etag: undefined } },
      { ...NGINX, 'X-Accel-Redirect': '/-internal-/sub/a%20b.txt' },
    ],
    ['Apache', apacheSender(), {}, { ...VALIDATED, 'X-Sendfile': '/srv/sub/a b.txt' }],
    [
      'Apache, which restores nothing',
      apacheSender({ encoding: 'raw' }),
      { restoresHeaders: true, headers: { Expires: 'never' } },
      { ...VALIDATED, 'X-Sendfile': '/srv/sub/a b.txt' },
    ],
    [
      'Apache, percent-encoded',
      apacheSender({ encoding: 'percent' }),
      {},
      { ...VALIDATED, 'X-Sendfile': '/srv/sub/a%20b.txt' },
    ],
    [
      'Apache, without an ETag',
      apacheSender(),
      { file: { etag: undefined }, headers: { 'Cache-Control': 'private' } },
      {
        ...VALIDATED,
        'Cache-Control': 'private, no-store',
        'X-Sendfile': '/srv/sub/a b.txt',
      },
    ],
    [
      'Apache, outside of the root',
      apacheSender({ frontendRoot: '/data' }),
      { file: { relativePath: '../a.txt' } },
      undefined,
    ],
    [
      'lighttpd',
      lighttpdSender(),
      {},
      { 'Accept-Ranges': undefined, ...VALIDATED, 'X-Sendfile': '/srv/sub/a%20b.txt' },
    ],
    ['any server', standardSender(), {}, { ...VALIDATED, 'X-Sendfile': '/srv/sub/a%20b.txt' }],
    [
      'any server, without an ETag',
      standardSender(),
      { file: { etag: undefined } },
      { ...VALIDATED, 'Cache-Control': 'no-store', 'X-Sendfile': '/srv/sub/a%20b.txt' },
    ],
    ['Caddy', caddySender(), {}, { ...NGINX, 'X-Accel-Redirect': '/sub/a%20b.txt' }],
    [
      'h2o',
      h2oSender(),
      {},
      { ...NGINX, 'X-Reproxy-URL': 'http://files.internal:81/sub/a%20b.txt' },
    ],
    [
      'h2o, where no-transform is for the application',
      h2oSender(),
      { headers: { 'Cache-Control': 'private, no-cache, no-transform' } },
      { ...NGINX, 'X-Reproxy-URL': 'http://files.internal:81/sub/a%20b.txt' },
    ],
    [
      'h2o, with a Cache-Control that it does not send',
      h2oSender(),
      { headers: { 'Cache-Control': 'private, no-transform, no-cache' } },
      undefined,
    ],
    ['h2o, for HEAD', h2oSender(), { request: { method: 'HEAD' } }, undefined],
    ['h2o, for If-Range', h2oSender(), { request: { headers: { 'if-range': '"1"' } } }, undefined],
    ['h2o, with a type that it does not send', h2oSender(), { file: { type: 'a/b' } }, undefined],
  ])('for %s', (_title, sender, given, expected) => {
    expect(nameOf(sender, given)).toStrictEqual(expected);
  });
});

it.each([
  [nginxSender(), true],
  [apacheSender(), false],
  [lighttpdSender(), true],
  [standardSender(), true],
  [caddySender(), true],
  [h2oSender(), false],
])('%j passes Content-Encoding: %j', (sender, expected) => {
  expect(sender.passesContentEncoding).toBe(expected);
});

describe('a sender of a front end', () => {
  const propertiesOf = (sender: Sender) => {
    const { name, location, prependsMount, canPrependMount } = sender as HeaderSender;
    return { name, location, prependsMount, canPrependMount };
  };
  it.each<[sender: Sender, name: string, location: string | undefined, mounts: boolean[]]>([
    [nginxSender(), 'nginx', '/-internal-/', [false, true]],
    [nginxSender({ prependMount: true }), 'nginx', undefined, [true, true]],
    [caddySender(), 'caddy', '/', [false, false]],
    [caddySender({ location: '/' }), 'caddy', '/', [false, false]],
    [apacheSender(), 'apache', undefined, [false, false]],
  ])('has its properties: %j', (sender, name, location, [prependsMount, canPrependMount]) => {
    expect(propertiesOf(sender)).toEqual({ name, location, prependsMount, canPrependMount });
    expect(Object.isFrozen(sender)).toBe(true);
    expect(isHeaderSender(sender)).toBe(true);
  });

  it('is none if it only has some of its properties', () => {
    expect(isHeaderSender({ name: 'own', send() {} })).toBe(false);
    expect(isHeaderSender({ name: 'own', send() {}, nameFile() {} } as Sender)).toBe(false);
    expect(isHeaderSender({ name: 'own', send() {}, memoKey() {} } as Sender)).toBe(false);
  });

  it('has a key for requests with the same names', () => {
    const keyOf = (sender: Sender) =>
      (sender as HeaderSender).memoKey({ baseUrl: '/a', headers: {} } as RequestView);
    expect(keyOf(nginxSender())).toBe('');
    expect(keyOf(nginxSender({ prependMount: true }))).toBe('/a');
    expect(keyOf(h2oSender())).toBeUndefined();
  });

  it('fetches remote objects only if it is nginx', () => {
    const senders = [apacheSender(), lighttpdSender(), caddySender(), h2oSender()];
    expect(senders.filter((sender) => 'forRemote' in sender)).toEqual([]);
  });
});

describe('nginxSender().forRemote(url)', () => {
  const url = new URL('https://a.example:8443/b%20c?d=e%2Ff');

  it.each([
    [undefined, '/-remote-/https/a.example:8443'],
    ['/-b-', '/-b-/https/a.example:8443'],
  ])('names the location and the URL, with the location %j', (location, expected) => {
    const sender = nginxSender({ location }).forRemote?.(url) as HeaderSender;
    expect(nameOf(sender)).toEqual({
      'Accept-Ranges': undefined,
      'X-Accel-Redirect': expected,
      'X-Sendfile-Remote': '/b%20c?d=e%2Ff',
      'Content-Length': 0,
    });
    expect(sender).toMatchObject({
      name: 'nginx',
      passesContentEncoding: false,
      dropped: ['Content-Encoding', 'ETag', 'Last-Modified'],
      restored: ['Cache-Control', 'Expires', 'Content-Disposition'],
    });
  });
});

/** What a sender does to a response, in order. */
function send(sender: Sender, headers: Record<string, string> = {}, restoresHeaders?: boolean) {
  const log: unknown[] = [];
  const res = {
    getHeader: (name: string) => headers[name],
    setHeader: (...args: unknown[]) => log.push(['set', ...args]),
    removeHeader: (...args: unknown[]) => log.push(['remove', ...args]),
    writeHead: (...args: unknown[]) => log.push(['head', ...args]),
    end: (...args: unknown[]) => log.push(['end', ...args]),
  };
  const req = { method: 'GET', headers: {} };
  const decline = () => log.push('decline');
  sender.send(FILE, { req, res, headers, decline, restoresHeaders } as never);
  return log;
}

describe('send() of a sender of a front end', () => {
  it('sets and removes headers, and writes no body', () => {
    expect(send(nginxSender(), { Expires: 'never' })).toEqual([
      ['remove', 'Accept-Ranges'],
      ['set', 'X-Accel-Redirect', '/-internal-/sub/a%20b.txt'],
      ['set', 'Content-Length', 0],
      ['head', 200],
      ['end'],
    ]);
  });

  it('renames headers only for a configuration that restores them', () => {
    expect(send(nginxSender(), { Expires: 'never' }, true)).toEqual([
      ['remove', 'Accept-Ranges'],
      ['remove', 'Expires'],
      ['set', 'X-Sendfile-Expires', 'never'],
      ['set', 'X-Accel-Redirect', '/-internal-/sub/a%20b.txt'],
      ['set', 'Content-Length', 0],
      ['head', 200],
      ['end'],
    ]);
  });

  it('declines what it cannot name', () => {
    expect(send(h2oSender(), { 'Cache-Control': 'public' })).toEqual(['decline']);
  });
});

describe('toHeaderSender({ name, nameFile })', () => {
  const nameFile = jest.fn<Record<string, string> | undefined, [unknown, unknown]>();
  const sender = toHeaderSender({ name: 'own', nameFile: nameFile as never, dropped: ['ETag'] });

  it('sends what the application names, without a body', () => {
    nameFile.mockReturnValue({ 'X-Own': 'a' });
    expect(nameOf(sender)).toEqual({ 'X-Own': 'a', 'Content-Length': 0 });
    expect(send(sender)).toEqual([
      ['set', 'X-Own', 'a'],
      ['set', 'Content-Length', 0],
      ['head', 200],
      ['end'],
    ]);
    expect(nameFile).toHaveBeenLastCalledWith(
      FILE,
      expect.objectContaining({ restoresHeaders: false }),
    );
  });

  it('declines what it does not name', () => {
    nameFile.mockReturnValue(undefined);
    expect(nameOf(sender)).toBeUndefined();
    expect(send(sender)).toEqual(['decline']);
  });

  it.each<[unknown, string]>([
    [null, 'null'],
    [false, 'false'],
    ['X-Own: a', 'a string of 8 characters'],
    [['X-Own', 'a'], 'an array'],
    [Promise.resolve({ 'X-Own': 'a' }), 'a promise'],
    [new Headers({ 'X-Own': 'a' }), 'an object'],
  ])('throws for what is no object of headers: %p', (result, shown) => {
    nameFile.mockReturnValue(result as never);
    const message = `xsendfile: nameFile() of sender 'own' must return a plain object of headers or undefined, synchronously, got ${shown}.`;
    const error = expect.objectContaining({ code: 'ERR_XSENDFILE_BAD_OPTION', message });
    expect(() => nameOf(sender)).toThrow(error);
    expect(() => send(sender)).toThrow(error);
  });

  it('knows nothing of its names', () => {
    expect(sender).toMatchObject({
      ...{ name: 'own', dropped: ['ETag'], location: undefined },
      ...{ prependsMount: false, canPrependMount: false },
    });
    expect(sender.memoKey({ headers: {} } as RequestView)).toBeUndefined();
    expect(Object.isFrozen(sender)).toBe(true);
  });
});

describe('serveSender()', () => {
  it('always declines, and is the same one', () => {
    const sender = serveSender();
    expect(send(sender)).toEqual(['decline']);
    expect(sender).toMatchObject({ name: 'serve', passesContentEncoding: true });
    expect(isEmbedded(sender)).toBe(true);
    expect(isEmbedded({ ...sender })).toBe(false);
  });
});

describe("lighttpd's limitRate(bytesPerSecond)", () => {
  it.each([
    [1023, undefined],
    [1024, 1],
    [2046, 2],
    [2045, 1],
    [2049, 2],
    [1_000_000, 977],
    [10_000, 9],
    [2 ** 31, 2 ** 21],
    [2 ** 40, 2 ** 21],
  ])('of %d is %p units', (bytesPerSecond, units) => {
    expect(lighttpd.limitRate(bytesPerSecond)).toEqual(
      units === undefined ? undefined : { 'X-LIGHTTPD-KBytes-per-second': units },
    );
  });
});

describe('a wrong option of a sender', () => {
  it.each<[run: () => unknown, message: string]>([
    [
      () => apacheSender({ encoding: 'utf-8' as 'raw' }),
      "apacheSender: encoding must be 'raw' (mod_xsendfile 0.12) or 'percent' (1.0), got \"utf-8\".",
    ],
    [
      () => nginxSender({ prependMount: 1 as never }),
      'nginxSender: prependMount must be true or false, got 1.',
    ],
    [
      () => h2oSender({ location: [h2oSender.name] as never }),
      'h2oSender: location must be the URL of an internal host, such as "http://files.internal:81/", got ["h2oSender"].',
    ],
    [
      () => h2oSender({ location: ['http://files.internal:81/'] as never }),
      'h2oSender: location must be the URL of an internal host, such as "http://files.internal:81/", got ["http://files.internal:81/"].',
    ],
  ])('is named: %p', (run, message) => {
    expect(run).toThrow(expect.objectContaining({ code: 'ERR_XSENDFILE_BAD_OPTION', message }));
  });

  it.each<[caller: string, run: () => unknown]>([
    ['apacheSender: frontendRoot', () => apacheSender({ frontendRoot: 'a' })],
    ['lighttpdSender: frontendRoot', () => lighttpdSender({ frontendRoot: 'a' })],
    ['standardSender: frontendRoot', () => standardSender({ frontendRoot: 'a' })],
    ['caddySender: location', () => caddySender({ location: 'a' })],
    ['h2oSender: location', () => h2oSender({ location: 'https://files.internal/' })],
    ['nginxSender: location', () => nginxSender({ location: 'a' })],
  ])('is named with its function: %s', (caller, run) => {
    expect(run).toThrow(`${caller} must be `);
  });

  it('is not the port 80 in the location of h2o', () => {
    const sender = h2oSender({ location: 'http://files.internal:80/a' }) as HeaderSender;
    expect(sender.location).toBe('http://files.internal/a/');
  });

  it('is not a slash at the end of frontendRoot, or several', () => {
    const sender = apacheSender({ frontendRoot: '/data//' });
    expect(nameOf(sender)).toMatchObject({ 'X-Sendfile': '/data/sub/a b.txt' });
    expect(() => apacheSender({ frontendRoot: '/data/..' })).toThrow('frontendRoot must be');
  });
});

it('isControlHeader(name) knows all control headers, and no other', () => {
  expect([...CONTROL_HEADERS, ...CHOICE_HEADERS].filter((name) => !isControlHeader(name))).toEqual(
    [],
  );
  expect(isControlHeader('My-X-Accel-Redirect')).toBe(false);
  expect(isControlHeader('X-Send')).toBe(false);
});
