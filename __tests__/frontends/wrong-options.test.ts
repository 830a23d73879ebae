import {
  BadOptionError,
  createFrontEndConfig,
  type FrontEndConfigOptions,
  type FrontEndServer,
} from '../../lib/frontends/index.js';

const ROOT = '/srv/files';
const STORE = { origin: 'https://a.example' } as const;

describe('createFrontEndConfig(server, options) rejects', () => {
  it.each<[unknown, object, string]>([
    [
      'iis',
      {},
      "server must be one of 'nginx', 'apache', 'lighttpd', 'caddy', 'h2o', got \"iis\".",
    ],
    [7, {}, "server must be one of 'nginx', 'apache', 'lighttpd', 'caddy', 'h2o', got a number."],
    ['nginx', { standalone: 'no' }, 'standalone must be true or false, got "no".'],
    ['nginx', { location: [] }, 'location must be one or more, got [].'],
    ['caddy', { location: ['/a/', '/b/'] }, 'location must be one only, got ["/a/","/b/"].'],
    ['h2o', { location: [] }, 'location must be one only, got [].'],
    ['nginx', { listen: 0 }, 'listen must be a port, or an address and a port'],
    ['nginx', { listen: 65_536 }, 'listen must be a port, or an address and a port'],
    ['nginx', { upstream: 'https://app' }, 'upstream must be a URL with http:'],
    [
      'caddy',
      { root: '/srv/`\\"' },
      "this server's configuration cannot represent a string with a backtick and a backslash before a quotation mark, got",
    ],
    [
      'lighttpd',
      { scratch: '/tmp/a\\' },
      'this server\'s configuration cannot represent a string with a backslash at its end, got "/tmp/a\\\\". Choose another scratch.',
    ],
    [
      'caddy',
      { root: '/srv/`\\' },
      "this server's configuration cannot represent a string with a backtick and a backslash before a quotation mark, got",
    ],
    [
      'caddy',
      { scratch: '/tmp/{$a' },
      'this server\'s configuration cannot represent a string with "{$", got "/tmp/{$a/access.log". Choose another scratch.',
    ],
    [
      'caddy',
      { handshake: 'sixteen-{$letters' },
      'this server\'s configuration cannot represent a string with "{$". Choose another handshake.',
    ],
    [
      'nginx',
      { user: ['files'] },
      'user must be a name of the system, such as "www-data", got ["files"].',
    ],
    [
      'caddy',
      { reports: 'udp://127.0.0.1:5140' },
      'caddy cannot report deliveries, got the reports "udp://127.0.0.1:5140". Leave it out: with the option reports of a handler, the application sends the files itself.',
    ],
    [
      'nginx',
      { reports: ['udp://127.0.0.1:5140'] },
      'reports must be a URL with udp:, an address of the loopback and a port',
    ],
    [
      'nginx',
      { remotes: [{ ...STORE, hideHeaders: ['X-A', 'a b'] }] },
      'remotes[0]: hideHeaders must be names of response headers, such as ["x-amz-meta-owner"], got ["X-A","a b"].',
    ],
    [
      'nginx',
      { remotes: [{ origin: 'a.example' }] },
      'remotes[0]: origin must be one of the origins of remoteRoot()',
    ],
    [
      'nginx',
      { remotes: [STORE, STORE] },
      'remotes must list each origin once, got "https://a.example" twice. Handlers share its location.',
    ],
    ...[
      '127.0.0.1:',
      '127.0.0.1:a',
      '127.0.0.1:123456',
      'x127.0.0.1:53',
      '::1',
      ['127.0.0.1'],
      '',
    ].map((resolver): [string, object, string] => [
      'nginx',
      { remotes: [{ ...STORE, resolver }] },
      'remotes[0]: resolver must be the address of a DNS server, such as "127.0.0.53" or "[::1]", got',
    ]),
    [
      'nginx',
      { root: undefined, remotes: [STORE], location: '/-a-/' },
      'root must be an absolute path',
    ],
  ])('%p with %j', (server, options, message) => {
    const act = (): unknown =>
      createFrontEndConfig(
        server as FrontEndServer,
        {
          root: ROOT,
          ...options,
        } as FrontEndConfigOptions,
      );
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
  });
});

it('an upstream without a port listens on 80', () => {
  const config = createFrontEndConfig('nginx', { root: ROOT, upstream: 'http://app' });
  expect(config).toContain('server app:80;');
});

it('takes listen as a number, or the default', () => {
  expect(createFrontEndConfig('nginx', { root: ROOT, listen: 8080 } as never)).toContain(
    'listen 8080',
  );
  expect(createFrontEndConfig('nginx', { root: ROOT, listen: undefined })).toContain('listen 80');
});

it('passes headers whose names only contain those that servers set, or drop', () => {
  for (const name of ['X-Date', 'Server-Timing', 'X-Content-Encoding', 'Content-Encoding-Hint']) {
    expect(() => createFrontEndConfig('apache', { root: ROOT, passHeaders: [name] })).not.toThrow();
  }
});

it('names the option in the error', () => {
  const handshake = 'expr=sixteen-letters';
  expect(() => createFrontEndConfig('apache', { root: ROOT, handshake })).toThrow(
    expect.objectContaining({ option: 'handshake' }),
  );
});
