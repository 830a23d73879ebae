import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome, RemoteObject } from '../../lib/index.js';
import type { RunningFrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { Connection, parseResponse, rawRequest } from '../helpers/raw-request.js';
import { type Bucket, startBucket } from './bucket.js';
import { DIFFICULT_KEYS } from './difficult-keys.js';
import { LARGE_SIZE, largeBytes } from './large-object.js';
import { HANDSHAKE, startNginx } from './nginx.js';
import { type RemoteSite, startSite } from './site.js';

let bucket: Bucket;
let site: RemoteSite;
/** Of the object that the next request is answered with. */
let key: string;
let presign: () => Promise<string>;
beforeAll(async () => {
  bucket = await startBucket();
  await bucket.putLarge('large.bin');
  site = await startSite(
    { origins: [bucket.origin] },
    async (): Promise<RemoteObject> => ({ url: await presign(), name: 'a.bin' }),
    { sender: 'nginx', handshake: HANDSHAKE },
  );
}, 60_000);
beforeEach(() => {
  key = 'large.bin';
  presign = () => bucket.presign(key);
  site.outcomes.length = 0;
  jest.spyOn(process, 'emitWarning').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

/** What a real store has, through whatever listens on the port. */
function sendsObjects(portOf: () => number, cutOff: Partial<Outcome>): void {
  it('sends objects with difficult names, byte for byte as they were signed', async () => {
    for (key of DIFFICULT_KEYS) {
      await bucket.put(key, `the bytes of ${key}`);
      const { status, body } = await rawRequest(portOf(), { target: '/' });
      expect([key, status, String(body)]).toEqual([key, 200, `the bytes of ${key}`]);
    }
  });

  it.each([
    [0, 99],
    [2 ** 32 - 50, 2 ** 32 + 49],
    [LARGE_SIZE - 100_000, LARGE_SIZE - 1],
  ])('sends the range from %i to %i of an object of 5 GB', async (start, end) => {
    const Range = `bytes=${start}-${end}`;
    const { status, headers, body } = await rawRequest(portOf(), {
      target: '/',
      headers: { Range },
    });
    expect([status, headers['content-range']]).toEqual([
      206,
      `bytes ${start}-${end}/${LARGE_SIZE}`,
    ]);
    expect(body.equals(largeBytes(start, end))).toBe(true);
  });

  it('resumes a download after the store was restarted', async () => {
    const client = await Connection.open(portOf());
    client.send({ target: '/' });
    await client.receive(1_000_000);
    await bucket.stop();
    try {
      await client.closed;
      expect((await rawRequest(portOf(), { target: '/' })).status).toBe(502);
    } finally {
      await bucket.start();
    }
    const received = await client.readAll();
    const bodyStart = received.indexOf('\r\n\r\n') + 4;
    const { headers } = parseResponse(received.subarray(0, bodyStart));
    const part = received.subarray(bodyStart);
    expect(headers['content-length']).toBe(String(LARGE_SIZE));
    expect(site.outcomes[0]).toMatchObject(cutOff);
    const rest = await rawRequest(portOf(), {
      target: '/',
      headers: {
        Range: `bytes=${part.length}-${part.length + 9_999}`,
        'If-Range': headers.etag ?? '',
      },
    });
    expect(rest.status).toBe(206);
    const both = Buffer.concat([part, rest.body]);
    expect(both.equals(largeBytes(0, both.length - 1))).toBe(true);
  });

  it.each([
    ['an object that does not exist', () => bucket.presign('missing.bin')],
    [
      'a URL that was changed after it was signed',
      async () => (await bucket.presign(key)).replace('Expires=300', 'Expires=301'),
    ],
    [
      'a URL that has expired',
      async () => {
        const url = await bucket.presign(key, 1);
        await delay(2100);
        return url;
      },
    ],
  ])('answers 404 for %s', async (_what, changed) => {
    presign = changed;
    const response = await rawRequest(portOf(), { target: '/' });
    expect(response.status).toBe(404);
    expect(response.raw.toString()).not.toMatch(/<Error>|amz|bin/i);
  });
}

describe('a real store', () => {
  sendsObjects(() => site.port, { kind: 'failed', status: 200, sender: 'serve' });
});

describeWithPrograms('a real store behind nginx', ['nginx'], () => {
  let nginx: RunningFrontEnd;
  beforeAll(async () => {
    nginx = await startNginx([{ origin: bucket.origin }], site.port);
  }, 60_000);
  afterAll(() => nginx?.stop());

  sendsObjects(() => nginx.port, { kind: 'offloaded', status: 200, sender: 'nginx' });
});
