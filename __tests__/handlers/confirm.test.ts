import { askFor, type ConfirmPage, defaultPage } from '../../lib/handlers/confirm.js';
import type { ReceivedLink, VerifiedClaims } from '../../lib/links/types.js';
import type { Responder } from '../../lib/pipeline/responder.js';
import type { FileTarget } from '../../lib/types.js';

const EXPIRES = new Date(1_800_000_000_000);
const FILE = {
  segments: ['dir', 'sub', 'a.bin'],
  size: 7,
  type: 'text/plain',
} as unknown as FileTarget;
const EXCHANGE = { req: {}, res: {} } as Responder['exchange'];
const FIELDS = { 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex' };

interface Asked {
  readonly method?: string;
  readonly query?: string;
  readonly filename?: string;
  readonly page?: ConfirmPage;
}

/** Asks for a link; the only genuine confirmation is "genuine". */
function ask({ method = 'GET', query = '', filename, page = defaultPage }: Asked) {
  const responder = { request: { method, headers: {} }, exchange: EXCHANGE };
  const link: ReceivedLink = { segments: [], query, clientAddress: undefined };
  const claims = { expires: EXPIRES, filename } as unknown as VerifiedClaims;
  const signer = {
    confirm: () => 'new',
    readConfirmation: (_link: unknown, _claims: unknown, text: string) =>
      text === 'genuine' ? ('fresh' as const) : ('missing' as const),
  };
  return askFor(page, responder as unknown as Responder, { signer, link, claims });
}

describe('askFor(page, responder, link)', () => {
  it.each([
    ['', 'missing', undefined],
    ['a=1&b', 'missing', undefined],
    ['confirmation=forged', 'missing', undefined],
    ['confirmation=genuine', 'fresh', 'genuine'],
    ['a=1&confirmation=genuine&b', 'fresh', 'genuine'],
    ['a=confirmation=genuine', 'missing', undefined],
    ['genuine', 'missing', undefined],
  ])('finds the confirmation in the query %j: %s', (query, given, id) => {
    expect(ask({ query })).toMatchObject({ given, id, isSubmitted: false });
  });

  it('ignores the confirmation of a form that is submitted', () => {
    const asked = ask({ method: 'POST', query: 'confirmation=genuine' });
    expect(asked).toMatchObject({ given: 'missing', id: undefined, isSubmitted: true });
  });

  it.each([
    ['', '?confirmation=new'],
    ['a=1', '?a=1&confirmation=new'],
    ['confirmation=genuine', '?confirmation=new'],
    ['a=1&confirmation=x&b&confirmation=y', '?a=1&b&confirmation=new'],
  ])('redirects the form of a link with the query %j to %s', async (query, Location) => {
    expect(await ask({ method: 'POST', query }).answer(FILE)).toEqual({
      status: 303,
      message: 'See Other',
      headers: { ...FIELDS, Location },
    });
  });

  it('answers with the page, which runs no script and is in no frame', async () => {
    expect(await ask({ page: () => 'the page' }).answer(FILE)).toEqual({
      status: 403,
      message: 'the page',
      headers: {
        ...FIELDS,
        'Content-Security-Policy':
          "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        'Content-Type': 'text/html; charset=utf-8',
      },
    });
  });

  it.each([
    [undefined, 'a.bin'],
    ['b\u202e.pdf', 'b.pdf'],
  ])('calls the function with what the file is: %j', async (filename, name) => {
    const page = jest.fn(() => '');
    await ask({ page, query: 'a=1&confirmation=x&b', ...(filename && { filename }) }).answer(FILE);
    const info = { name, size: 7, type: 'text/plain', expires: EXPIRES, action: '?a=1&b' };
    expect(page).toHaveBeenCalledWith(info, EXCHANGE);
    expect(Object.isFrozen(page.mock.lastCall?.at(0))).toBe(true);
  });

  it('has a name for a file whose path has none', async () => {
    const page = jest.fn(() => '');
    await ask({ page }).answer({ ...FILE, segments: [] });
    expect(page).toHaveBeenCalledWith(expect.objectContaining({ name: 'download' }), EXCHANGE);
  });

  it('rejects with the error of the function, and with one for what is not a string', async () => {
    const fault = new Error('of the function');
    const fails = ask({ page: () => Promise.reject(fault) });
    await expect(fails.answer(FILE)).rejects.toBe(fault);
    const wrong = ask({ page: (() => 7) as never });
    await expect(wrong.answer(FILE)).rejects.toMatchObject({
      code: 'ERR_XSENDFILE_BAD_OPTION',
      message: expect.stringContaining(
        'authToken: options.confirm must return the page as a string, or a promise of one, got a number.',
      ),
    });
  });
});

describe('defaultPage(info)', () => {
  it('is a small form without references, in which names are text', () => {
    const info = { name: `<b>"'&`, action: '?a=1&b"', size: 7, type: '', expires: EXPIRES };
    const name = '&lt;b&gt;&quot;&#39;&amp;';
    const style =
      'body{font:1.2em system-ui;margin:4em auto;max-width:30em;padding:0 1em;overflow-wrap:anywhere}button{font:inherit}';
    expect(defaultPage(info).split('\n')).toEqual([
      '<!doctype html>',
      '<html lang="en">',
      '<meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width">',
      '<meta name="robots" content="noindex">',
      `<title>${name}</title>`,
      `<style>${style}</style>`,
      `<h1>${name}</h1>`,
      '<form method="post" action="?a=1&amp;b&quot;"><button>Download</button></form>',
      '</html>',
    ]);
  });
});
