import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { authToken } from '../../lib/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { createTree } from '../helpers/tree.js';
import { launchBrowser } from './browser.js';

const SECRET = 'a secret of more than sixteen bytes';
const BYTES = Buffer.from('0123456789'.repeat(200_000));
const root = createTree({ 'a.bin': BYTES });

describeWithPrograms('resumeGrace in a browser', ['chromium'], () => {
  let server: Server;
  beforeEach(letFilesSettle);
  afterEach(() => {
    jest.restoreAllMocks();
    server?.closeAllConnections();
    server?.close();
  });

  it.each([
    [60, true],
    [0, false],
  ])(
    'lets Chromium complete a download that was interrupted: %i: %s',
    async (...row) => {
      const [resumeGrace, isComplete] = row;
      let offsetMs = 0;
      const requests: IncomingHttpHeaders[] = [];
      const handler = authToken(SECRET, root, {
        ...{ resumeGrace, rate: 500_000, now: () => Date.now() + offsetMs },
      });
      const app = express();
      app.use((req, res, next) => {
        if (requests.push(req.headers) === 1) {
          // The network fails, and the link expires.
          setTimeout(() => {
            offsetMs = 90_000;
            res.destroy();
          }, 1500);
        }
        next();
      });
      app.use('/dl', handler);
      server = app.listen(0);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        const started = page.waitForEvent('download');
        const link = handler.signer.sign('a.bin', { expiresIn: 60 });
        await page.goto(`http://localhost:${port}/dl${link}`).catch(() => {});
        const download = await started;
        expect((await download.failure()) === null).toBe(isComplete);
        expect(requests[1]).toMatchObject({
          range: expect.stringMatching(/^bytes=[1-9]\d*-$/),
          'if-range': expect.stringMatching(/^"/),
        });
        if (isComplete) expect(readFileSync(await download.path()).equals(BYTES)).toBe(true);
      } finally {
        await browser.close();
      }
    },
    120_000,
  );
});
