import { nginxSender, type XSendfileOptions, xsendfile } from '../../../lib/index.js';
import type { CallOptions } from '../../../lib/node/offload/call-options.js';
import { CREATE_FILE_CALLER, type FileCaller } from '../../../lib/node/offload/file-caller.js';
import { listenWith } from '../../helpers/check.js';
import { createTree } from '../../helpers/tree.js';

const TREE = { 'a.txt': 'text', '.dot.txt': 'hidden' };
const root = createTree(TREE);
const HANDSHAKE = '0123456789abcdef0123456789abcdef';

const callerOf = (options: XSendfileOptions, path = root): FileCaller =>
  (xsendfile(path, options) as unknown as { [CREATE_FILE_CALLER]: () => FileCaller })[
    CREATE_FILE_CALLER
  ]();

/** A server that calls one handler with these options, in turn. */
async function start(
  handler: XSendfileOptions,
  options: (request: number) => Partial<CallOptions>,
  needsHandshake?: boolean,
) {
  const caller = callerOf(handler);
  const onHandedOver = jest.fn();
  let requests = 0;
  const fixture = await listenWith((req, res) => {
    const defaults: CallOptions = { dotfiles: undefined, headers: {}, changes: {} };
    const call = { ...defaults, ...options(requests++) };
    const segments = [String(req.url).slice(1)];
    const given = needsHandshake === undefined ? {} : { needsHandshake };
    caller({ req, res, segments, options: call, onHandedOver, ...given }).catch((error) => {
      res.writeHead(error.status).end();
    });
  });
  const ask = (target: string) => fixture.request({ target });
  return { ask, onHandedOver };
}

it('other builds find the property of a handler', () => {
  expect(CREATE_FILE_CALLER).toBe(Symbol.for('xsendfile.createFileCaller'));
});

it('calls of one handler have their own changes, however many there are', async () => {
  const changes = (age: number) => ({
    changes: { cacheControl: `max-age=${age}`, isCacheControlGiven: true },
  });
  // All of them twice: the second time, some are remembered.
  const { ask } = await start({}, (request) => (request === 200 ? {} : changes(request % 100)));
  for (let request = 0; request < 200; request += 1) {
    const { headers } = await ask('/a.txt');
    expect(headers['cache-control']).toBe(`max-age=${request % 100}`);
  }
  expect((await ask('/a.txt')).headers['cache-control']).toBe('private, no-cache');
});

it.each(['ignore', 'deny', 'allow'] as const)(
  'calls have their own policy for dotfiles, or that of the handler: %s',
  async (dotfiles) => {
    const policies = ['ignore', 'deny', 'allow', undefined] as const;
    const { ask } = await start({ dotfiles }, (request) => ({ dotfiles: policies[request] }));
    const statuses: number[] = [];
    for (const _policy of policies) statuses.push((await ask('/.dot.txt')).status);
    const expected = { ignore: 404, deny: 403, allow: 200 };
    expect(statuses).toEqual([404, 403, 200, expected[dotfiles]]);
  },
);

it('headers of a call are those of the response', async () => {
  const { ask } = await start({}, () => ({ headers: { 'X-Own': '1' } }));
  expect((await ask('/a.txt')).headers).toHaveProperty('x-own', '1');
});

it.each([
  [undefined, undefined],
  [true, undefined],
  [false, '/-internal-/a.txt'],
])('needs the handshake, unless the call says otherwise: %s', async (needsHandshake, path) => {
  const nginx = { sender: nginxSender(), handshake: HANDSHAKE };
  const { ask, onHandedOver } = await start(nginx, () => ({}), needsHandshake);
  expect((await ask('/a.txt')).headers['x-accel-redirect']).toBe(path);
  expect(onHandedOver).toHaveBeenCalledTimes(path === undefined ? 0 : 1);
});

it('knows what the sender does with the location, and who else has it', () => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const other = createTree(TREE);
  const [one, two] = ['/-one-/', '/-two-/'].map((location) => ({
    sender: nginxSender({ location }),
    handshake: false as const,
  })) as [XSendfileOptions, XSendfileOptions];
  expect(callerOf(one).otherRoot()).toBeUndefined();
  expect(callerOf(two, other).otherRoot()).toBeUndefined();
  expect(callerOf(one, other).otherRoot()).toBe(root);
  expect(callerOf(one).prependsMount).toBe(false);
  const mounted = { sender: nginxSender({ prependMount: true }), handshake: HANDSHAKE };
  expect(callerOf(mounted).prependsMount).toBe(true);
  jest.restoreAllMocks();
});
