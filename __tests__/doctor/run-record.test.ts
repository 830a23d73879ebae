import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRecord, spendRecord } from '../../lib/doctor/probe/run-record.js';
import { MAX_LIFETIME } from '../../lib/doctor/protocol.js';
import { itAsRoot } from '../helpers/needs.js';
import { createTree } from '../helpers/tree.js';

const NOBODY = 65_534;
const LATER_MS = (MAX_LIFETIME + 2) * 1000;

afterEach(() => jest.useRealTimers());

/** Spends a record, with timers that a test advances. */
async function spend(): Promise<string> {
  const record = join(createTree({}), 'record');
  await createRecord(record);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  await spendRecord(record);
  expect(existsSync(record)).toBe(true);
  return record;
}

describe('spendRecord(record)', () => {
  it('removes it when no link of the run is valid any more', async () => {
    const record = await spend();
    jest.advanceTimersByTime(LATER_MS);
    expect(existsSync(record)).toBe(false);
  });

  itAsRoot('leaves what cannot be removed, and does not end the process for it', async () => {
    const record = await spend();
    process.seteuid?.(NOBODY);
    try {
      jest.advanceTimersByTime(LATER_MS);
    } finally {
      process.seteuid?.(0);
    }
    expect(existsSync(record)).toBe(true);
  });
});
