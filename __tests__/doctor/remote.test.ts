import { doctorProbe, type ProbedObject } from '../../lib/doctor/probe/index.js';
import { xsendfile } from '../../lib/index.js';
import { remoteRoot } from '../../lib/remote/index.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { createTree } from '../helpers/tree.js';
import { type RawStore, startStore } from '../remote/raw-store.js';
import { diagnosesOf, examineSystem } from './examined.js';
import { DOCTOR_SECRET, type Fault } from './system.js';

const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));

let store: RawStore;
beforeAll(async () => {
  store = await startStore((req, res) => {
    // What nginx asks for if clients reach its location.
    if (req.url?.startsWith('/-remote-/')) return void res.end('<ListBucketResult>');
    if (!req.url?.startsWith('/bucket/a%2Bb.bin?signature=a%2Fb%3D')) {
      return void res.writeHead(403).end('<Error>SignatureDoesNotMatch</Error>');
    }
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(String(req.headers.range)) ?? [];
    const headers = { 'Content-Type': 'text/html', 'x-amz-request-id': '1', 'x-amz-meta-a': 'b' };
    if (start === undefined) {
      res.writeHead(200, { ...headers, 'Content-Length': BYTES.length }).end(BYTES);
      return;
    }
    const part = BYTES.subarray(Number(start), Number(end) + 1);
    const range = { 'Content-Range': `bytes ${start}-${end}/${BYTES.length}` };
    res.writeHead(206, { ...headers, ...range, 'Content-Length': part.length }).end(part);
  });
});

const examineRemote = async (
  name: FrontEndName,
  edit?: (config: string) => string,
  path = 'a%2Bb.bin',
) => {
  const { origin } = store;
  const object = () => ({ url: `${origin}/bucket/${path}?signature=a%2Fb%3D`, name: 'a.bin' });
  const fault: Fault = { remote: { origin, object }, ...(edit && { edit }) };
  const diagnosis = await examineSystem(name, fault);
  const finding = diagnosis.findings.find(({ check }) => check === 'remote');
  return { ...finding, all: diagnosesOf(diagnosis) };
};

/** The generated configuration hides headers by their names. */
const hiding = (config: string) =>
  config.replace('proxy_method GET;', 'proxy_method GET; proxy_hide_header x-amz-meta-a;');

describeWithPrograms('remote objects behind nginx', ['nginx'], () => {
  it('are fetched by a right system', async () => {
    expect(await examineRemote('nginx', hiding)).toEqual({
      ...{ check: 'remote', status: 'ok', message: 'are fetched by the front end', all: [] },
    });
  });

  it.each<[string, string, (config: string) => string]>([
    ['a header of the store is not hidden', 'remote-leaks', (config) => config],
    [
      'the location is open to clients',
      'remote-open',
      (config) => hiding(config).replaceAll(/(-remote-[^{]*\{\s+(?:#.*\s+)*)internal;/g, '$1'),
    ],
    [
      "the store's type takes precedence",
      'remote-differs',
      (config) => hiding(config).replace(/proxy_hide_header Content-Type;/, ''),
    ],
  ])('are diagnosed if %s', async (_what, code, edit) => {
    const { status, diagnosis, all } = await examineRemote('nginx', edit);
    expect([status, diagnosis]).toEqual(['failed', code]);
    expect(all).toEqual([code]);
  });

  it('are diagnosed if the object cannot be read', async () => {
    const { diagnosis, message } = await examineRemote('nginx', hiding, 'other');
    expect(diagnosis).toBe('remote-unreadable');
    expect(message).toMatch(/ERR_XSENDFILE_REMOTE_DENIED/);
  });
});

describeWithPrograms('remote objects behind caddy', ['caddy'], () => {
  it('are streamed by the application', async () => {
    const { status, message } = await examineRemote('caddy');
    expect([status, message]).toEqual(['ok', 'are streamed by the application']);
  });
});

it.each<[unknown, string]>([
  [1, 'doctorProbe: remote must be { handler, object }, got a number.'],
  [{ handler: 1 }, 'doctorProbe: remote.handler must be made by xsendfile()'],
  [{ object: 1 }, 'doctorProbe: remote.object must be a function that returns { url }'],
  [{ other: 1 }, 'doctorProbe: remote: unknown option "other".'],
])('doctorProbe() refuses the remote %j', (remote, message) => {
  const root = createTree();
  const handler = xsendfile(remoteRoot({ origins: ['https://b.s3.example'] }));
  const given = typeof remote === 'object' ? { handler, ...remote } : remote;
  const create = () =>
    doctorProbe(xsendfile(root), { secret: DOCTOR_SECRET, remote: given as ProbedObject });
  expect(create).toThrow(message);
});
