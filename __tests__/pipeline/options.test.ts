import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  apacheSender,
  BadOptionError,
  BadRootError,
  BadSenderError,
  nginxSender,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { createTree } from '../helpers/tree.js';

const files = createTree({ 'root/a.txt': 'a', link: { link: 'root' }, loop: { link: 'loop' } });
const root = join(files, 'root');

describe('xsendfile(root)', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'a relative path',
      'files',
      /root must be an absolute path, got "files". Use path.resolve\(\)/,
    ],
    ['an empty path', '', /absolute path, got an empty string/],
    ['a NUL', '/srv\0x', /absolute path/],
    ['the root of the file system', '/', /must not be the root of the file system, got "\/"/],
    ['the same with more slashes', '///', /must not be the root of the file system/],
    [
      'a missing directory',
      join(files, 'no'),
      /existing directory, but ".*no" cannot be found \(ENOENT\)/,
    ],
    ['a loop', join(files, 'loop'), /cannot be found \(ELOOP\)/],
    ['a file', join(root, 'a.txt'), /must be a directory, but ".*a.txt" is not one/],
    ['a link', join(files, 'link'), /symbolic link.* Use ".*\/root"/],
    ['a detour', `${root}/../root`, /shortest form. Use ".*\/root"/],
    ['nothing', undefined, /absolute path or a file: URL, got undefined/],
    ['a number', 7, /got a number/],
    ['another URL', new URL('http://localhost/files'), /must be a file: URL or an absolute path/],
  ])('rejects %s', (_what, bad, message) => {
    const act = (): unknown => xsendfile(bad as string);
    expect(act).toThrow(BadRootError);
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_XSENDFILE_BAD_ROOT' }));
  });

  it('reports that it was used without a call', () => {
    const server = createServer();
    const req = { method: 'GET', headers: {}, url: '/' };
    expect(() => xsendfile(req as unknown as string)).toThrow(
      /got a request. Call xsendfile\(root, options\) to get a middleware/,
    );
    server.close();
  });

  it('accepts a file URL', () => {
    expect(xsendfile(pathToFileURL(`${root}/`)).root).toBe(root);
  });

  it('accepts a root in a dot directory', () => {
    const hidden = join(files, '.hidden');
    mkdirSync(hidden);
    expect(xsendfile(hidden).root).toBe(hidden);
  });
});

