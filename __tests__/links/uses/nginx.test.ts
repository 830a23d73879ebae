import { chmodSync } from 'node:fs';
import { nginxSender } from '../../../lib/index.js';
import { generated } from '../../frontends/generated.js';
import { type RunningFrontEnd, startFrontEnd } from '../../helpers/front-end-server.js';
import { describeWithPrograms } from '../../helpers/programs.js';
import { type RawRequest, rawRequest } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';
import { type LinkSite, startLinkSite } from './site.js';

const HANDSHAKE = 'handshake-of-the-tests-of-uses';
const SIZE = 1_000_000;
const root = createTree({ 'a.pdf': Buffer.alloc(SIZE, 'a') });
// nginx reads as another user.
chmodSync(root, 0o755);

describeWithPrograms('limitUses() behind nginx', ['nginx'], () => {
  let site: LinkSite;
  let nginx: RunningFrontEnd;
  beforeAll(async () => {
    const sender = nginxSender({ location: '/-internal-/' });
    site = await startLinkSite(root, { sender, handshake: HANDSHAKE });
    nginx = await startFrontEnd(generated('nginx'), {
      root,
      backendPort: site.port,
      handshake: HANDSHAKE,
    });
  }, 180_000);
  afterAll(() => nginx?.stop());

  function respond(client: string, target: string, request: Omit<RawRequest, 'target'> = {}) {
    const headers = { 'X-Client': client, ...request.headers };
    return rawRequest(nginx.port, { ...request, target, headers });
  }

  it('counts the ranges of a document viewer, which nginx sends, as one download', async () => {
    const link = site.sign('a.pdf');
    const ranges = Array.from({ length: 16 }, (_, index) => {
      const start = index * 65_536;
      const end = Math.min(start + 65_535, SIZE - 1);
      return `bytes=${start}-${end}`;
    });
    const [first = '', ...others] = ranges;
    const answers = [
      await respond('viewer', link, { headers: { Range: first } }),
      ...(await Promise.all(
        others.map((Range) => respond('viewer', link, { headers: { Range } })),
      )),
    ];
    expect(answers.map(({ status }) => status)).toEqual(ranges.map(() => 206));
    expect(answers.reduce((sum, { body }) => sum + body.length, 0)).toBe(SIZE);
    expect(
      site.outcomes.every(({ kind, sender }) => kind === 'offloaded' && sender === 'nginx'),
    ).toBe(true);
    expect((await respond('another', link)).status).toBe(410);
  });

  it('takes no use for HEAD, 304, 412 and 416', async () => {
    const link = site.sign('a.pdf');
    const free: readonly (readonly [number, Omit<RawRequest, 'target'>])[] = [
      [200, { method: 'HEAD' }],
      [304, { headers: { 'If-None-Match': '*' } }],
      [412, { headers: { 'If-Match': '"other"' } }],
      [416, { headers: { Range: `bytes=${SIZE}-` } }],
    ];
    for (const [status, request] of free) {
      const response = await respond('a', link, request);
      expect([response.status, response.body.length < 1000]).toEqual([status, true]);
    }
    const { status, body } = await respond('b', link);
    expect([status, body.length]).toEqual([200, SIZE]);
    for (const [, request] of free) expect((await respond('a', link, request)).status).toBe(410);
  });
});
