import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const script = join(__dirname, '../scripts/api-docs.mjs');

describe('docs/api', () => {
  it('is what "npm run docs:api" makes of the docstrings, which are complete', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--check'], {
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });
});