describe('xsendfile(root, options)', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'a string',
      'nginx',
      /options must be an object, got a string of 5 characters. Pass the sender as \{ sender: … \}/,
    ],
    ['null', null, /options must be an object, got null/],
    [
      'an unknown option',
      { javascript: true },
      /unknown option "javascript". Known options: sender/,
    ],
    [
      'a wrong letter',
      { chacheControl: true },
      /unknown option "chacheControl". Did you mean "cacheControl"\?/,
    ],
    ['a missing letter', { dispositon: 'inline' }, /Did you mean "disposition"\?/],
    [
      'a misspelt limit',
      { cache: { maxEntrys: 1 } },
      /cache: unknown option "maxEntrys". Did you mean "maxEntries"\?/,
    ],
    [
      'a file name for a disposition',
      { disposition: 'report.pdf' },
      /got "report.pdf". For a file name, write \{ filename: "report.pdf" \}\./,
    ],
    [
      'a file name with blanks',
      { disposition: 'my report.pdf' },
      /For a file name, write \{ filename: "my report.pdf" \}\./,
    ],
    ['a misspelt one', { maxage: 1 }, /unknown option "maxage". Did you mean "maxAge"\?/],
    ['a wrong case', { SetHeaders: () => {} }, /Did you mean "setHeaders"\?/],
    ['index', { index: 'index.html' }, /unknown option "index".*serve-static/],
    ['redirect', { redirect: true }, /serve-static/],
    ['extensions', { extensions: ['html'] }, /serve-static/],
    ['start', { start: 1 }, /unknown option "start"/],
    ['end', { end: 1 }, /unknown option "end"/],
    ['dotfiles', { dotfiles: 'show' }, /dotfiles must be 'ignore', 'deny', 'allow', got "show"/],
    ['symlinks', { symlinks: true }, /symlinks must be 'inside', 'deny', 'follow', got true/],
    ['activeContent', { activeContent: false }, /activeContent must be 'sandbox'/],
    [
      'collapseSlashes',
      { collapseSlashes: 'yes' },
      /collapseSlashes must be true or false, got "yes"/,
    ],
    ['null for a boolean', { etag: null }, /etag must be true or false, got null/],
    ['path', { path: 'name' }, /path must be a function, got "name"/],
    ['onFinish', { onFinish: {} }, /onFinish must be a function, got \{\}/],
    ['disposition', { disposition: 'in\nline' }, /disposition must be 'inline', 'attachment'/],
    ['disposition with a wrong type', { disposition: { type: 'x' } }, /disposition must be/],
    ['cacheControl', { cacheControl: 'a\r\nb' }, /cacheControl must be a valid header value/],
    ['cacheControl of a wrong type', { cacheControl: 5 }, /cacheControl must be true or false/],
    ...[
      ['br'],
      [['brotli']],
      [['br', 'gzip', 'br']],
      [['gz']],
      [['constructor']],
      [[undefined]],
      [null],
      [true],
      [{ br: true }],
    ].map(([precompressed]): [string, unknown, RegExp] => [
      `precompressed: ${JSON.stringify(precompressed)}`,
      { precompressed },
      new RegExp(
        "precompressed must be a list of 'br', 'zstd', 'gzip', each at most once, got " +
          `${JSON.stringify(precompressed).replace(/[[\]{}]/g, '\\$&')}\\.$`,
      ),
    ]),
    [
      'maxAge',
      { maxAge: 'soon' },
      /maxAge must be milliseconds, or a string such as '1d', got "soon"/,
    ],
    ['negative maxAge', { maxAge: -1 }, /maxAge must be/],
    ['empty maxAge', { maxAge: '' }, /maxAge must be/],
    ['NaN', { maxAge: Number.NaN }, /maxAge must be/],
    ['immutable without maxAge', { immutable: true }, /immutable requires maxAge/],
    [
      'both',
      { maxAge: 1, cacheControl: 'public' },
      /maxAge and cacheControl are mutually exclusive/,
    ],
    [
      'a short handshake',
      { sender: 'nginx', handshake: 'short' },
      /at least 16 visible ASCII characters.*got a string of 5 characters/,
    ],
    [
      'an empty list of handshakes',
      { sender: 'nginx', handshake: [] },
      /handshake must be false, or a secret/,
    ],
    [
      'a handshake with a space',
      { sender: 'nginx', handshake: 'sixteen characters' },
      /visible ASCII/,
    ],
    ['true for a handshake', { sender: 'nginx', handshake: true }, /handshake must be false/],
  ])('rejects %s', (_what, options, message) => {
    const act = (): unknown => xsendfile(root, options as XSendfileOptions);
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_XSENDFILE_BAD_OPTION' }));
    expect(act).toThrow(/^xsendfile: /);
  });

  it('never shows a secret in an error', () => {
    for (const sender of ['nginx', undefined] as const) {
      const options = { sender, handshake: ['a secret with blanks'] };
      expect(() => xsendfile(root, options)).toThrow(/^(?!.*blanks)/);
    }
  });

  it.each<[string, unknown]>([
    ['an unknown name', 'apache2'],
    ['a name of Object.prototype', 'constructor'],
    ['an object without send', { name: 'mine' }],
    ['an object without name', { send: () => {} }],
    ['a number', 3],
    ['null', null],
  ])('rejects %s as sender', (_what, sender) => {
    const act = (): unknown => xsendfile(root, { sender } as XSendfileOptions);
    expect(act).toThrow(BadSenderError);
    expect(act).toThrow(
      /one of 'standard', 'apache', 'lighttpd', 'nginx', 'caddy', 'h2o', 'serve', a function/,
    );
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_XSENDFILE_BAD_SENDER' }));
  });

  it.each([
    ['()', undefined],
    ['({})', {}],
    ['(Object.create(null))', Object.create(null)],
    [
      '({ key: undefined })',
      { sender: undefined, maxAge: undefined, handshake: undefined, precompressed: undefined },
    ],
  ])('accepts %s as the defaults', (_what, options) => {
    expect(xsendfile(root, options).root).toBe(root);
  });
});

describe('nginxSender(options)', () => {
  it.each<[unknown, RegExp]>([
    [{ location: 'internal' }, /location must be the path of an internal location.*got "internal"/],
    [{ location: '@named' }, /got "@named"/],
    [{ location: '//host/x' }, /location must be/],
    [{ location: '/a/../b' }, /location must be/],
    [{ location: '/a?b' }, /location must be/],
    [{ location: '/a b' }, /location must be/],
    [{ location: '' }, /location must be/],
    [{ location: '/' }, /location must be/],
    [{ location: 7 }, /location must be/],
    [{ prependMount: 'yes' }, /prependMount must be true or false/],
    [{ locatoin: '/x/' }, /nginxSender: unknown option "locatoin"/],
  ])('rejects %j', (options, message) => {
    const act = (): unknown => nginxSender(options as { location: string });
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(message);
  });
});

describe('apacheSender(options)', () => {
  it('rejects an unknown encoding', () => {
    const act = (): unknown => apacheSender({ encoding: 'utf8' as 'raw' });
    expect(act).toThrow(BadOptionError);
    expect(act).toThrow(/encoding must be 'raw' .* got "utf8"/);
  });
});
