import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeOf } from '../../lib/doctor/probe/canary-directory.js';
import { setOwnMode, writeNew } from '../../lib/doctor/probe/exclusive-files.js';
import { doctorProbe } from '../../lib/doctor/probe/index.js';
import { PROTOCOL, TOKEN_HEADER } from '../../lib/doctor/protocol.js';
import { createUrlSigner, xsendfile } from '../../lib/index.js';
import { forkProgram } from '../helpers/built-package.js';
import { eventually } from '../helpers/eventually.js';
import { itAsRoot } from '../helpers/needs.js';
import { rawRequest } from '../helpers/raw-request.js';

const SECRET = '0123456789abcdef0123456789abcdef';
const OPENED_BEFORE = 'this examination has been opened before. Start another one.';

interface Report {
  readonly accounts: readonly object[];
  readonly strays: readonly string[];
}

const signer = createUrlSigner(SECRET, { purpose: PROTOCOL });
const link = (path: string): string => signer.sign(path, { expiresIn: 30 });
const closers: (() => unknown)[] = [];
let base: string;
let root: string;
let run: string;
let port: number;

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'xsendfile-probe-')));
  root = join(base, 'files');
  mkdirSync(root);
  run = randomBytes(16).toString('hex');
  const probe = doctorProbe(xsendfile(root, { sender: 'serve' }), { secret: SECRET });
  const server = createServer((req, res) => probe(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  closers.push(() => server.close());
});

afterEach(async () => {
  await ask(`close/${run}`);
  for (const close of closers.splice(0)) await close();
  rmSync(placeOf(root, run).record, { recursive: true, force: true });
  rmSync(base, { recursive: true, force: true });
});

async function ask(path: string, at = port): Promise<Report & { readonly error?: string }> {
  return askFor(link(path), at);
}

async function askFor(target: string, at = port) {
  const { body } = await rawRequest(at, { target });
  return JSON.parse(String(body));
}

describe('what others have planted where a run would write', () => {
  it.each<[string, () => string]>([
    ['a file named as the run', () => join(tmpdir(), `xsendfile-doctor-${run}.txt`)],
    ['the directory outside of the root', () => placeOf(root, run).record],
    ['the directory below the root', () => placeOf(root, run).path],
  ])('is not written through: %s', async (_what, planted) => {
    const victim = join(base, 'victim');
    writeFileSync(victim, 'precious', { mode: 0o600 });
    const at = planted();
    symlinkSync(victim, at);
    closers.push(() => rmSync(at, { force: true }));
    await ask(`open/${run}`);
    await ask(`close/${run}`);
    expect([readFileSync(victim, 'utf8'), statSync(victim).mode & 0o777]).toEqual([
      'precious',
      0o600,
    ]);
    if (at.startsWith(root)) return;
    expect(lstatSync(at).isSymbolicLink()).toBe(true);
  });

  it('is not used for notes', async () => {
    const { record } = placeOf(root, run);
    mkdirSync(record);
    closers.push(() => rmSync(record, { recursive: true }));
    const victim = join(base, 'victim');
    writeFileSync(victim, '');
    symlinkSync(victim, join(record, 'notes.jsonl'));
    expect((await ask(`open/${run}`)).error).toBe(OPENED_BEFORE);
    await rawRequest(port, { target: link(`file/${run}/1/plain/plain`) });
    expect((await ask(`report/${run}`)).accounts).toEqual([]);
    expect(readFileSync(victim, 'utf8')).toBe('');
  });

  itAsRoot('is not used for notes if another user has made it', async () => {
    const { record } = placeOf(root, run);
    mkdirSync(record);
    chownSync(record, 65_534, 65_534);
    closers.push(() => rmSync(record, { recursive: true }));
    const notes = join(record, 'notes.jsonl');
    writeFileSync(notes, '');
    await rawRequest(port, { target: link(`file/${run}/1/plain/plain`) });
    expect(readFileSync(notes, 'utf8')).toBe('');
  });
});

describe('files and directories of a run', () => {
  it('are new, or an error', async () => {
    const victim = join(base, 'victim');
    mkdirSync(victim, { mode: 0o700 });
    const planted = join(base, 'planted');
    symlinkSync(victim, planted);
    await expect(writeNew(planted, 'text', { mode: 0o644 })).rejects.toThrow('EEXIST');
    await expect(setOwnMode(planted, { mode: 0o755 })).rejects.toThrow(/ELOOP|ENOTDIR/);
    expect(statSync(victim).mode & 0o777).toBe(0o700);
  });

  it('are not for others to write, whatever the root is', async () => {
    chmodSync(root, 0o777);
    await ask(`open/${run}`);
    const { path, record, outside } = placeOf(root, run);
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
    const all = [path, record, outside, ...names.map((name) => join(path, name))];
    expect(all.filter((each) => (statSync(each).mode & 0o022) !== 0)).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(statSync(join(record, 'notes.jsonl')).mode & 0o777).toBe(0o600);
    expect(statSync(outside).mode & 0o777).toBe(0o644);
  });
});

