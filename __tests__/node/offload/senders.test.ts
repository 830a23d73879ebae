import { join } from 'node:path';
import {
  nginxSender,
  type Outcome,
  type Sender,
  type XSendfileOptions,
} from '../../../lib/index.js';
import type { Expected } from '../../helpers/check.js';
import type { RawRequest } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { listenToRoute, type Route, SHOWN, VERSIONS } from './applications.js';

const root = createTree({
  'a b.txt': 'text',
  'page.html': '<p>page</p>',
  '.dot.txt': 'hidden',
  'in.txt': { link: 'a b.txt' },
  'out.txt': { link: '/etc/passwd' },
});
const file = (name: string): string => join(root, name);
const HANDSHAKE = '0123456789abcdef0123456789abcdef';
const nginx: XSendfileOptions = {
  sender: nginxSender({ location: '/-internal-/' }),
  handshake: HANDSHAKE,
};
const forgetful: Sender = {
  name: 'forgetful',
  dropped: ['Content-Disposition', 'Cache-Control', 'X-Own'],
  send: (_file, { res }) => void res.writeHead(200, { 'X-Forgetful': '1' }).end(),
};

interface Case {
  readonly what: string;
  readonly options?: XSendfileOptions;
  readonly route: Route;
  readonly request?: Partial<RawRequest>;
  readonly expected: Expected;
  readonly outcome: Partial<Outcome>;
}

const sendText: Route = (_req, res) => res.sendFile(file('a b.txt'));
const LEFT = { 'X-Accel-Redirect': '/-internal-/a%20b.txt', 'Content-Length': '0' };
const KEPT = { 'X-Accel-Redirect': null, 'X-Sendfile': null, 'X-Forgetful': null };
const offloaded = { kind: 'offloaded', sender: 'nginx', status: 200 } as const;
const sent = { kind: 'sent', sender: 'serve' } as const;
const refused = { kind: 'refused', status: 404, sender: undefined } as const;

