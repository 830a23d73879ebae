import type { Diagnosis } from '../../lib/doctor/examiner/examine.js';
import { formatDiagnosis } from '../../lib/doctor/examiner/format.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { diagnosesOf, examineSystem } from './examined.js';
import { FAULTS, UNREADABLE } from './faults.js';

/** Each takes seconds, in which it mostly waits. */
const AT_A_TIME = 6;
const isRoot = process.getuid?.() === 0;
const ALL = isRoot ? [...FAULTS, ...UNREADABLE] : FAULTS;

/** What the doctor says of all mistakes with one server. */
export function describeFaults(name: FrontEndName): void {
  describeWithPrograms('a system with a mistake', [name], () => {
    const cases = ALL.filter(({ server }) => server === name);
    const results = new Map<unknown, Promise<Diagnosis>>();

    beforeAll(async () => {
      const waiting = [...cases];
      const work = async (): Promise<void> => {
        for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
          const result = examineSystem(each.server, each.fault);
          results.set(each, result);
          await result.catch(() => {});
        }
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, work));
    }, 600_000);

    it.each(cases)('is named for what it is: $server, $what', async (each) => {
      const diagnosis = (await results.get(each)) as Diagnosis;
      if (process.env.SHOW) console.log(formatDiagnosis(diagnosis, each.what, false));
      expect(diagnosesOf(diagnosis)).toEqual(each.names);
      const wrong = diagnosis.findings.filter(({ diagnosis: name }) => name !== undefined);
      // Of placeholders none is left.
      const unfilled = /undefined|\{\w+\}/;
      expect(wrong.filter(({ fix = '' }) => fix === '')).toEqual([]);
      expect(wrong.filter(({ message, fix = '' }) => unfilled.test(message + fix))).toEqual([]);
    });
  });
}
