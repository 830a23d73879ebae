import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createFixture } from '../helpers/check.js';
import { createTree, OLD } from '../helpers/tree.js';

type Callback = (error: Error | null, ...results: unknown[]) => void;

/** A file system that takes its time cannot be had on demand. */
let mockDelayMs = 0;

jest.mock('node:fs', () => {
  const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
  return {
    ...fs,
    fstat: (descriptor: number, options: object, callback: Callback) => {
      if (mockDelayMs === 0) fs.fstat(descriptor, options, callback as never);
      else setTimeout(() => fs.fstat(descriptor, options, callback as never), mockDelayMs);
    },
  };
});

const root = createTree({ 'a.txt': 'the old content' });
const file = join(root, 'a.txt');

it('an overwrite between the read and a slow fstat is neither cached nor given a strong ETag', async () => {
  const { request, check } = await createFixture(root);
  // Old enough for the cache.
  utimesSync(file, OLD, OLD);
  await delay(2200);
  mockDelayMs = 2600;
  const slow = request({ target: '/a.txt' });
  await delay(200);
  // Of the same size, with the times of a moment that is more than two seconds past when fstat ends.
  writeFileSync(file, 'the new content');
  const answer = await slow;
  mockDelayMs = 0;
  expect(answer.status).toBe(200);
  expect(Date.now() - statSync(file).ctimeMs).toBeGreaterThan(2000);
  expect(answer.headers.etag).toMatch(/^W\//);

  const { headers } = await check({ target: '/a.txt' }, { status: 200, body: 'the new content' });
  expect(headers.etag).toMatch(/^"/);
  expect(String(answer.headers.etag).replace('W/', '')).not.toBe(headers.etag);
  await check({ target: '/a.txt' }, { status: 200, body: 'the new content' });
});
