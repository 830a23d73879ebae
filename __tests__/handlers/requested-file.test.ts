import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { openRoot } from '../../lib/handlers/open-root.js';
import { authorizeByPath, confine } from '../../lib/handlers/requested-file.js';
import type { XSendfileOptions } from '../../lib/index.js';
import type { Responder } from '../../lib/pipeline/responder.js';
import { RefusedError, XSendfileError } from '../../lib/shared/errors.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a/b.txt': 'b' });

const subject = { url: '/ignored' } as IncomingMessage;
const stateOf = (options: XSendfileOptions) => {
  const opened = openRoot(root, options, 'the test');
  return opened.createState(opened.config);
};

/** What is thrown for a result of the option `within`. */
function faultOf(result: unknown): unknown {
  try {
    return confine({ subject }, stateOf({ within: (() => result) as never }));
  } catch (error) {
    return error;
  }
}

describe('authorizeByPath(state)', () => {
  const responder = { request: { url: '/a//b.txt', headers: {}, method: 'GET' }, subject };

  it('returns the segments of the URL, by the rules of the handler', () => {
    const authorize = authorizeByPath(stateOf({ collapseSlashes: true }));
    expect(authorize(responder as unknown as Responder)).toEqual({
      segments: ['a', 'b.txt'],
      within: undefined,
    });
  });

  it('returns the path and the directory that the application names', () => {
    const path = jest.fn(() => 'a//b.txt');
    const within = jest.fn(() => 'a');
    const authorize = authorizeByPath(stateOf({ collapseSlashes: true, path, within }));
    expect(authorize(responder as unknown as Responder)).toEqual({
      segments: ['a', 'b.txt'],
      within: join(root, 'a'),
    });
    expect(path).toHaveBeenCalledWith(subject);
    expect(within).toHaveBeenCalledWith(subject);
  });
});

describe('confine(view, state)', () => {
  it('has no directory without the option', () => {
    expect(confine({ subject }, stateOf({}))).toBeUndefined();
  });

  it.each<[unknown]>([['a/b'], [['a', 'b']]])('is below the root for %j', (result) => {
    expect(faultOf(result)).toBe(join(root, 'a', 'b'));
  });

  it('refuses with 404 if there is no directory', () => {
    expect(faultOf(undefined)).toMatchObject({ code: 'ERR_XSENDFILE_NOT_FOUND' });
  });

  it.each([['../a'], ['a//b']])('refuses %j', (result) => {
    expect(faultOf(result)).toBeInstanceOf(RefusedError);
  });

  it.each<[unknown, string]>([
    [null, 'null'],
    [7, 'a number'],
  ])('is an error of the application for %p', (result, shown) => {
    const fault = faultOf(result);
    expect(fault).toBeInstanceOf(XSendfileError);
    expect(fault).toMatchObject({
      code: 'ERR_XSENDFILE_BAD_OPTION',
      message: expect.stringContaining(
        `xsendfile: options.within must return a path, a list of names or undefined, got ${shown}.`,
      ),
    });
  });
});
