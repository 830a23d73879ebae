import compression from 'compression';
import { xsendfile } from '../../../lib/index.js';
import { listenWith } from '../../helpers/check.js';
import { Connection } from '../../helpers/raw-request.js';
import { createTree } from '../../helpers/tree.js';

jest.setTimeout(120_000);

const LETTERS = [...'abcdefghijklmnop'];
/** Read at once, into a buffer that others use later. */
const SIZE = 100_000;
/** Together more than the system takes of one connection whose reader has stopped. */
const REQUESTS = 100;
const root = createTree(
  Object.fromEntries(LETTERS.map((letter) => [`${letter}.bin`, Buffer.alloc(SIZE, letter)])),
);

describe('reused buffers', () => {
  it.each([
    { title: 'without a cache', cache: false },
    { title: 'with files too new for the cache', cache: {} },
  ] as const)('hold no other file while a client waits for this one, $title', async ({ cache }) => {
    const handler = xsendfile(root, { sender: 'serve', cache });
    const { port } = await listenWith((req, res) => handler(req, res));
    const slow = await Promise.all(
      LETTERS.map(async (letter) => {
        const connection = await Connection.open(port);
        connection.pause();
        const request = { target: `/${letter}.bin` };
        connection.send(...Array.from({ length: REQUESTS }, () => request));
        return { connection, letter };
      }),
    );
    const other = await Connection.open(port);
    for (let count = 0; count < 200; count += 1) {
      const letter = LETTERS[count % LETTERS.length];
      const { body } = await other.request({ target: `/${letter}.bin` });
      expect(body.equals(Buffer.alloc(SIZE, letter))).toBe(true);
    }
    for (const [index, { connection, letter }] of slow.entries()) {
      // Some leave: what was theirs may be another's from now on.
      if (index % 4 === 3) {
        connection.destroy();
        continue;
      }
      connection.resume();
      for (let count = 0; count < REQUESTS; count += 1) {
        const { status, body } = await connection.read();
        expect([status, body.equals(Buffer.alloc(SIZE, letter))]).toEqual([200, true]);
      }
      connection.destroy();
    }
    other.destroy();
  });

  it('are not given to a middleware that keeps written chunks', async () => {
    const handler = xsendfile(root, {
      sender: 'serve',
      cache: false,
      contentType: () => 'text/plain',
    });
    const compress = compression({ threshold: 0 });
    const { port } = await listenWith((req, res) =>
      compress(req as never, res as never, () => handler(req, res)),
    );
    const answers = await Promise.all(
      Array.from({ length: 64 }, async (_, index) => {
        const letter = LETTERS[index % LETTERS.length];
        const response = await fetch(`http://127.0.0.1:${port}/${letter}.bin`);
        return [response.headers.get('content-encoding'), await response.text(), letter];
      }),
    );
    for (const [coding, text, letter] of answers) {
      expect(coding).toBe('gzip');
      expect(text).toBe(String(letter).repeat(SIZE));
    }
  });
});
