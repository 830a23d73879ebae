import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { authToken, type XSendfileOptions, xsendfile } from '../../../lib/index.js';
import { type Fixture, listenWith } from '../../helpers/check.js';
import { letFilesSettle } from '../../helpers/settled-files.js';
import { createTree } from '../../helpers/tree.js';

const root = createTree();
afterEach(() => jest.restoreAllMocks());
let count = 0;

const SENDERS: readonly [string, XSendfileOptions][] = [
  ['serve', {}],
  ['serve without a cache', { cache: false }],
  ['apache', { sender: 'apache', handshake: false }],
  ['nginx', { sender: 'nginx', handshake: false }],
];

/** A file that is a few milliseconds old. */
async function createYoung(
  options: XSendfileOptions,
): Promise<Fixture & { file: string; target: string }> {
  const name = `young-${count++}.txt`;
  const file = join(root, name);
  writeFileSync(file, 'one');
  const handler = xsendfile(root, options);
  return { ...(await listenWith((req, res) => handler(req, res))), file, target: `/${name}` };
}

/** Two versions of the same size; tried again if they did not get into the same second. */
async function twoVersions(options: XSendfileOptions) {
  for (;;) {
    const { file, target, request } = await createYoung(options);
    const { mtimeMs: before } = statSync(file);
    const first = validatorsOf(await request({ target }));
    await delay(20);
    writeFileSync(file, 'two');
    const second = validatorsOf(await request({ target }));
    const { mtimeMs } = statSync(file);
    const isSameSecond = Math.floor(before / 1000) === Math.floor(mtimeMs / 1000);
    if (isSameSecond) return { first, second, mtimeMs, target, request };
  }
}

function validatorsOf({ headers }: { headers: Readonly<Record<string, string>> }): string[] {
  return [String(headers.etag), String(headers['last-modified'])];
}

describe.each(SENDERS)('two versions of a file within one second (%s)', (_name, options) => {
  it('share no validator with each other or with a later version', async () => {
    const { first, second, mtimeMs, target, request } = await twoVersions(options);
    const [firstTag, firstDate] = first;
    const [secondTag] = second;
    for (const tag of [firstTag, secondTag]) expect(tag).toMatch(/^W\//);
    expect(secondTag).not.toBe(firstTag);

    letFilesSettle();
    const [tag, date] = validatorsOf(await request({ target }));
    expect(tag).toMatch(/^"/);
    for (const weak of [firstTag, secondTag]) expect(String(weak).replace('W/', '')).not.toBe(tag);
    expect(date).toBe(new Date(mtimeMs).toUTCString());
    expect(Date.parse(String(firstDate))).toBeLessThan(Math.floor(mtimeMs / 1000) * 1000);
  });
});

describe.each(SENDERS)('the date of a new file (%s)', (_name, options) => {
  it('is never a reason for 304', async () => {
    const { file, target, request, check } = await createYoung(options);
    const [tag, date] = validatorsOf(await request({ target }));
    const dates = [date, new Date().toUTCString(), new Date(statSync(file).mtimeMs).toUTCString()];
    for (const since of dates) {
      const headers = { 'If-Modified-Since': String(since) };
      // A front end would decide by the date, so it is not asked.
      await check({ target, headers }, { status: 200, body: 'one' });
    }
    if (options.sender !== undefined) return;
    await check({ target, headers: { 'If-None-Match': String(tag) } }, { status: 304 });
    const headers = { 'If-Unmodified-Since': String(date) };
    await check({ target, headers }, { status: 412 });
    utimesSync(file, new Date('2024-01-01'), new Date('2024-01-01'));
    const settled = { 'If-Modified-Since': 'Mon, 01 Jan 2024 00:00:00 GMT' };
    await check({ target, headers: settled }, { status: 304 });
  });
});

it('authToken() makes the validators of a new file weak', async () => {
  const { file, target } = await createYoung({});
  const handler = authToken('0123456789abcdef0123456789abcdef', root);
  const { request } = await listenWith((req, res) => handler(req, res));
  const link = handler.signer.sign(target.slice(1));
  const [first] = validatorsOf(await request({ target: link }));
  await delay(20);
  writeFileSync(file, 'two');
  const [second] = validatorsOf(await request({ target: link }));
  expect(first).toMatch(/^W\//);
  expect(second).not.toBe(first);
});
