import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openRoot } from '../../lib/handlers/open-root.js';
import { BadOptionError, type XSendfileOptions } from '../../lib/index.js';
import type { Responder } from '../../lib/pipeline/responder.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'a' });
const ORIGINS = ['http://127.0.0.1:1', 'http://127.0.0.1:2'];
const withoutPaths = remoteRoot({ origins: ORIGINS });
const withPaths = remoteRoot({ origins: ORIGINS, locate: () => undefined });

const responder = { request: { url: '/', headers: {} }, subject: { url: '/' } };

/** What a method makes of its argument. */
function prepare(name: string, given: unknown, options: XSendfileOptions = {}) {
  const opened = openRoot(name === 'sendRemote' ? withoutPaths : root, options, 'the test');
  const method = opened.methodsOf(opened.createState(opened.config))[name];
  if (method === undefined) throw new Error(`There is no method ${name}.`);
  const { state, authorize } = method(given as never);
  return { state, ...authorize(responder as unknown as Responder) };
}

describe('openRoot() of a directory', () => {
  it('has its path and its methods, with one source', () => {
    const opened = openRoot(root, undefined, 'the test');
    expect(opened).toMatchObject({ name: root, hasPaths: true, properties: { root } });
    const state = opened.createState(opened.config);
    expect(Object.keys(opened.methodsOf(state))).toEqual(['send', 'sendContent']);
    expect(opened.createState(opened.config).source).toBe(state.source);
    const viewOf = () => ({ request: { headers: {} }, subject: {}, named: {} }) as never;
    expect(opened.membersOf(state, viewOf)).toBeInstanceOf(Function);
  });

  it('sends paths by the rules of the options', () => {
    const options = { collapseSlashes: true, within: () => 'b' };
    expect(prepare('send', 'a//b.txt', options)).toMatchObject({
      segments: ['a', 'b.txt'],
      within: join(root, 'b'),
    });
    expect(prepare('send', ['a', 'b.txt'])).toMatchObject({ segments: ['a', 'b.txt'] });
    expect(() => prepare('send', 'a//b.txt')).toThrow(
      expect.objectContaining({ code: 'ERR_XSENDFILE_NOT_CANONICAL' }),
    );
  });

  it('sends content by its name, and bytes, which have none', () => {
    const content = { name: 'a.csv', size: 1, read: () => Readable.from(['a']) };
    expect(prepare('sendContent', content).segments).toEqual(['a.csv']);
    const bytes = prepare('sendContent', Buffer.from('a'));
    expect(bytes.segments).toEqual(['']);
    expect(bytes.state.source.root).toBe(root);
    for (const wrong of [null, undefined, 7]) {
      expect(() => prepare('sendContent', wrong)).toThrow(BadOptionError);
    }
  });
});

describe('openRoot() of remote objects', () => {
  it('has the origins, and paths if they are located', () => {
    const opened = openRoot(withoutPaths, undefined, 'the test');
    expect(opened).toMatchObject({
      name: 'http://127.0.0.1:1 http://127.0.0.1:2',
      hasPaths: false,
      properties: { remote: withoutPaths },
    });
    const state = opened.createState(opened.config);
    expect(Object.keys(opened.methodsOf(state))).toEqual(['sendRemote']);
    expect(opened.membersOf(state, () => ({}) as never)).toBeUndefined();
    expect(openRoot(withPaths, {}, 'the test').hasPaths).toBe(true);
  });

  it('sends objects of its origins only', () => {
    const object = { url: `${ORIGINS[0]}/bucket/key`, name: 'a.txt' };
    const { segments, state } = prepare('sendRemote', object);
    expect(segments).toEqual(['a.txt']);
    expect(state.config.contentEncoding).toBe(false);
    expect(() => prepare('sendRemote', { ...object, url: 'http://127.0.0.1:3/' })).toThrow(
      /^xsendfile: sendRemote\(\)/,
    );
  });

  const WITHIN =
    'Let locate, or the caller of sendRemote(), name only objects of the right tenant.';
  it.each<[keyof XSendfileOptions, unknown, string]>([
    ['within', () => 'a', WITHIN],
    ['dotfiles', 'deny', 'Let locate return undefined for names that must not be sent.'],
    ['symlinks', 'deny', 'Stores have no symbolic links.'],
    ['contentEncoding', true, 'The Content-Encoding of the store is passed on.'],
    [
      'precompressed',
      ['br'],
      'Compress objects before they are stored, with their Content-Encoding.',
    ],
    ['cache', false, 'Nothing of a remote object is cached.'],
  ])('refuses the option %s', (option, value, fix) => {
    const open = () => openRoot(withPaths, { [option]: value }, 'the test');
    const message = `the test: ${option} is for files on a disk, not for remote objects. ${fix}`;
    expect(open).toThrow(BadOptionError);
    expect(open).toThrow(
      expect.objectContaining({ option, message: expect.stringContaining(message) }),
    );
    expect(() => openRoot(withPaths, { [option]: undefined }, 'the test')).not.toThrow();
  });

  it('refuses a function as the option etag', () => {
    const open = () => openRoot(withPaths, { etag: () => '"a"' } as never, 'the test');
    const message =
      'the test: etag must be true or false for remote objects, got function etag. Set etag on the object instead.';
    expect(open).toThrow(
      expect.objectContaining({ option: 'etag', message: expect.stringContaining(message) }),
    );
    expect(() => openRoot(withPaths, { etag: false }, 'the test')).not.toThrow();
  });

  it.each<[keyof XSendfileOptions, unknown]>([
    ['path', () => 'a'],
    ['collapseSlashes', true],
    ['fallthrough', true],
  ])('takes the option %s only with paths', (option, value) => {
    expect(() => openRoot(withPaths, { [option]: value }, 'the test')).not.toThrow();
    expect(() => openRoot(withoutPaths, { [option]: undefined }, 'the test')).not.toThrow();
    const message = `the test: ${option} needs remoteRoot({ locate }).`;
    expect(() => openRoot(withoutPaths, { [option]: value }, 'the test')).toThrow(
      expect.objectContaining({ option, message: expect.stringContaining(message) }),
    );
  });
});
