import express from 'express';
import express4 from 'express4';
import { authToken, nginxSender, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';
import { askAll } from './ask-all.js';

const root = createTree({
  'secret.txt': 'what-the-guard-keeps',
  'sub/secret.txt': 'what-the-guard-keeps',
});
const LINK_SECRET = '0123456789abcdef0123456789abcdef';
const EXPRESS = [
  { name: 'Express 5', createApp: express },
  { name: 'Express 4', createApp: express4 },
];

/** `acme` with one character or all of them percent-encoded, in both cases of the digits. */
const RESPELT = [
  ...[...'acme'].map((character, index, all) => [
    ...all.slice(0, index),
    encode(character),
    ...all.slice(index + 1),
  ]),
  [...'acme'].map(encode),
  [...'acme'].map((character) => encode(character).toLowerCase()),
].map((characters) => characters.join(''));

function encode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

const deny: express.RequestHandler = (_req, res) => void res.status(401).end('who are you?');

type Application = express.Express;

/** Guards one tenant, and mounts what sends files for all. */
function guarded(createApp: typeof express, mount: string): Application {
  const app = createApp().set('env', 'test');
  app.use('/files/acme', deny);
  app.use(mount.replace(':tenant', 'acme'), deny);
  return app;
}

const OPTIONS: readonly [string, XSendfileOptions<express.Request>][] = [
  ['no options', {}],
  ['collapseSlashes', { collapseSlashes: true }],
  ['nginx', { sender: 'nginx', handshake: false }],
  ['path', { path: () => 'secret.txt' }],
  ['path and collapseSlashes', { path: () => 'secret.txt', collapseSlashes: true }],
];

describe.each(EXPRESS)('a mount with a parameter in $name', ({ createApp }) => {
  const targets = RESPELT.flatMap((tenant) => [
    `/files/${tenant}/secret.txt`,
    `/files/${tenant}/sub/secret.txt`,
    `/files/${tenant}/secret.txt?x=/files/acme/secret.txt`,
  ]);

  async function reached(app: Application): Promise<string[]> {
    const answers = await askAll(await listen(app), targets);
    return targets.filter((_, index) => (answers[index]?.status ?? 0) < 300);
  }

  it.each(OPTIONS)('serves no other spelling of a guarded tenant: %s', async (_what, options) => {
    const app = guarded(createApp, '/files/:tenant');
    app.use('/files/:tenant', xsendfile<express.Request>(root, options));
    expect(await reached(app)).toEqual([]);
    const port = await listen(app);
    const [own, other] = await askAll(port, ['/files/acme/secret.txt', '/files/other/secret.txt']);
    expect([own?.status, other?.status]).toEqual([401, 200]);
  });

  it('serves no other spelling in a nested router', async () => {
    const app = guarded(createApp, '/files/:tenant');
    app.use('/files', createApp.Router().use('/:tenant', xsendfile(root)));
    expect(await reached(app)).toEqual([]);
  });

  it('serves no other spelling with an encoded slash', async () => {
    const app = createApp().set('env', 'test');
    app.use('/files/acme/private', deny);
    app.use('/files/:directory', xsendfile(root, { collapseSlashes: true }));
    const port = await listen(app);
    const answers = await askAll(port, [
      '/files/acme%2Fprivate/secret.txt',
      '/files/acme%2fprivate/secret.txt',
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });

  it('serves no other spelling with a signed link', async () => {
    const handler = authToken(LINK_SECRET, root);
    const app = guarded(createApp, '/files/:tenant');
    app.use('/files/:tenant', handler);
    const link = handler.signer.sign('secret.txt');
    const answers = await askAll(
      await listen(app),
      [...RESPELT, 'other'].map((tenant) => `/files/${tenant}${link}`),
    );
    expect(answers.map(({ status }) => status)).toEqual([...RESPELT.map(() => 404), 200]);
  });

  it('serves no other spelling where send() puts it into a header', async () => {
    const sender = nginxSender({ prependMount: true });
    const handler = xsendfile(root, { sender, handshake: false });
    const app = guarded(createApp, '/files/:tenant');
    app.use('/files/:tenant', (req, res, next) => {
      handler.send(req, res, 'secret.txt').catch(next);
    });
    expect(await reached(app)).toEqual([]);
  });
});
