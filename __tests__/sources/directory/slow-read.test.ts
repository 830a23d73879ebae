import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createFixture } from '../../helpers/check.js';
import { letFilesSettle } from '../../helpers/settled-files.js';
import { createTree } from '../../helpers/tree.js';

type Callback = (error: Error | null, ...results: unknown[]) => void;

/** What happens after each `read`: a file system that takes its time cannot be had on demand. */
let mockAfterRead = async (): Promise<void> => {};

jest.mock('node:fs', () => {
  const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
  return {
    ...fs,
    read: (...args: unknown[]) => {
      const callback = args.pop() as Callback;
      const read = fs.read as (...args: unknown[]) => void;
      read(...args, (...results: Parameters<Callback>) => {
        void mockAfterRead().then(() => callback(...results));
      });
    },
  };
});

const root = createTree({ 'a.txt': 'the old content' });
const file = join(root, 'a.txt');

it('an overwrite between a slow read and the stat is neither cached nor given a strong ETag', async () => {
  const { request, check } = await createFixture(root);
  // Past the time in which validators are weak.
  await delay(2100);
  mockAfterRead = async () => {
    await delay(200);
    // Of the same size, and more than two seconds past when the read ends.
    writeFileSync(file, 'the new content');
    letFilesSettle();
    mockAfterRead = async () => {};
  };
  const answer = await request({ target: '/a.txt' });
  expect(answer.status).toBe(200);
  expect(Date.now() - statSync(file).ctimeMs).toBeGreaterThan(2000);
  expect(answer.headers.etag).toMatch(/^W\//);

  const { headers } = await check({ target: '/a.txt' }, { status: 200, body: 'the new content' });
  expect(headers.etag).toMatch(/^"/);
  expect(String(answer.headers.etag).replace('W/', '')).not.toBe(headers.etag);
  await check({ target: '/a.txt' }, { status: 200, body: 'the new content' });
});
