import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFrontEndConfig, FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import {
  apacheSender,
  caddySender,
  h2oSender,
  nginxSender,
  type SenderName,
  type XSendfileOptions,
  xsendfile,
} from '../../lib/index.js';
import { type FrontEndName, startFrontEnd } from '../helpers/front-end-server.js';
import { binaryOf, describeWithPrograms } from '../helpers/programs.js';
import { rawRequest } from '../helpers/raw-request.js';
import { CHECK, generated } from './generated.js';

// biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the servers.
const SECRET = '!"#$%&\'()*+,-./0:;<=>?@A[\\]^_`{|}~${HOME}%{PATH}e';
const START_TIMEOUT_MS = 180_000;
const base = mkdtempSync(join(tmpdir(), 'xsendfile-config-'));
chmodSync(base, 0o755);
afterAll(() => rmSync(base, { recursive: true, force: true }));

const ROOTS = [
  'plain',
  'spaces  inside',
  ' spaces around ',
  `it's "quoted"`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the servers.
  '$uri ${HOME} $$ $',
  'a;b#c # d',
  'back\\slash \\" \\n',
  'backslash at the end\\',
  '`ticks`',
  'mañana 是 😀',
  '{path} {env.HOME} {{x}}',
  '%{PATH}e 50% %41 %%',
  '[a]*?',
  'a,b=c&d<e>|f^g~h',
  '!tag: &anchor *alias @x',
  'lines\u0085of\u2028YAML\u2029and \ufeff marks',
];
for (const name of FRONT_END_SERVERS) {
  describeWithPrograms(`createFrontEndConfig('${name}')`, [name], () => describeConfig(name));
}

function describeConfig(name: FrontEndName): void {
  it.each(ROOTS)(
    'writes the root %j as the server reads it',
    async (directory) => {
      const root = join(base, name, directory);
      mkdirSync(root, { recursive: true });
      writeFileSync(join(root, 'a.txt'), `in ${directory}`);
      const scratch = mkdtempSync(join(base, 'scratch-'));
      const configFile = join(scratch, 'server.conf');
      const text = createFrontEndConfig(name, { root, scratch, listen: '127.0.0.1:29999' });
      writeFileSync(configFile, text);
      expect(() =>
        execFileSync(binaryOf(name), CHECK[name](configFile, { scratch }), { stdio: 'pipe' }),
      ).not.toThrow();

      const answer = await askThrough(name, root, {}, '/a.txt');
      expect(String(answer.body)).toBe(`in ${directory}`);
      expect(answer).toMatchObject({ status: 200, kind: 'offloaded' });
    },
    START_TIMEOUT_MS,
  );

  it(
    'writes a handshake of any characters as the server reads it',
    async () => {
      const root = join(base, name);
      writeFileSync(join(root, 'a.txt'), 'text');
      const answer = await askThrough(name, root, { handshake: SECRET }, '/a.txt');
      expect(answer).toMatchObject({ status: 200, kind: 'offloaded' });
    },
    START_TIMEOUT_MS,
  );

  it('writes a complete configuration without a scratch directory, or only a part of one', () => {
    const scratch = mkdtempSync(join(base, 'scratch-'));
    const configFile = join(scratch, 'server.conf');
    const text = createFrontEndConfig(name, { root: '/srv/files' });
    writeFileSync(configFile, text);
    // nginx and h2o open their logs.
    if (name !== 'nginx' && name !== 'h2o') {
      execFileSync(binaryOf(name), CHECK[name](configFile, { scratch }), { stdio: 'pipe' });
    }
    expect(
      createFrontEndConfig(name, { root: '/srv/files', standalone: false }).length,
    ).toBeLessThan(text.length);
  });
}

const LOCATION = "/a%20b/$uri!'()*+,;=:@~&/%C3%BC";
const LOCATIONS: readonly [FrontEndName, string, XSendfileOptions['sender']][] = [
  ['nginx', LOCATION, nginxSender({ location: LOCATION })],
  ['caddy', LOCATION, caddySender({ location: LOCATION })],
  ['h2o', 'http://other.internal/x/', h2oSender({ location: 'http://other.internal/x' })],
];
for (const [name, location, sender] of LOCATIONS) {
  describeWithPrograms(`createFrontEndConfig('${name}', { location })`, [name], () => {
    it(
      `accepts ${location}`,
      async () => {
        const root = join(base, 'locations');
        mkdirSync(root, { recursive: true });
        writeFileSync(join(root, 'ü b?.txt'), 'text');
        const answer = await askThrough(name, root, { sender, location }, '/%C3%BC%20b%3F.txt');
        expect(String(answer.body)).toBe('text');
        expect(answer).toMatchObject({ status: 200, kind: 'offloaded' });
      },
      START_TIMEOUT_MS,
    );
  });
}

interface Setup {
  readonly handshake?: string;
  readonly location?: string;
  readonly sender?: XSendfileOptions['sender'];
}

/** One request through a server of its own to an application of its own. */
async function askThrough(
  name: FrontEndName,
  root: string,
  { handshake = 'a-plain-handshake', location, sender = defaultSender(name) }: Setup,
  target: string,
) {
  let kind: string | undefined;
  const handler = xsendfile(root, {
    sender,
    handshake,
    // Also for the question whether the server is ready; the last one counts.
    onFinish: (outcome) => {
      kind = outcome.kind;
    },
  });
  const application = createServer((req, res) => handler(req, res));
  application.listen(0, '127.0.0.1');
  await once(application, 'listening');
  const { port: backendPort } = application.address() as AddressInfo;
  const frontEnd = location === undefined ? generated(name) : generated(name, location);
  const server = await startFrontEnd(frontEnd, { root, backendPort, handshake });
  try {
    const answer = await rawRequest(server.port, { target });
    return { ...answer, kind };
  } finally {
    await server.stop();
    application.closeAllConnections();
    application.close();
  }
}

function defaultSender(name: FrontEndName): XSendfileOptions['sender'] {
  return name === 'apache' ? apacheSender() : (name satisfies SenderName);
}