describe('a link to open a run', () => {
  it('is good once: used again it changes nothing', async () => {
    const target = link(`open/${run}`);
    expect((await askFor(target)).error).toBeUndefined();
    const { path } = placeOf(root, run);
    const before = readdirSync(path);
    expect((await askFor(target)).error).toBe(OPENED_BEFORE);
    expect(readdirSync(path)).toEqual(before);
    await ask(`close/${run}`);
    expect((await askFor(target)).error).toBe(OPENED_BEFORE);
    expect(readdirSync(root)).toEqual([]);
  });

  it('is good once for requests at the same time', async () => {
    const target = link(`open/${run}`);
    const errors = await Promise.all(Array.from({ length: 5 }, async () => askFor(target)));
    expect(errors.filter(({ error }) => error === undefined)).toHaveLength(1);
    expect(readdirSync(placeOf(root, run).path)).toContain('plain.txt');
  });

  it('is good once for all processes', async () => {
    const program = join(__dirname, 'child.mjs');
    const { message: other } = await forkProgram(program, [root, SECRET, '']);
    const target = link(`open/${run}`);
    expect((await askFor(target, other)).error).toBeUndefined();
    expect((await askFor(target)).error).toBe(OPENED_BEFORE);
    const file = await rawRequest(port, { target: link(`file/${run}/1/plain/plain`) });
    expect([file.status, file.body.length]).toEqual([200, 1000]);
    // The account is written when the response is over, which the client may see first.
    const accounts = async () => (await ask(`report/${run}`, other)).accounts;
    await eventually(async () => JSON.stringify(await accounts()).includes('"id":"1"'));
    expect(await accounts()).toMatchObject([{ id: '1' }]);
    await ask(`close/${run}`);
    expect((await askFor(target, other)).error).toBe(OPENED_BEFORE);
    expect(readdirSync(root)).toEqual([]);
    expect(readdirSync(placeOf(root, run).record)).toEqual([]);
  });

  it('does not pass the limit of runs with others at the same time', async () => {
    const runs = Array.from({ length: 10 }, () => randomBytes(16).toString('hex'));
    const answers = await Promise.all(runs.map((each) => ask(`open/${each}`)));
    expect(answers.filter(({ error }) => error === undefined)).toHaveLength(4);
    expect(readdirSync(root)).toHaveLength(4);
    await Promise.all(runs.map((each) => ask(`close/${each}`)));
    expect(readdirSync(root)).toEqual([]);
    expect((await ask(`open/${run}`)).error).toBeUndefined();
  });

  it('leaves room for others when it fails', async () => {
    for (let count = 0; count < 6; count++) {
      const each = randomBytes(16).toString('hex');
      const { path } = placeOf(root, each);
      writeFileSync(path, '');
      expect((await ask(`open/${each}`)).error).toContain('EEXIST');
      rmSync(path);
    }
    expect((await ask(`open/${run}`)).error).toBeUndefined();
  });
});

describe('notes of a run', () => {
  it('are not below the root', async () => {
    await ask(`open/${run}`);
    await rawRequest(port, { target: link(`file/${run}/1/plain/plain`) });
    expect((await ask(`report/${run}`)).accounts).toHaveLength(1);
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.endsWith('.jsonl'))).toEqual([]);
  });

  it("hold the doctor's requests only", async () => {
    await ask(`open/${run}`);
    const target = `/-internal-/xsendfile-doctor-${run}/plain.txt`;
    const tokens = [undefined, 'forged', link(`echo/${run}`), link(`token/${'0'.repeat(32)}`)];
    for (const token of tokens) {
      await rawRequest(port, {
        target,
        headers: token === undefined ? {} : { [TOKEN_HEADER]: token },
      });
    }
    expect((await ask(`report/${run}`)).strays).toEqual([]);
    await rawRequest(port, { target, headers: { [TOKEN_HEADER]: link(`token/${run}`) } });
    expect((await ask(`report/${run}`)).strays).toEqual([target]);
  });

  it('have a limit', async () => {
    await ask(`open/${run}`);
    const headers = { [TOKEN_HEADER]: link(`token/${run}`) };
    const target = `/xsendfile-doctor-${run}/${'x'.repeat(14_000)}`;
    for (let count = 0; count < 100; count++) await rawRequest(port, { target, headers });
    const { strays } = await ask(`report/${run}`);
    expect(strays.length).toBeGreaterThan(50);
    expect(statSync(join(placeOf(root, run).record, 'notes.jsonl')).size).toBeLessThan(1024 ** 2);
  });
});
