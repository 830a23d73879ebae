import { join } from 'node:path';
import type { AuthTokenOptions } from '../../lib/index.js';
import { createTree } from '../helpers/tree.js';
import { warningOptions } from '../helpers/warning-options.js';

const base = createTree({ 'invoices/a.txt': 'invoice', 'photos/a.txt': 'photo' });
const invoices = join(base, 'invoices');
const photos = join(base, 'photos');
const SECRET = 'a secret of more than sixteen bytes';
const OTHER = 'another secret of many bytes';

interface Handler {
  readonly secret?: string | readonly string[];
  readonly root?: string;
  readonly options?: AuthTokenOptions;
}

const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
beforeEach(() => {
  jest.resetModules();
  emitWarning.mockClear();
});
afterAll(() => emitWarning.mockRestore());

/** What a new process warns of that makes these handlers. */
async function warningsOf(...handlers: readonly Handler[]): Promise<readonly unknown[]> {
  const { authToken } = await import('../../lib/index.js');
  for (const { secret = SECRET, root = invoices, options = {} } of handlers) {
    authToken(secret, root, { sender: 'serve', ...options });
  }
  return emitWarning.mock.calls;
}

describe('two handlers of one process', () => {
  const secureLink = (mountPath: string): AuthTokenOptions => ({
    scheme: 'secure-link',
    mountPath,
  });

  it('cause one warning if they accept each other’s links', async () => {
    const warnings = await warningsOf({}, { root: photos }, { root: base });
    expect(warnings).toEqual([
      [
        `authToken: the handlers of ${JSON.stringify(invoices)} and ${JSON.stringify(photos)} accept each other's links, because they have the same secret and sign in the same way. Give each its own purpose.`,
        warningOptions('XSENDFILE_SHARED_SECRET'),
      ],
    ]);
  });

  it.each<[Handler, string]>([
    [{}, 'Give each its own purpose.'],
    [{ options: { scheme: 'secdownload' } }, 'Give each its own secret.'],
    [{ options: secureLink('/dl') }, 'Give each its own secret or mountPath.'],
  ])('with %j get the advice: %s', async (handler, advice) => {
    const [[message = ''] = []] = (await warningsOf(handler, {
      root: photos,
      ...handler,
    })) as string[][];
    expect(/in the same way\. (.*)$/.exec(message)?.[1]).toBe(advice);
  });

  it.each<[string, Handler, Handler]>([
    ['one of their secrets', { secret: [SECRET, OTHER] }, { secret: ['x'.repeat(16), OTHER] }],
    ['the default, said', {}, { options: { algorithm: 'sha256', purpose: '' } }],
    [
      'a scheme without purpose',
      { options: { scheme: 'secdownload' } },
      { options: { scheme: 'secdownload', timeout: 5 } },
    ],
    ['the same mount path', { options: secureLink('/dl') }, { options: secureLink('/dl/') }],
    [
      'the addresses of clients',
      { options: { scheme: 'mod-auth-token', limitByIp: true } },
      { options: { scheme: 'mod-auth-token', limitByIp: true } },
    ],
  ])('cause a warning for %s', async (_what, first, second) => {
    const warnings = await warningsOf(first, { root: photos, ...second });
    expect(warnings).toEqual([
      [
        expect.stringMatching(
          /^(?!.*(?:secret of more|another secret)).*accept each other's links/,
        ),
        expect.anything(),
      ],
    ]);
  });

  it.each<[string, Handler, Handler]>([
    ['secrets of their own', {}, { secret: OTHER }],
    ['the same root', {}, { root: invoices }],
    ['purposes of their own', { options: { purpose: 'a' } }, { options: { purpose: 'b' } }],
    ['schemes of their own', {}, { options: { scheme: 'secdownload' } }],
    ['hashes of their own', {}, { options: { algorithm: 'sha512' } }],
    ['mount paths of their own', { options: secureLink('/a') }, { options: secureLink('/b') }],
    [
      'addresses in the links of one',
      { options: { scheme: 'mod-auth-token', limitByIp: true } },
      { options: { scheme: 'mod-auth-token' } },
    ],
  ])('cause no warning with %s', async (_what, first, second) => {
    expect(await warningsOf(first, { root: photos, ...second })).toEqual([]);
  });

  it('do accept each other’s links after the warning', async () => {
    const { authToken } = await import('../../lib/index.js');
    const [one, two] = [invoices, photos].map((root) =>
      authToken(SECRET, root, { sender: 'serve' }),
    );
    expect(two?.signer.verify(String(one?.signer.sign('a.txt')))).toMatchObject({ ok: true });
  });
});
