import { createHash } from 'node:crypto';
import { createHandshake, isSecret } from '../../lib/servers/handshake.js';
import { Option } from '../../lib/shared/option-reader.js';
import type { RequestView } from '../../lib/shared/views.js';
import { warningOptions } from '../helpers/warning-options.js';

const SECRET = 'sixteen-letters!';
const OTHER = 'sixteen-numbers!';
const create = (secret: unknown) => createHandshake(secret, new Option('f', 'handshake'));
const requestWith = (headers: Record<string, string | string[]>) => ({ headers }) as RequestView;
const base64Digest = (secret: string) => createHash('sha256').update(secret).digest('base64');

let emitWarning: jest.SpyInstance;
beforeEach(() => {
  emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => jest.restoreAllMocks());

describe('createHandshake(undefined)', () => {
  it('takes all requests for those of a front end, and warns once when a file is left to it', () => {
    const handshake = create(undefined);
    expect(handshake.fingerprints).toBeUndefined();
    expect(handshake.isFromFrontEnd(requestWith({}))).toBe(true);
    expect(handshake.restoresHeaders(requestWith({ 'x-sendfile-config': SECRET }))).toBe(false);
    expect(emitWarning).not.toHaveBeenCalled();
    handshake.recordOffload();
    create(undefined).recordOffload();
    expect(emitWarning.mock.calls).toEqual([
      [
        "f: this file is left to a front-end server by a header; without such a server the client gets an empty file and sees the path. Fix it with one of: sender: 'serve' to send from Node; handshake: '<secret>' to use the header only for requests from the front end; handshake: false if there always is one.",
        warningOptions('XSENDFILE_NO_HANDSHAKE'),
      ],
    ]);
  });
});

describe('createHandshake(false)', () => {
  it('takes all requests for those of a front end, without a warning', async () => {
    jest.resetModules();
    const fresh = await import('../../lib/servers/handshake.js');
    const handshake = fresh.createHandshake(false, new Option('f', 'handshake'));
    expect(handshake.isFromFrontEnd(requestWith({}))).toBe(true);
    handshake.recordOffload();
    expect(emitWarning).not.toHaveBeenCalled();
  });
});

describe('createHandshake(secret)', () => {
  it('takes only requests with one of the secrets for those of the front end', () => {
    const handshake = create([SECRET, OTHER]);
    const isFrom = (header: string | string[]) =>
      handshake.isFromFrontEnd(requestWith({ 'x-sendfile-handshake': header }));
    expect([SECRET, OTHER].map(isFrom)).toEqual([true, true]);
    expect(['', `${SECRET}x`, SECRET.slice(1), [SECRET]].map(isFrom)).toEqual(Array(4).fill(false));
    expect(handshake.isFromFrontEnd(requestWith({}))).toBe(false);
    expect(handshake.fingerprints).toEqual([base64Digest(SECRET), base64Digest(OTHER)]);
    expect(handshake.recordOffload()).toBeUndefined();
  });

  it('believes that the front end restores headers only with the secret', () => {
    const { restoresHeaders } = create(SECRET);
    expect(restoresHeaders(requestWith({ 'x-sendfile-config': SECRET }))).toBe(true);
    expect(restoresHeaders(requestWith({ 'x-sendfile-config': OTHER }))).toBe(false);
    expect(restoresHeaders(requestWith({ 'x-sendfile-handshake': SECRET }))).toBe(false);
  });

  it('warns once if none of the first 100 requests has it', () => {
    const { isFromFrontEnd } = create(SECRET);
    for (let count = 0; count < 99; count += 1) isFromFrontEnd(requestWith({}));
    expect(emitWarning).not.toHaveBeenCalled();
    for (let count = 0; count < 200; count += 1) isFromFrontEnd(requestWith({}));
    expect(emitWarning.mock.calls).toEqual([
      [
        'f: none of the first 100 requests carried the handshake, so the application has sent all files itself. Let the front end set the request header X-Sendfile-Handshake to the same secret.',
        warningOptions('XSENDFILE_HANDSHAKE_UNSEEN'),
      ],
    ]);
  });

  it('does not warn after a request that had it', () => {
    const { isFromFrontEnd } = create(SECRET);
    for (let count = 0; count < 50; count += 1) isFromFrontEnd(requestWith({}));
    isFromFrontEnd(requestWith({ 'x-sendfile-handshake': SECRET }));
    for (let count = 0; count < 200; count += 1) isFromFrontEnd(requestWith({}));
    expect(emitWarning).not.toHaveBeenCalled();
  });

  const READ = "Read the file as text: readFileSync(file, 'utf8').trim(). ";
  const TRIM = 'Remove the white space or newline at its end, with trim(). ';
  it.each<[secret: unknown, shown: string, fix: string]>([
    ['fifteen-letters', 'a string of 15 characters', ''],
    ['sixteen letters!', 'a string of 16 characters', ''],
    ['sixteen-letters\x7f', 'a string of 16 characters', ''],
    [`${SECRET}\n`, 'a string of 17 characters', TRIM],
    [` ${SECRET}`, 'a string of 17 characters', TRIM],
    [
      [SECRET, `${SECRET} `],
      'a list of a string of 16 characters, a string of 17 characters',
      TRIM,
    ],
    [Buffer.from(SECRET), 'a Buffer of 16 bytes', READ],
    [[Buffer.from(SECRET), ' '], 'a list of a Buffer of 16 bytes, a string of 1 character', READ],
    [true, 'true', ''],
    [null, 'null', ''],
    [1234567890123456, 'a number', ''],
    [[], 'an empty array', ''],
    [[SECRET, 7], 'a list of a string of 16 characters, a number', ''],
  ])('throws for %j, without showing it', (secret, shown, fix) => {
    expect(() => create(secret)).toThrow(
      expect.objectContaining({
        code: 'ERR_XSENDFILE_BAD_OPTION',
        message: `f: handshake must be false, or a secret of at least 16 visible ASCII characters (or a list of such), got ${shown}. ${fix}Make one with: openssl rand -hex 32`,
      }),
    );
  });
});

describe('isSecret(value)', () => {
  it.each<[unknown, boolean]>([
    [SECRET, true],
    ['!'.repeat(16), true],
    ['~'.repeat(16), true],
    ['~'.repeat(15), false],
    [` ${SECRET}`, false],
    [`${SECRET} `, false],
    [`${SECRET}é`, false],
    [Array(16).fill('a'), false],
  ])('of %j is %j', (value, expected) => {
    expect(isSecret(value)).toBe(expected);
  });
});
