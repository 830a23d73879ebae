import { chmodSync } from 'node:fs';
import { xsendfile } from '../../lib/index.js';
import { listenWith } from '../helpers/check.js';
import { startFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { rawRequest } from '../helpers/raw-request.js';
import { createTree } from '../helpers/tree.js';
import { generated } from './generated.js';

const BIG = Buffer.alloc(3_000_000, 'xsendfile');
const root = createTree({ 'empty.txt': '', 'big.bin': BIG });
chmodSync(root, 0o755);

/** A cache in front of the application, which asks it for one part after another. */
const SLICE = 'slice 1m; proxy_set_header Range $slice_range;';

describeWithPrograms('a cache of nginx that asks for slices', ['nginx'], () => {
  it.each([
    ['big.bin', BIG],
    ['empty.txt', Buffer.alloc(0)],
  ])('gets all of %s', async (name, content) => {
    const { port: backendPort } = await listenWith(xsendfile(root, { sender: 'serve' }));
    const plain = generated('nginx');
    const slicing = {
      ...plain,
      configure: (place: Parameters<typeof plain.configure>[0]) =>
        plain.configure(place).replace('location / {', (line) => `${line} ${SLICE}`),
    };
    const nginx = await startFrontEnd(slicing, { root, backendPort, handshake: 'x'.repeat(16) });
    try {
      const { status, body } = await rawRequest(nginx.port, { target: `/${name}` });
      expect([status, body.length]).toEqual([200, content.length]);
      expect(body.equals(content)).toBe(true);
    } finally {
      await nginx.stop();
    }
  });
});
