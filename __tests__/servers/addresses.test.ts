import { parseListen, parseUpstream } from '../../lib/servers/config/addresses.js';
import { isAddress, isHost, withoutBrackets } from '../../lib/servers/host.js';
import { Option } from '../../lib/shared/option-reader.js';

const refusal = (message: string) =>
  expect.objectContaining({ code: 'ERR_XSENDFILE_BAD_OPTION', message });

describe('parseUpstream(url)', () => {
  const option = new Option('f', 'upstream');

  it.each([
    ['http://127.0.0.1:3000', '127.0.0.1:3000'],
    ['http://127.0.0.1:3000/', '127.0.0.1:3000'],
    ['HTTP://App:80', 'app:80'],
    ['http://[::1]', '[::1]:80'],
  ])('of %j is %j', (url, expected) => {
    expect(parseUpstream(url, option)).toBe(expected);
  });

  it.each<[unknown, string]>([
    ['127.0.0.1:3000', '"127.0.0.1:3000"'],
    ['app:3000', '"app:3000"'],
    ['https://app:3000', '"https://app:3000"'],
    ['http://app:3000/a', '"http://app:3000/a"'],
    ['http://app:3000/?a', '"http://app:3000/?a"'],
    ['http://user@app:3000', '"http://user@app:3000"'],
    ['ftp://app:3000', '"ftp://app:3000"'],
    ["http://a'b:3000", '"http://a\'b:3000"'],
    [new URL('http://app:3000'), '"http://app:3000/"'],
  ])('refuses %j', (url, shown) => {
    expect(() => parseUpstream(url, option)).toThrow(
      refusal(
        `f: upstream must be a URL with http:, host and port only, such as "http://127.0.0.1:3000", got ${shown}.`,
      ),
    );
  });
});

describe('parseListen(address)', () => {
  const option = new Option('f', 'listen');

  it.each<[unknown, string | undefined, number]>([
    ['80', undefined, 80],
    [8080, undefined, 8080],
    ['*:1', undefined, 1],
    ['127.0.0.1:65535', '127.0.0.1', 65_535],
    ['[::1]:8080', '[::1]', 8080],
  ])('of %j', (address, host, port) => {
    expect(parseListen(address, option)).toEqual({ host, port });
  });

  it.each<[unknown, string]>([
    ['0', '"0"'],
    ['65536', '"65536"'],
    ['080808', '"080808"'],
    ['80a', '"80a"'],
    ['localhost:80', '"localhost:80"'],
    ['::1:80', '"::1:80"'],
    [':80', '":80"'],
    ['', '""'],
    [undefined, 'undefined'],
    [null, 'null'],
  ])('refuses %j', (address, shown) => {
    expect(() => parseListen(address, option)).toThrow(
      refusal(
        `f: listen must be a port, or an address and a port, such as "80", "127.0.0.1:8080" or "[::1]:8080", got ${shown}.`,
      ),
    );
  });
});

describe('isHost(host)', () => {
  it.each<[string, boolean]>([
    ['app', true],
    ['APP_1.internal-net.', true],
    ['_app', true],
    ['3com', true],
    ['127.0.0.1', true],
    ['[::1]', true],
    ['unix', false],
    ['unix.example', true],
    ['a..b', false],
    ['ab..c', false],
    ['.a', false],
    ['-a', false],
    ['a b', false],
    [' a', false],
    ['1.2.3', false],
    ['1.2.3.a', true],
    ['[a]', false],
    ['::1', false],
    ['', false],
  ])('of %j is %j', (host, expected) => {
    expect(isHost(host)).toBe(expected);
  });
});

describe('isAddress(host)', () => {
  it.each<[string, boolean]>([
    ['127.0.0.1', true],
    ['[::1]', true],
    ['[FD00::1]', true],
    ['[::ffff:127.0.0.1]', true],
    ['[::1', false],
    ['::1]', false],
    ['x[::1]', false],
    ['[::1]x', false],
    ['[127.0.0.1]', false],
    ['app', false],
  ])('of %j is %j', (host, expected) => {
    expect(isAddress(host)).toBe(expected);
  });
});

it.each([
  ['[::1]', '::1'],
  ['127.0.0.1', '127.0.0.1'],
  ['a[b]c', 'a[b]c'],
])('withoutBrackets(%j) is %j', (host, expected) => {
  expect(withoutBrackets(host)).toBe(expected);
});
