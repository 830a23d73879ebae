import { authToken, BadOptionError, type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import { MEMBER_FILES } from '../../lib/shared/member-files.js';
import { limitUses } from '../../lib/uses/index.js';
import { listenWith } from '../helpers/check.js';
import { createTree } from '../helpers/tree.js';

const SECRET = 'a secret of more than sixteen bytes';
const root = createTree({ 'a.txt': 'a' });

afterEach(() => jest.restoreAllMocks());

it('handlers have names for stack traces', () => {
  expect(xsendfile(root).name).toBe('xsendfileHandler');
  const links = authToken(SECRET, root);
  expect([links.name, links.files.name]).toEqual(['authTokenHandler', 'xsendfileHandler']);
});

it('xsendfile() refuses limitUses()', () => {
  const open = () => xsendfile(root, { allow: limitUses() } as XSendfileOptions);
  expect(open).toThrow(BadOptionError);
  expect(open).toThrow(
    expect.objectContaining({
      option: 'allow',
      message: expect.stringContaining(
        'xsendfile: limitUses() counts uses of links; pass it to authToken().',
      ),
    }),
  );
});

it('methods name themselves when their arguments are wrong', async () => {
  const remote = xsendfile(remoteRoot({ origins: ['http://127.0.0.1:1'] }));
  const files = xsendfile(root);
  const wrong = undefined as never;
  for (const [result, name] of [
    [files.send(wrong, wrong, wrong), 'send(req, res, path)'],
    [files.sendContent(wrong, wrong, wrong), 'sendContent(req, res, content)'],
    [remote.sendRemote(wrong, wrong, wrong), 'sendRemote(req, res, object)'],
  ] as const) {
    await expect(result).rejects.toThrow(`${name} was called with other arguments`);
  }
});

describe('the request of an archive', () => {
  type Members = (request: unknown, archive: string) => { readonly subject: object };
  const { [MEMBER_FILES]: members } = xsendfile(root) as unknown as { [MEMBER_FILES]: Members };

  it('is one of node:http', () => {
    const req = { headers: {}, url: '/' };
    expect(members(req, 'a.zip').subject).toBe(req);
  });

  it.each([undefined, null, 'x', {}, { headers: {} }, { url: '/' }, { headers: 1, url: '/' }])(
    'is not %p',
    (request) => {
      const act = () => members(request, 'a.zip');
      expect(act).toThrow(BadOptionError);
      expect(act).toThrow(
        expect.objectContaining({
          option: 'req',
          message: expect.stringContaining('zip: req must be the request, got '),
        }),
      );
    },
  );
});

it('authToken() warns of clients whose addresses are unknown', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const links = authToken(SECRET, root);
  const { request } = await listenWith((req, res) => links(req, res));
  const target = links.signer.sign('a.txt', { ip: '203.0.113.7' });
  expect((await request({ target, headers: { Via: '1.1 proxy' } })).status).toBe(404);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(String(warn.mock.lastCall?.[0])).toContain("configure 'trust proxy' of Express");
});
