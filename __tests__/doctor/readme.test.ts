import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDiagnosis } from '../../lib/doctor/examiner/format.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { examineSystem } from './examined.js';

const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
const [, transcript = ''] = /<!-- transcript: doctor -->\n```console\n(.*?)```/s.exec(readme) ?? [];
const [, ...lines] = transcript.trimEnd().split('\n');

/** Lines of the generated configuration that usual snippets lack. */
const UNUSUAL = /^.*(?:add_header|proxy_buffer_size|proxy_buffers|X-Sendfile-Config).*\n/gm;

describeWithPrograms('the transcript in README.md', ['nginx'], () => {
  let printed: string[] = [];
  beforeAll(async () => {
    const diagnosis = await examineSystem('nginx', {
      edit: (config) => config.replace(UNUSUAL, ''),
    });
    printed = formatDiagnosis(diagnosis, 'https://example.com/-doctor', false).split('\n');
  }, 120_000);

  it('has all that is wrong with a usual snippet', () => {
    const faults = printed.filter((line) => /^(?:failed|warning) /.test(line));
    expect(lines).toHaveLength(2 * faults.length);
  });

  // An ellipsis stands for text that was left out.
  it.each(lines)('is what the doctor prints: %s', (line) => {
    const parts = line.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    const pattern = new RegExp(`^${parts.join('.*')}$`);
    expect(printed).toContainEqual(expect.stringMatching(pattern));
  });
});
