import { chmodSync } from 'node:fs';
import { authToken, type Outcome } from '../../lib/web/index.js';
import { generated } from '../frontends/generated.js';
import { type Expected, expectResponse } from '../helpers/check.js';
import { type RunningFrontEnd, startFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { type RawRequest, rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { openFixture } from './site.js';
import { WAYS } from './ways.js';

const HANDSHAKE = 'handshake-of-the-tests-of-the-web-entry';
const LARGE = Buffer.from(Array.from({ length: 1_500_000 }, (_, index) => index % 251));
const DIFFICULT = 'Ünï cödé 100% #1 & +;=?.txt';
const scratch = createTree({
  'outside.txt': 'secret',
  'files/large.bin': LARGE,
  [`files/sub/${DIFFICULT}`]: 'difficult',
});
const root = `${scratch}/files`;
// For the workers of nginx, who are somebody else.
chmodSync(scratch, 0o755);

const served = WAYS.filter(({ hasConnection }) => hasConnection);

describeWithPrograms('nginx', ['nginx'], () => {
  describe.each(served)('in front of $name', (way) => {
    const outcomes: Outcome[] = [];
    const links = authToken('a secret of more than sixteen bytes', root, {
      prefix: '/dl',
      sender: 'nginx',
      handshake: HANDSHAKE,
      onFinish: (outcome) => outcomes.push(outcome),
    });
    let server: RunningFrontEnd;
    beforeAll(async () => {
      const { port } = await openFixture(way, links);
      const place = { root, backendPort: port, handshake: HANDSHAKE };
      server = await startFrontEnd(generated('nginx'), place);
      outcomes.length = 0;
    });
    afterAll(() => server.stop());

    const ask = async (...[request, expected]: [request: RawRequest, expected: Expected]) => {
      const response = await rawRequest(server.port, request);
      expectResponse(response, expected);
      expect(response.raw.includes('secret')).toBe(false);
      expect(response.headers).not.toHaveProperty('x-accel-redirect');
      return response;
    };

    it('nginx sends the file, whole and in ranges, and answers conditions', async () => {
      const target = `/dl${links.signer.sign('large.bin')}`;
      const headers = { 'Content-Length': '1500000', ETag: /^"/ };
      const { headers: got } = await ask({ target }, { status: 200, headers, body: LARGE });
      await ask({ target, method: 'HEAD' }, { status: 200, headers, body: '' });
      const range = { Range: 'bytes=1000000-' };
      const part = LARGE.subarray(1_000_000);
      await ask({ target, headers: range }, { status: 206, body: part });
      const fresh = { 'If-None-Match': got.etag ?? '' };
      await ask({ target, headers: fresh }, { status: 304, body: '' });
      expect(outcomes).toMatchObject(Array(4).fill({ kind: 'offloaded', sender: 'nginx' }));
    });

    it('nginx sends a file with a difficult name', async () => {
      const target = `/dl${links.signer.sign(`sub/${DIFFICULT}`, { disposition: 'attachment' })}`;
      const headers = { 'Content-Disposition': /filename\*=UTF-8''%C3%9C/ };
      await ask({ target }, { status: 200, headers, body: 'difficult' });
      expect(outcomes.at(-1)).toMatchObject({ kind: 'offloaded', path: `sub/${DIFFICULT}` });
    });

    it('refusals pass, and the internal location is closed', async () => {
      await ask({ target: '/dl/large.bin' }, { status: 404, body: 'Not Found\n' });
      await ask({ target: '/-internal-/large.bin' }, { status: 404 });
    });
  });
});
