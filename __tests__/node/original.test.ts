import { join } from 'node:path';
import {
  BadRootError,
  BadSenderError,
  nginxSender,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { createFixture, type Expected, listenWith } from '../helpers/check.js';
import { FRAMEWORKS } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

/**
 * What wsgi-xsendfile 1.0rc2 promises in its own tests, and what of it is kept. Deviations are
 * named in the titles; docs/migrating.md gives the reasons.
 */

const files = createTree({
  'protected/¡mañana!.txt': 'x'.repeat(42),
  'protected/是.txt': 'shi',
  'protected/binary-file.png': Buffer.alloc(2326, 7),
  'protected/file with spaces.txt': '12345',
  'protected/foo.txt': 'hello world',
  'protected/foo.txt.gz': Buffer.from('1f8b0800000000000003030000000000', 'hex'),
  'protected/no-extension': '12345',
  'protected/sub-directory/baz.txt': 'twelve bytes',
  'root.txt': 'outside',
  link: { link: 'protected' },
});
const root = join(files, 'protected');

describe('xsendfile(root) with roots of the original', () => {
  it.each([
    ['a directory that does not exist', join(files, 'does-not-exist')],
    ['a symbolic link', join(files, 'link')],
    ['a directory behind a symbolic link', join(files, 'link', 'sub-directory')],
    ['a relative path', 'test-fixtures'],
    ['a file', join(root, 'foo.txt')],
  ])('rejects %s', (_what, bad) => {
    expect(() => xsendfile(bad)).toThrow(BadRootError);
  });

  it('accepts an existing directory, and removes trailing slashes', () => {
    expect(xsendfile(root).root).toBe(root);
    expect(xsendfile(`${root}///`).root).toBe(root);
  });
});

describe('xsendfile(root, { sender }) with senders of the original', () => {
  it.each(['standard', 'nginx', 'serve'] as const)("accepts '%s'", async (sender) => {
    const { check, outcomes } = await createFixture(root, { sender, handshake: false });
    await check({ target: '/foo.txt' }, { status: 200 });
    expect(outcomes.map((outcome) => outcome.sender)).toEqual([sender]);
  });

  it('accepts a function', async () => {
    const { check } = await createFixture(root, {
      handshake: false,
      sender: (file, { res }) => void res.end(`it would be ${file.relativePath}`),
    });
    await check({ target: '/foo.txt' }, { status: 200, body: 'it would be foo.txt' });
  });

  it('rejects an unknown name', () => {
    const options = { sender: 'non-existing' } as unknown as XSendfileOptions;
    expect(() => xsendfile(root, options)).toThrow(BadSenderError);
  });
});

interface Case {
  readonly title: string;
  readonly method?: string;
  readonly target: string;
  readonly options?: XSendfileOptions;
  readonly expected: Expected;
}

const xSendfile = (path: string): string => root + path;

const CASES: readonly Case[] = [
  {
    title: 'answers 404 for a file that does not exist',
    target: '/does-not-exist.png',
    expected: { status: 404, headers: { 'X-Sendfile': null } },
  },
  {
    title: 'answers 403 for a file outside of the root',
    target: '/../root.txt',
    expected: { status: 403, headers: { 'X-Sendfile': null } },
  },
  {
    title: 'answers 403 for what would be outside, whether it exists or not',
    target: '/../does-not-exist.txt',
    expected: { status: 403, headers: { 'X-Sendfile': null } },
  },
  {
    title: 'answers 403 for the root itself',
    target: '/',
    expected: { status: 403, headers: { 'X-Sendfile': null } },
  },
  {
    title: 'answers 404 for a sub-directory',
    target: '/sub-directory/',
    expected: { status: 404, headers: { 'X-Sendfile': null } },
  },
  {
    title: 'answers 404 for a sub-directory without a slash',
    target: '/sub-directory',
    expected: { status: 404, headers: { 'X-Sendfile': null } },
  },
  {
    title: 'names an existing file (deviation: length 0, charset)',
    target: '/foo.txt',
    expected: {
      status: 200,
      headers: {
        'X-Sendfile': xSendfile('/foo.txt'),
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': '0',
        'Content-Encoding': null,
      },
    },
  },
  {
    title: 'names a file with a non-ASCII name',
    target: '/%C2%A1ma%C3%B1ana%21.txt',
    expected: { status: 200, headers: { 'X-Sendfile': xSendfile('/%C2%A1ma%C3%B1ana%21.txt') } },
  },
  {
    title: 'names a file with a name outside of Latin-1',
    target: '/%E6%98%AF.txt',
    expected: { status: 200, headers: { 'X-Sendfile': xSendfile('/%E6%98%AF.txt') } },
  },
  {
    title: 'names a file with spaces in its name',
    target: '/file%20with%20spaces.txt',
    expected: { status: 200, headers: { 'X-Sendfile': xSendfile('/file%20with%20spaces.txt') } },
  },
  ...['POST', 'PUT', 'DELETE'].map((method) => ({
    title: `answers 405 to ${method}`,
    method,
    target: '/foo.txt',
    expected: { status: 405, headers: { 'X-Sendfile': null, Allow: 'GET, HEAD' } },
  })),
  {
    title: 'answers HEAD (deviation)',
    method: 'HEAD',
    target: '/foo.txt',
    expected: { status: 200, headers: { 'X-Sendfile': xSendfile('/foo.txt') } },
  },
  {
    title: 'answers 404 for redundant slashes (deviation)',
    target: '/sub-directory////////baz.txt',
    expected: { status: 404, headers: { 'X-Sendfile': null } },
  },
  {
    title: 'removes redundant slashes with collapseSlashes',
    target: '//sub-directory////////baz.txt/',
    options: { collapseSlashes: true },
    expected: { status: 200, headers: { 'X-Sendfile': xSendfile('/sub-directory/baz.txt') } },
  },
  {
    title: 'answers 403 to slashes alone with collapseSlashes',
    target: '///',
    options: { collapseSlashes: true },
    expected: { status: 403 },
  },
  {
    title: 'knows a compressed text file by its inner type',
    target: '/foo.txt.gz',
    expected: {
      status: 200,
      headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Encoding': 'gzip' },
    },
  },
  {
    title: 'knows no type without an extension',
    target: '/no-extension',
    expected: { status: 200, headers: { 'Content-Type': 'application/octet-stream' } },
  },
  {
    title: 'knows an image',
    target: '/binary-file.png',
    expected: { status: 200, headers: { 'Content-Type': 'image/png', 'Content-Encoding': null } },
  },
  {
    title: 'names an internal location to nginx',
    target: '/%C2%A1ma%C3%B1ana%21.txt',
    options: { sender: 'nginx' },
    expected: {
      status: 200,
      headers: { 'X-Accel-Redirect': '/-internal-/%C2%A1ma%C3%B1ana%21.txt', 'X-Sendfile': null },
    },
  },
  {
    title: 'sends the bytes with serve',
    target: '/binary-file.png',
    options: { sender: 'serve' },
    expected: {
      status: 200,
      headers: { 'Content-Type': 'image/png', 'Content-Length': '2326' },
      body: Buffer.alloc(2326, 7),
    },
  },
];

describe('xsendfile(root) with requests of the original', () => {
  it.each(CASES)('$title', async ({ method = 'GET', target, options = {}, expected }) => {
    const { check } = await createFixture(root, {
      sender: 'standard',
      handshake: false,
      ...options,
    });
    await check({ method, target }, expected);
  });

  it.each(FRAMEWORKS.filter(({ name }) => name.startsWith('Express')))(
    'puts the mount path before the location for nginx in $name, if it is to',
    async ({ create }) => {
      for (const [sender, location] of [
        ['nginx', '/-internal-/'],
        [nginxSender({ prependMount: true }), '/bar/-internal-/'],
        [nginxSender({ location: '/x/', prependMount: true }), '/bar/x/'],
      ] as const) {
        const handler = xsendfile(root, { sender, handshake: false });
        const { check } = await listenWith(create('/bar', handler));
        await check(
          { target: '/bar/foo.txt' },
          { status: 200, headers: { 'X-Accel-Redirect': `${location}foo.txt` } },
        );
      }
    },
  );
});
