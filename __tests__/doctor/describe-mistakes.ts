import type { Diagnosis } from '../../lib/doctor/examiner/examine.js';
import { formatDiagnosis } from '../../lib/doctor/examiner/format.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { diagnosesOf, examineSystem } from './examined.js';
import { FAULTS, type FaultCase, UNREADABLE, WRONG_SENDERS } from './faults.js';
import { REPAIRS, type Repair, ROOT } from './repairs.js';

/** A system with a mistake, before and after somebody has done what the doctor says. */
interface Treatment {
  readonly before: Promise<Diagnosis>;
  /** Rejects if there is nothing to do. */
  readonly after: Promise<Diagnosis> | undefined;
}

/** Each takes seconds, in which it mostly waits. */
const AT_A_TIME = 6;
const isRoot = process.getuid?.() === 0;
const MISTAKES = [...FAULTS, ...WRONG_SENDERS, ...(isRoot ? UNREADABLE : [])];

function repairOf({ server, what }: FaultCase): Repair | undefined {
  return REPAIRS.find((repair) => repair.server === server && repair.what === what);
}

function treat(mistake: FaultCase): Treatment {
  const { server, fault } = mistake;
  const before = examineSystem(server, fault);
  const repair = repairOf(mistake);
  const after = repair && before.then((diagnosis) => examineRepaired(repair, fault, diagnosis));
  return { before, after };
}

/** Types the first fix in, as the doctor shows it. */
async function examineRepaired(
  { server, apply }: Repair,
  fault: FaultCase['fault'],
  { findings, root }: Diagnosis,
): Promise<Diagnosis> {
  const { fix } = findings.find((each) => each.fix !== undefined) ?? {};
  if (fix === undefined) throw new Error('Nothing is wrong.');
  return examineSystem(server, apply(fix.replaceAll(root, ROOT), fault));
}

/** What the doctor says of all mistakes with one server, and what is left of them after its fixes. */
export function describeMistakes(name: FrontEndName): void {
  describeWithPrograms('a system with a mistake', [name], () => {
    const mistakes = MISTAKES.filter(({ server }) => server === name);
    const treatments = new Map<FaultCase, Treatment>();

    beforeAll(async () => {
      const waiting = [...mistakes];
      const work = async (): Promise<void> => {
        for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
          const treatment = treat(each);
          treatments.set(each, treatment);
          await Promise.allSettled([treatment.before, treatment.after]);
        }
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, work));
    }, 900_000);

    const named = mistakes.filter(({ names }) => names !== undefined);
    it.each(named)('is named for what it is: $server, $what', async (each) => {
      const diagnosis = (await treatments.get(each)?.before) as Diagnosis;
      if (process.env.SHOW) console.log(formatDiagnosis(diagnosis, each.what, false));
      expect(diagnosesOf(diagnosis)).toEqual(each.names);
      const wrong = diagnosis.findings.filter(({ diagnosis: name }) => name !== undefined);
      // Of placeholders none is left.
      const unfilled = /undefined|\{\w+\}/;
      expect(wrong.filter(({ fix = '' }) => fix === '')).toEqual([]);
      expect(wrong.filter(({ message, fix = '' }) => unfilled.test(message + fix))).toEqual([]);
    });

    const repaired = mistakes.filter(repairOf);
    it.each(repaired)('is cured by the fix: $server, $what', async (each) => {
      const diagnosis = (await treatments.get(each)?.after) as Diagnosis;
      expect(diagnosesOf(diagnosis)).toEqual(repairOf(each)?.left ?? []);
    });

    it('is known for every repair', () => {
      const known = new Set([...FAULTS, ...WRONG_SENDERS, ...UNREADABLE].map(repairOf));
      expect(REPAIRS.filter((repair) => !known.has(repair))).toEqual([]);
    });
  });
}
