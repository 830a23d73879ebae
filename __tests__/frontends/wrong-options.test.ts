import {
  BadOptionError,
  createFrontEndConfig,
  type FrontEndConfigOptions,
  type FrontEndServer,
} from '../../lib/frontends/index.js';

const ROOT = '/srv/files';

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
