import { nginxSender, type XSendfileOptions } from '../../lib/index.js';
import { limitUses } from '../../lib/uses/index.js';
import { type AuthTokenWebOptions, authToken, xsendfile } from '../../lib/web/index.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text' });
const SECRET = '0123456789abcdef0123456789abcdef';
const ORIGIN = 'http://localhost';

/** As of an async function that the application has given by mistake. */
const reject = (): never => Promise.reject(new Error('later')) as never;

/** Jest fails a test during which Node tells of a rejection that nobody handles: when all microtasks have run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const NAMES = [
  'path',
  'within',
  'rate',
  'disposition',
  'contentType',
  'cacheControl',
  'etag',
  'setHeaders',
] as const satisfies readonly (keyof XSendfileOptions)[];

describe.each(NAMES)('%s as an async function that rejects', (name) => {
  it.each([
    ['serve', 'serve' as const],
    ['nginx', nginxSender()],
  ])('is an error of the application, and nothing else rejects (%s)', async (_title, sender) => {
    const files = xsendfile(root, { sender, handshake: false, [name]: reject });
    await expect(files(new Request(`${ORIGIN}/a.txt`))).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_BAD_OPTION',
      message: `xsendfile: options.${name} must be synchronous: it returned a promise.`,
    });
    await turn();
  });
});

it.each<[string, AuthTokenWebOptions, string]>([
  ['clientAddress', { clientAddress: reject }, 'authToken: options.clientAddress'],
  [
    'client of limitUses()',
    { allow: limitUses({ client: reject }), clientAddress: () => '192.0.2.1' },
    'limitUses: options.client',
  ],
])('%s as an async function that rejects is an error of the application', async (...row) => {
  const [, options, option] = row;
  const links = authToken(SECRET, root, options);
  const link = links.signer.sign('a.txt', { expiresIn: 60, uses: options.allow && 1 });
  await expect(links(new Request(ORIGIN + link))).rejects.toMatchObject({
    code: 'ERR_XSENDFILE_BAD_OPTION',
    message: `${option} must be synchronous: it returned a promise.`,
  });
  await turn();
});

it('nameFile of a sender as an async function that rejects is an error of the application', async () => {
  const files = xsendfile(root, { sender: { name: 'own', nameFile: reject }, handshake: false });
  await expect(files(new Request(`${ORIGIN}/a.txt`))).rejects.toMatchObject({
    code: 'ERR_XSENDFILE_BAD_OPTION',
  });
  await turn();
});
