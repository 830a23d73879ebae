import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import {
  authToken,
  nginxSender,
  type XSendfileError,
  type XSendfileHandler,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { limitUses } from '../../lib/uses/index.js';
import { listenWith } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';

/** Mistakes of the first hour: each message says who, what it got, and what to do. */

const root = createTree({ 'a.txt': 'text' });
const SECRET = '0123456789abcdef0123456789abcdef';

const headings = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('### '))
  .map((line) => line.slice(4).toLowerCase());

function expectHelp({ help }: Pick<XSendfileError, 'help'>): void {
  expect(headings).toContain(help.split('#')[1]);
}

/** Options as of a program in JavaScript. */
const loose = (options: object): XSendfileOptions => options as XSendfileOptions;

const ROOT = 'xsendfile: root must be an absolute path';
const NAME_IT = 'Name the directory that holds the files; options come after it.';
const NOT_AN_OPTION = 'The root is not an option, but the argument before the options.';

describe('a factory throws for', () => {
  it.each<[string, () => unknown, string]>([
    ['a relative root', () => xsendfile('files'), `${ROOT}, got "files". Use path.resolve().`],
    [
      'a root that is an unset variable',
      () => xsendfile(process.env.UNSET as string),
      `${ROOT} or a file: URL, got undefined. ${NAME_IT}`,
    ],
    [
      'options without a root',
      () => xsendfile({ root } as never),
      `${ROOT} or a file: URL, got an object. ${NAME_IT}`,
    ],
    [
      'options and root swapped',
      () => xsendfile({ sender: 'nginx' } as never, root as never),
      `${ROOT} or a file: URL, got an object. ${NAME_IT}`,
    ],
    [
      'root and secret swapped',
      () => authToken(root, SECRET),
      `authToken: secret must not be the path of a directory, got "${root}". The secret is the first argument, the root the second.`,
    ],
    [
      'root and secret swapped, without the directory',
      () => authToken('/nonexistent/files', SECRET),
      'authToken: secret and root look swapped: got an absolute path, and a string of 32 characters. The secret is the first argument, the root the second.',
    ],
    [
      'the same with bytes',
      () => authToken('/nonexistent/files', Buffer.from(SECRET) as never),
      'authToken: secret and root look swapped: got an absolute path, and a Buffer of 32 bytes. The secret is the first argument, the root the second.',
    ],
    [
      'a relative root after a secret that begins with a slash',
      () => authToken(`/${SECRET}`, 'lib'),
      'authToken: root must be an absolute path, got "lib". Use path.resolve().',
    ],
    [
      'a sender instead of options',
      () => xsendfile(root, 'nginx' as never),
      'xsendfile: options must be an object, got a string of 5 characters. Pass the sender as { sender: … }.',
    ],
    [
      'the root as an option',
      () => xsendfile(root, loose({ root })),
      `xsendfile: unknown option "root". ${NOT_AN_OPTION}`,
    ],
    [
      'the root as an option of authToken()',
      () => authToken(SECRET, root, loose({ root })),
      `authToken: unknown option "root". ${NOT_AN_OPTION}`,
    ],
    [
      'a misspelt option',
      () => xsendfile(root, loose({ dispostion: 'attachment' })),
      'xsendfile: unknown option "dispostion". Did you mean "disposition"?',
    ],
    [
      'the lifetime of links as an option',
      () => authToken(SECRET, root, loose({ expiresIn: 60 })),
      'authToken: unknown option "expiresIn". It is a claim of sign(); the default lifetime is the option timeout.',
    ],
    [
      'a misspelt sender',
      () => xsendfile(root, loose({ sender: 'ngnix' })),
      "xsendfile: sender must be one of 'standard', 'apache', 'lighttpd', 'nginx', 'caddy', 'h2o', 'serve', a function, { name, send } or { name, nameFile }, got \"ngnix\". Did you mean \"nginx\"?",
    ],
    [
      'an unknown sender',
      () => xsendfile(root, loose({ sender: 'varnish' })),
      "xsendfile: sender must be one of 'standard', 'apache', 'lighttpd', 'nginx', 'caddy', 'h2o', 'serve', a function, { name, send } or { name, nameFile }, got \"varnish\".",
    ],
    [
      'a sender that was not called',
      () => xsendfile(root, loose({ sender: nginxSender, handshake: SECRET })),
      'xsendfile: sender must be what nginxSender() returns, got the function itself. Call it: sender: nginxSender().',
    ],
    [
      'a handshake without a sender',
      () => xsendfile(root, { handshake: SECRET }),
      "xsendfile: sender is missing, but there is a handshake. Which server is in front of the application? Name it, as in sender: 'nginx'.",
    ],
    [
      'a handshake that is an unset variable',
      () => xsendfile(root, { sender: 'nginx', handshake: process.env.UNSET as never }),
      'xsendfile: handshake is undefined. Is the environment variable set? Pass the secret, or false if there is always a front end.',
    ],
    [
      'a file name as the disposition',
      () => xsendfile(root, { disposition: 'report.pdf' }),
      'xsendfile: disposition must be \'inline\', \'attachment\', { type, filename }, a header value or a function, got "report.pdf". For a file name, write { filename: "report.pdf" }.',
    ],
    [
      'limitUses() without links',
      () => xsendfile(root, { allow: limitUses() as never }),
      'xsendfile: limitUses() counts uses of links; pass it to authToken().',
    ],
    [
      'limitUses() in another function',
      () => {
        const limit = limitUses();
        const files = authToken(SECRET, root, { allow: (file, context) => limit(file, context) });
        files.signer.sign('a.txt', { uses: 1 });
      },
      'authToken: uses are not counted, so a link with uses would open any number of downloads. Add limitUses() of xsendfile/uses to allow itself, not to a function in it: allow: [yourFunction, limitUses()].',
    ],
    [
      'an argument of the signer',
      () => authToken(SECRET, root).signer.sign('a.txt', { expiresIn: '1h' as never }),
      'sign: expiresIn must be a number of seconds greater than 0, got "1h".',
    ],
    [
      'seconds as the date of expiry',
      () => authToken(SECRET, root).signer.sign('a.txt', { expires: 3600 as never }),
      'sign: expires must be a Date between 1970 and 2106, got 3600. For seconds from now, use expiresIn.',
    ],
    [
      'a number as another date',
      () => authToken(SECRET, root).signer.sign('a.txt', { notBefore: 3600 as never }),
      'sign: notBefore must be a Date between 1970 and 2106, got 3600.',
    ],
    [
      'a misspelt claim',
      () => authToken(SECRET, root).signer.sign('a.txt', { expireIn: 60 } as never),
      'sign: unknown claim "expireIn". Did you mean "expiresIn"?',
    ],
  ])('%s', (_title, mistake, message) => {
    let thrown: unknown;
    try {
      mistake();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ message });
    expectHelp(thrown as XSendfileError);
  });
});

