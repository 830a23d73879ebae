import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { doctorProbe } from '../../lib/doctor/probe/index.js';
import { createFrontEndConfig } from '../../lib/frontends/index.js';
import {
  apacheSender,
  authToken,
  caddySender,
  createUrlSigner,
  h2oSender,
  nginxSender,
  offload,
  xsendfile,
} from '../../lib/index.js';
import { createTree } from '../helpers/tree.js';

const SECRET = '7d0c1f6a5be24893a1c2d3e4f5061728';
const root = createTree({ 'a.txt': 'a' });
const files = xsendfile(root, { sender: 'serve' });

type Factory = (...args: never[]) => unknown;

/** The secret as an application may have it. */
const SHAPES: readonly (readonly [string, unknown])[] = [
  ['a string', SECRET],
  ['a Buffer', Buffer.from(SECRET)],
  ['a Uint8Array', new Uint8Array(Buffer.from(SECRET))],
  ['an ArrayBuffer', new Uint8Array(Buffer.from(SECRET)).buffer],
  ['a KeyObject', createSecretKey(Buffer.from(SECRET))],
  ['an array', [SECRET]],
  ['an array of Buffers', [Buffer.from(SECRET)]],
];

/** Calls with a secret where it does not belong. */
const CALLS: readonly (readonly [string, (secret: unknown) => unknown])[] = [
  ['xsendfile(secret)', (secret) => call(xsendfile, secret)],
  ['xsendfile(root, secret)', (secret) => call(xsendfile, root, secret)],
  ['authToken(root, secret)', (secret) => call(authToken, root, secret)],
  ['authToken(secret, root, secret)', (secret) => call(authToken, SECRET, root, secret)],
  ['authToken(secret, secret)', (secret) => call(authToken, `${SECRET}x`, secret)],
  ['createUrlSigner(secret, secret)', (secret) => call(createUrlSigner, SECRET, secret)],
  ['doctorProbe(handler, secret)', (secret) => call(doctorProbe, files, secret)],
  ['doctorProbe(secret, handler)', (secret) => call(doctorProbe, secret, files)],
  ['offload(secret)', (secret) => call(offload, secret)],
  ['nginxSender(secret)', (secret) => call(nginxSender, secret)],
  ['caddySender(secret)', (secret) => call(caddySender, secret)],
  ['h2oSender(secret)', (secret) => call(h2oSender, secret)],
  ['apacheSender(secret)', (secret) => call(apacheSender, secret)],
  [
    "createFrontEndConfig('nginx', secret)",
    (secret) => call(createFrontEndConfig, 'nginx', secret),
  ],
  [
    'createFrontEndConfig(options)',
    (secret) => call(createFrontEndConfig, { root, handshake: secret }),
  ],
  ['a sender with it', (secret) => call(xsendfile, root, { sender: { secret } })],
  ['a scheme with it', (secret) => call(createUrlSigner, SECRET, { scheme: { secret } })],
];

function call(factory: unknown, ...args: readonly unknown[]): unknown {
  return (factory as Factory)(...(args as never[]));
}

/** A secret as a message might show it. */
const TRACES = [SECRET, Buffer.from(SECRET).toString('base64'), [...Buffer.from(SECRET)].join(',')];

describe.each(CALLS)('a secret in %s', (_title, act) => {
  it.each(SHAPES)('is not shown if given as %s', (_shape, secret) => {
    let thrown: unknown;
    try {
      act(secret);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    const shown = inspect(thrown, { depth: 5 }).replace(/\s/g, '') + (thrown as Error).message;
    for (const trace of TRACES) expect(shown).not.toContain(trace);
  });
});

it('a secret that looks like a path, but cannot be one, is accepted', () => {
  for (const secret of [`/${SECRET.repeat(10)}`, `/${SECRET}\0`]) {
    expect(() => authToken(secret, root)).not.toThrow();
  }
});

describe('what is shown instead of a secret', () => {
  it.each<[unknown, string]>([
    [SECRET, 'a string of 32 characters'],
    [SECRET.slice(0, 16), 'a string of 16 characters'],
    [`${SECRET.slice(0, 16)}/${SECRET.slice(16)}`, 'a string of 33 characters'],
    [Buffer.from(SECRET), 'a Buffer of 32 bytes'],
    [new Uint8Array(3), 'a Uint8Array'],
    [createSecretKey(Buffer.from(SECRET)), 'a KeyObject'],
    [[SECRET], 'an array'],
    [[], 'an empty array'],
    [{ secret: SECRET }, 'an object'],
    [7, 'a number'],
    [null, 'null'],
  ])('for %p is %s', (root, shown) => {
    expect(() => call(xsendfile, root)).toThrow(`, got ${shown}.`);
  });

  it.each<[string, () => unknown, string]>([
    [
      'where the secret has to be',
      () => call(doctorProbe, files, SECRET),
      'doctorProbe: options must be an object, got a string of 32 characters. Pass the secret as { secret: … }.',
    ],
    [
      'which argument is which',
      () => call(authToken, root, SECRET),
      `authToken: secret must not be the path of a directory, got ${JSON.stringify(root)}. The secret is the first argument, the root the second.`,
    ],
    [
      'the same for a secret that looks like a path',
      () => call(authToken, root, `/${SECRET}`),
      `authToken: secret must not be the path of a directory, got ${JSON.stringify(root)}. The secret is the first argument, the root the second.`,
    ],
    [
      'how to read a handshake',
      () => call(xsendfile, root, { sender: 'nginx', handshake: [SECRET, Buffer.from(SECRET)] }),
      "xsendfile: handshake must be false, or a secret of at least 16 visible ASCII characters (or a list of such), got a list of a string of 32 characters, a Buffer of 32 bytes. Read the file as text: readFileSync(file, 'utf8').trim(). Make one with: openssl rand -hex 32",
    ],
    [
      'what is wrong with the end of a handshake',
      () => call(xsendfile, root, { sender: 'nginx', handshake: `${SECRET}\n` }),
      'xsendfile: handshake must be false, or a secret of at least 16 visible ASCII characters (or a list of such), got a string of 33 characters. Remove the white space or newline at its end, with trim(). Make one with: openssl rand -hex 32',
    ],
    [
      'the scheme of a URL',
      () => call(xsendfile, new URL(`https://user:${SECRET}@localhost/`)),
      'xsendfile: root must be a file: URL or an absolute path, got a URL with https:.',
    ],
    [
      'that bytes are within other values',
      () => call(xsendfile, root, { path: [Buffer.from('ab')] }),
      'xsendfile: path must be a function, got ["(a Buffer of 2 bytes)"].',
    ],
  ])('explains %s', (_what, act, message) => {
    expect(act).toThrow(expect.objectContaining({ message }));
  });
});
