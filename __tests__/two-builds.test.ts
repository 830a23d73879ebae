import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { builtPackage } from './helpers/built-package.js';
import { createTree } from './helpers/tree.js';

/** Programs that load both the ESM and the CommonJS build: a module of theirs imports, another one requires. */

const repository = join(__dirname, '..');
const scratch = createTree({ 'files/a.txt': 'text' });
const SECRET = '0123456789abcdef0123456789abcdef';

beforeAll(() => {
  mkdirSync(join(scratch, 'node_modules'));
  symlinkSync(builtPackage(), join(scratch, 'node_modules/xsendfile'));
});

const PRELUDE = `
  import * as esm from 'xsendfile';
  import * as esmUses from 'xsendfile/uses';
  import * as esmRemote from 'xsendfile/remote';
  import * as esmKoa from 'xsendfile/koa';
  import * as esmFastify from 'xsendfile/fastify';
  import * as esmWeb from 'xsendfile/web';
  import { createServer } from 'node:http';
  import { createRequire } from 'node:module';
  const require = createRequire(import.meta.url);
  const cjs = require('xsendfile');
  const builds = {
    esm: { ...esm, ...esmUses, ...esmRemote, koa: esmKoa, fastify: esmFastify, web: esmWeb },
    cjs: {
      ...cjs,
      ...require('xsendfile/uses'),
      ...require('xsendfile/remote'),
      koa: require('xsendfile/koa'),
      fastify: require('xsendfile/fastify'),
      web: require('xsendfile/web'),
    },
  };
  if (builds.esm.RefusedError === builds.cjs.RefusedError) throw new Error('one build only');
  const { handlers, others } = process.argv[2] === 'esm'
    ? { handlers: builds.esm, others: builds.cjs }
    : { handlers: builds.cjs, others: builds.esm };
  const SECRET = '${SECRET}';
  const root = process.argv[3];
  const outcomes = [];
  const onFinish = ({ kind, status, code }) => outcomes.push([kind, status, code]);
  async function fetchFrom(listener, ...targets) {
    const server = createServer(listener);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answers = [];
    for (const target of targets) {
      const response = await fetch('http://127.0.0.1:' + server.address().port + target);
      answers.push([response.status, (await response.text()).trim()]);
    }
    server.closeAllConnections();
    server.close();
    return answers;
  }
  const print = (value) => console.log(JSON.stringify(value));
`;