describe('send() rejects', () => {
  type Call = (...args: unknown[]) => Promise<unknown>;

  it.each<[string, (send: Call, req: unknown, res: unknown) => Promise<unknown>, string]>([
    [
      'without req',
      (send, _req, res) => send(res, 'a.txt'),
      'xsendfile: send(req, res, path) was called with other arguments: a response, a string of 5 characters. Give it all of them, in this order.',
    ],
    [
      'with req and res swapped',
      (send, req, res) => send(res, req, 'a.txt'),
      'xsendfile: send(req, res, path) was called with other arguments: a response, a request, a string of 5 characters. Give it all of them, in this order.',
    ],
    [
      'with a misspelt override',
      (send, req, res) => send(req, res, 'a.txt', { contentDispositon: 'attachment' }),
      'xsendfile: send(): unknown option "contentDispositon". Did you mean "contentDisposition"?',
    ],
    [
      'with a file name',
      (send, req, res) => send(req, res, 'a.txt', { filename: 'b.txt' }),
      'xsendfile: send(): unknown option "filename". Use contentDisposition: { filename: … }.',
    ],
    [
      'with an option of the handler',
      (send, req, res) => send(req, res, 'a.txt', { disposition: 'attachment' }),
      'xsendfile: send(): unknown option "disposition". Use contentDisposition.',
    ],
  ])('%s', async (_title, call, message) => {
    const errors = await errorsOf((files, req, res) => call(files.send as Call, req, res));
    expect(errors).toMatchObject([{ message }]);
    for (const error of errors) expectHelp(error);
  });

  it('after a response that did not wait for it', async () => {
    const errors = await errorsOf((files, req, res) => {
      res.end('done');
      return files.send(req, res, 'a.txt');
    });
    expect(errors).toMatchObject([
      {
        code: 'ERR_XSENDFILE_HEADERS_SENT',
        message:
          'xsendfile: the response to this request has already been sent. Respond once: wait for send() before anything else responds, and do not call next() after a response.',
      },
    ]);
    for (const error of errors) expectHelp(error);
  });

  it('for a missing file; what Node prints if nothing waits for it leads to the explanation', async () => {
    const errors = await errorsOf((files, req, res) => files.send(req, res, 'none.txt'));
    expect(errors).toMatchObject([{ name: 'RefusedError', code: 'ERR_XSENDFILE_NOT_FOUND' }]);
    for (const error of errors) {
      expectHelp(error);
      expect(Object.keys(error)).toContain('help');
    }
  });

  async function errorsOf(
    call: (
      files: XSendfileHandler<express.Request, express.Response>,
      req: express.Request,
      res: express.Response,
    ) => Promise<unknown>,
  ): Promise<readonly XSendfileError[]> {
    const errors: XSendfileError[] = [];
    const files = xsendfile<express.Request, express.Response>(root);
    const app = express().get('/', async (req, res) => {
      await call(files, req, res).catch((error) => errors.push(error));
      res.end();
    });
    const { request } = await listenWith(app);
    await request({ target: '/' });
    return errors;
  }
});
