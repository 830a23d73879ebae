import { join } from 'node:path';
import type { XSendfileOptions } from '../../lib/index.js';
import { createTree } from '../helpers/tree.js';
import { warningOptions } from '../helpers/warning-options.js';

const base = createTree({ 'one/a.txt': 'one', 'two/a.txt': 'two', 'three/a.txt': 'three' });
const [one, two, three] = ['one', 'two', 'three'].map((name) => join(base, name)) as [
  string,
  string,
  string,
];
const SECRET = '0123456789abcdef';
const OTHER = 'fedcba9876543210';

type Build = typeof import('../../lib/index.js');
type Sender = (build: Build) => XSendfileOptions['sender'];
type Handler = readonly [root: string, sender: Sender, handshake?: XSendfileOptions['handshake']];

const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
beforeEach(() => {
  jest.resetModules();
  // The start of a new process.
  Reflect.deleteProperty(globalThis, Symbol.for('xsendfile.rootsByLocation'));
  emitWarning.mockClear();
});
afterAll(() => emitWarning.mockRestore());

async function create(...handlers: readonly Handler[]): Promise<void> {
  const build = await import('../../lib/index.js');
  for (const [root, sender, handshake = false] of handlers) {
    build.xsendfile(root, { sender: sender(build), handshake });
  }
}

const nginx: Sender = () => 'nginx';
const caddy: Sender = () => 'caddy';
const h2o: Sender = () => 'h2o';
const at =
  (location: string): Sender =>
  ({ nginxSender }) =>
    nginxSender({ location });

describe('handlers with different roots', () => {
  it('get one warning for the same location', async () => {
    await create([one, nginx], [two, nginx], [three, nginx]);
    expect(emitWarning.mock.calls).toEqual([
      [
        `xsendfile: the handlers of ${JSON.stringify(one)} and ${JSON.stringify(two)} have the same location, /-internal-/ of nginx, so the front end sends the files of one root for both. ` +
          'Give each root its own location in nginxSender({ location }) and in the configuration (docs/senders.md#several-handlers), or put the mount path before it by prependMount: true; or use one handler, with a root that contains both.',
        warningOptions('XSENDFILE_SHARED_LOCATION'),
      ],
    ]);
  });

  it.each<[string, Handler, Handler]>([
    ['the default of nginx and the same', [one, nginx], [two, at('/-internal-')]],
    ['two spellings of one', [one, at('/%61/')], [two, at('/a/')]],
    ['the default of Caddy', [one, caddy], [two, caddy]],
    ['the default of h2o', [one, h2o], [two, h2o]],
    ['the same handshake', [one, nginx, SECRET], [two, nginx, [OTHER, SECRET]]],
    ['a handshake and none', [one, nginx, SECRET], [two, nginx]],
    ['no handshake and one', [one, nginx], [two, nginx, SECRET]],
  ])('get a warning for %s', async (_what, ...handlers) => {
    await create(...handlers);
    expect(emitWarning).toHaveBeenCalledTimes(1);
  });

  it('get a warning if they are of two builds', async () => {
    await create([one, nginx]);
    jest.resetModules();
    await create([two, nginx]);
    expect(emitWarning).toHaveBeenCalledTimes(1);
  });

  it.each<[string, Handler, Handler]>([
    ['the same root', [one, nginx], [one, nginx]],
    ['locations of their own', [one, at('/a/')], [two, at('/b/')]],
    [
      'servers of their own',
      [one, at('/a/')],
      [two, ({ caddySender }) => caddySender({ location: '/a/' })],
    ],
    ['handshakes of their own', [one, nginx, SECRET], [two, nginx, OTHER]],
    ['names by paths', [one, () => 'lighttpd'], [two, () => 'lighttpd']],
    ['no front end', [one, () => 'serve', undefined], [two, () => 'serve', undefined]],
    [
      'the mount path before the location',
      [one, ({ nginxSender }) => nginxSender({ prependMount: true })],
      [two, ({ nginxSender }) => nginxSender({ prependMount: true })],
    ],
  ])('get no warning with %s', async (_what, ...handlers) => {
    await create(...handlers);
    expect(emitWarning).not.toHaveBeenCalled();
  });
});