const PROGRAMS: Readonly<Record<string, { code: string; prints: unknown }>> = {
  'uses that are counted by the other build, and onRefused': {
    code: `
      let now = Date.now();
      const onRefused = (error, { res }) => res.writeHead(error.status).end('sorry: ' + error.code);
      const downloads = handlers.authToken(SECRET, root, { allow: others.limitUses({ now: () => now }), onRefused, onFinish });
      const link = downloads.signer.sign('a.txt', { uses: 1, expiresIn: 86_400 });
      const first = await fetchFrom(downloads, link);
      now += 3_600_000;
      print([first, await fetchFrom(downloads, link), outcomes]);`,
    prints: [
      [[200, 'text']],
      [[410, 'sorry: ERR_XSENDFILE_TOKEN_USED_UP']],
      [
        ['sent', 200, null],
        ['refused', 410, 'ERR_XSENDFILE_TOKEN_USED_UP'],
      ],
    ],
  },
  'a link that the other build has revoked': {
    code: `
      const revocations = others.createRevocations();
      const downloads = handlers.authToken(SECRET, root, { allow: revocations.allow, onFinish });
      const link = downloads.signer.sign('a.txt', { id: 'first' });
      await revocations.revoke('first', new Date(Date.now() + 1e6));
      print([await fetchFrom(downloads, link), outcomes]);`,
    prints: [[[410, 'Gone']], [['refused', 410, 'ERR_XSENDFILE_TOKEN_REVOKED']]],
  },
  'stores of the other build, and fallthrough': {
    code: `
      const objects = createServer((req, res) => res.writeHead(404).end());
      await new Promise((resolve) => objects.listen(0, '127.0.0.1', resolve));
      const origin = 'http://127.0.0.1:' + objects.address().port;
      const locate = (path) => ({ url: origin + '/' + path });
      const remote = others.remoteRoot({ origins: [origin], locate });
      const files = handlers.xsendfile(remote, { fallthrough: true, onFinish });
      const answers = await fetchFrom((req, res) => files(req, res, (error) => res.end(error ? 'error' : 'next')), '/x.txt');
      const wrong = await new Promise((resolve) => fetchFrom((req, res) => {
        files.sendRemote(req, res, { url: 'http://other.example/', name: 'x' }).catch((error) => {
          res.end();
          resolve(error.code);
        });
      }, '/'));
      objects.closeAllConnections();
      objects.close();
      print([answers, outcomes, wrong]);`,
    prints: [
      [[200, 'next']],
      [['refused', 404, 'ERR_XSENDFILE_NOT_FOUND']],
      'ERR_XSENDFILE_BAD_URL',
    ],
  },
  'a refusal that allow throws': {
    code: `
      const allow = () => { throw new others.RefusedError('ERR_XSENDFILE_NOT_ALLOWED'); };
      const files = handlers.xsendfile(root, { allow, onFinish });
      print([await fetchFrom(files, '/a.txt'), outcomes]);`,
    prints: [[[404, 'Not Found']], [['refused', 404, 'ERR_XSENDFILE_NOT_ALLOWED']]],
  },
  'an error in the middle of content': {
    code: `
      const files = handlers.xsendfile(root, { onFinish });
      const read = async function* () {
        yield Buffer.from('te');
        throw new others.XSendfileError('ERR_XSENDFILE_BAD_OPTION', 'no');
      };
      process.on('warning', () => {});
      await fetchFrom((req, res) => files.sendContent(req, res, { name: 'a.txt', size: 4, read }), '/').catch(() => {});
      print(outcomes);
      process.exit(0);`,
    prints: [['failed', 200, 'ERR_XSENDFILE_CONTENT_FAILED']],
  },
  'offload() for a handler of the other build, and its sender': {
    code: `
      const files = handlers.xsendfile(root, { sender: others.serveSender(), onFinish });
      const express = (await import(${JSON.stringify(join(repository, 'node_modules/express/index.js'))})).default;
      const app = express();
      app.use(others.offload(files));
      app.get('/:name', (req, res) => res.sendFile(req.params.name, { root }));
      print([await fetchFrom(app, '/a.txt'), outcomes]);`,
    prints: [[[200, 'text']], [['sent', 200, null]]],
  },
  'contextOf() of the other build, in Koa': {
    code: `
      const Koa = (await import(${JSON.stringify(join(repository, 'node_modules/koa/lib/application.js'))})).default;
      const allow = (file, { req }) => others.koa.contextOf(req).path === '/a.txt' && others.limitUses() !== undefined;
      const app = new Koa();
      app.silent = true;
      app.use(handlers.koa.xsendfile(root, { allow, onFinish }));
      print([await fetchFrom(app.callback(), '/a.txt', '/none'), outcomes]);`,
    prints: [
      [
        [200, 'text'],
        [404, 'Not Found'],
      ],
      [
        ['sent', 200, null],
        ['refused', 404, 'ERR_XSENDFILE_NOT_FOUND'],
      ],
    ],
  },
  'outcomeOf() and refusals of the other build, for a Request': {
    code: `
      const allow = ({ relativePath }) => {
        if (relativePath === 'a.txt') return others.limitUses() !== undefined;
        throw new others.RefusedError('ERR_XSENDFILE_TOKEN_REVOKED');
      };
      const files = handlers.web.xsendfile(root, { allow, onFinish });
      const response = await files(new Request('http://localhost/a.txt'));
      const text = await response.text();
      const { kind } = await others.web.outcomeOf(response);
      print([response.status, text, kind, outcomes]);`,
    prints: [200, 'text', 'sent', [['sent', 200, null]]],
  },
  'requestOf() and refusals of the other build, in Fastify': {
    code: `
      const Fastify = (await import(${JSON.stringify(join(repository, 'node_modules/fastify/fastify.js'))})).default;
      const allow = (file, { req }) => {
        if (others.fastify.requestOf(req).url === '/a.txt') throw new others.RefusedError('ERR_XSENDFILE_TOKEN_REVOKED');
        return true;
      };
      const app = Fastify();
      await app.register(handlers.fastify.xsendfile(root, { allow, onFinish }));
      const { statusCode, headers, json } = await app.inject('/a.txt');
      print([statusCode, headers['cache-control'], json().code, outcomes]);`,
    prints: [
      410,
      'no-store',
      'ERR_XSENDFILE_TOKEN_REVOKED',
      [['refused', 410, 'ERR_XSENDFILE_TOKEN_REVOKED']],
    ],
  },
};

describe.each([
  ['ESM', 'CommonJS', 'esm'],
  ['CommonJS', 'ESM', 'cjs'],
])('a handler of the %s build, with the %s build in the same program', (_own, _other, build) => {
  it.each(Object.entries(PROGRAMS))('works with %s', async (title, { code, prints }) => {
    const program = join(scratch, `${title.replace(/\W+/g, '-')}.mjs`);
    writeFileSync(program, PRELUDE + code);
    const command = [program, build, join(scratch, 'files')];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    expect(JSON.parse(stdout)).toEqual(prints);
  });
});