const CASES: readonly Case[] = [
  {
    what: 'with a file that is left to the front end',
    route: sendText,
    expected: {
      status: 200,
      headers: { ...LEFT, 'Content-Type': 'text/plain; charset=utf-8', 'Accept-Ranges': null },
      body: '',
    },
    outcome: { ...offloaded, path: 'a b.txt' },
  },
  {
    what: 'a request that bypassed it with the bytes',
    route: sendText,
    request: { headers: {} },
    expected: { status: 200, headers: { ...KEPT, 'Content-Length': '4' }, body: 'text' },
    outcome: sent,
  },
  {
    what: 'with the checked file in X-Sendfile',
    options: { sender: 'standard', handshake: HANDSHAKE },
    route: (_req, res) => res.sendFile('in.txt', { root }),
    expected: { status: 200, headers: { 'X-Sendfile': `${root}/a%20b.txt` }, body: '' },
    outcome: { kind: 'offloaded', sender: 'standard', path: 'in.txt' },
  },
  {
    what: 'a range by leaving it to the front end',
    route: sendText,
    request: { headers: { 'X-Sendfile-Handshake': HANDSHAKE, Range: 'bytes=1-2' } },
    expected: { status: 200, headers: { ...LEFT, 'Content-Range': null }, body: '' },
    outcome: offloaded,
  },
  {
    what: 'HEAD',
    route: sendText,
    request: { method: 'HEAD', headers: { 'X-Sendfile-Handshake': HANDSHAKE } },
    expected: { status: 200, headers: LEFT, body: '' },
    outcome: { ...offloaded, method: 'HEAD' },
  },
  {
    what: 'POST',
    route: sendText,
    request: {
      method: 'POST',
      headers: { 'X-Sendfile-Handshake': HANDSHAKE, 'Content-Length': '0' },
    },
    expected: { status: 200, headers: LEFT, body: '' },
    outcome: { ...offloaded, method: 'POST' },
  },
  {
    what: 'download() with its name and options',
    route: (_req, res) =>
      res.download('a b.txt', 'Q3 €.txt', { root, maxAge: '1m', headers: { 'X-Own': '1' } }),
    expected: {
      status: 200,
      headers: {
        ...LEFT,
        'Content-Disposition': `attachment; filename="Q3 ?.txt"; filename*=UTF-8''Q3%20%E2%82%AC.txt`,
        'Cache-Control': 'public, max-age=60',
        'X-Own': '1',
      },
      body: '',
    },
    outcome: offloaded,
  },
  {
    what: 'the type and the disposition that were set before',
    route: (_req, res) => res.attachment('own.csv').sendFile(file('a b.txt')),
    expected: {
      status: 200,
      headers: {
        ...LEFT,
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': /^attachment; filename="?own\.csv"?$/,
      },
    },
    outcome: offloaded,
  },
  {
    what: 'with the status of the application, and with bytes from this process',
    route: (_req, res) => res.status(404).sendFile(file('page.html')),
    expected: { status: 404, headers: KEPT, body: '<p>page</p>' },
    outcome: { ...sent, status: 404 },
  },
  {
    what: 'without the X-Accel-Redirect of the call',
    route: (_req, res) =>
      res.sendFile(file('a b.txt'), {
        headers: { 'X-Accel-Redirect': '/etc/passwd', 'X-Accel-Buffering': 'no' },
      }),
    expected: { status: 200, headers: { ...LEFT, 'X-Accel-Buffering': 'no' }, body: '' },
    outcome: offloaded,
  },
  {
    what: 'a download whose name the front end would drop',
    options: { sender: forgetful, handshake: HANDSHAKE },
    route: (_req, res) => res.download(file('a b.txt'), 'b.txt'),
    expected: {
      status: 200,
      headers: { ...KEPT, 'Content-Disposition': /^attachment; filename="?b\.txt"?$/ },
      body: 'text',
    },
    outcome: sent,
  },
  {
    what: 'a header of a call that the front end would drop',
    options: { sender: forgetful, handshake: HANDSHAKE },
    route: (_req, res) => res.sendFile(file('a b.txt'), { headers: { 'x-own': '1' } }),
    expected: { status: 200, headers: { ...KEPT, 'X-Own': '1' }, body: 'text' },
    outcome: sent,
  },
  {
    what: 'a maxAge of a call that the front end would drop',
    options: { sender: forgetful, handshake: HANDSHAKE },
    route: (_req, res) => res.sendFile(file('a b.txt'), { maxAge: '1m' }),
    expected: { status: 200, headers: KEPT, body: 'text' },
    outcome: sent,
  },
  {
    what: 'options of which the front end drops none',
    options: { sender: forgetful, handshake: HANDSHAKE },
    route: sendText,
    expected: { status: 200, headers: { 'X-Forgetful': '1' }, body: '' },
    outcome: { kind: 'offloaded', sender: 'forgetful' },
  },
  {
    what: 'a missing file',
    route: (_req, res) => res.sendFile(file('no.txt'), { headers: { 'X-Own': '1' } }),
    expected: { status: 404, headers: { ...KEPT, 'X-Own': null }, body: SHOWN },
    outcome: { ...refused, code: 'ERR_XSENDFILE_NOT_FOUND' },
  },
  {
    what: 'a link to outside',
    route: (_req, res) => res.sendFile(file('out.txt')),
    expected: { status: 404, headers: KEPT, body: SHOWN },
    outcome: { ...refused, code: 'ERR_XSENDFILE_OUTSIDE_ROOT' },
  },
  {
    what: 'a dot file',
    route: (_req, res) => res.sendFile(file('.dot.txt')),
    expected: { status: 404, headers: KEPT, body: SHOWN },
    outcome: { ...refused, code: 'ERR_XSENDFILE_DOTFILE_IGNORED' },
  },
  {
    what: 'a dot file of a handler that allows them, denied by the call',
    options: { ...nginx, dotfiles: 'allow' },
    route: (_req, res) => res.sendFile(file('.dot.txt'), { dotfiles: 'deny' }),
    expected: { status: 403, headers: KEPT, body: SHOWN },
    outcome: { kind: 'refused', status: 403, code: 'ERR_XSENDFILE_DOTFILE_DENIED' },
  },
  {
    what: 'a dot file that the call allows',
    options: { ...nginx, dotfiles: 'deny' },
    route: (_req, res) => res.sendFile(file('.dot.txt'), { dotfiles: 'allow' }),
    expected: { status: 200, headers: { 'X-Accel-Redirect': '/-internal-/.dot.txt' }, body: '' },
    outcome: offloaded,
  },
];

describe.each(VERSIONS)('offload() with a front end and $name', (version) => {
  it.each(CASES)(
    'answers $what',
    async ({ options = nginx, route, request, expected, outcome }) => {
      const { check, outcomes } = await listenToRoute(version, root, options, route);
      const headers = { 'X-Sendfile-Handshake': HANDSHAKE };
      await check({ target: '/', headers, ...request }, expected);
      expect(outcomes).toEqual([expect.objectContaining(outcome)]);
    },
  );
});
