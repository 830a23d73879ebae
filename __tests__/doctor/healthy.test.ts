import type { Diagnosis } from '../../lib/doctor/examiner/examine.js';
import { formatDiagnosis } from '../../lib/doctor/examiner/format.js';
import { FRONT_END_SERVERS } from '../../lib/frontends/index.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { examineSystem } from './examined.js';

describeWithPrograms('a right system', FRONT_END_SERVERS, () => {
  const results = new Map<string, Promise<Diagnosis>>();
  beforeAll(async () => {
    for (const name of FRONT_END_SERVERS) results.set(name, examineSystem(name));
    await Promise.allSettled(results.values());
  }, 300_000);

  it.each(FRONT_END_SERVERS)('has nothing wrong with %s', async (name) => {
    const diagnosis = (await results.get(name)) as Diagnosis;
    if (process.env.SHOW) console.log(formatDiagnosis(diagnosis, 'url', false));
    expect(diagnosis.server).toBe(name);
    const complaints = diagnosis.findings.filter(
      ({ status }) => !['ok', 'skipped'].includes(status),
    );
    expect(complaints).toEqual([]);
  });
});
