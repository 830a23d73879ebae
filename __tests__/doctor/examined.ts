import { type Diagnosis, examine } from '../../lib/doctor/examiner/examine.js';
import type { FrontEndName } from '../helpers/front-end-server.js';
import { DOCTOR_SECRET, type Fault, startSystem } from './system.js';

/** Starts a system, examines it and ends it. */
export async function examineSystem(name: FrontEndName, fault: Fault = {}): Promise<Diagnosis> {
  const system = await startSystem(name, fault);
  try {
    return await examine({
      url: new URL(system.url),
      direct: undefined,
      secret: DOCTOR_SECRET,
      now: Date.now,
      // Machines that run tests are shared.
      idleMs: 60_000,
    });
  } finally {
    await system.close();
  }
}

/** Names of what is wrong. */
export function diagnosesOf({ findings }: Diagnosis): readonly string[] {
  return findings.flatMap(({ diagnosis }) => diagnosis ?? []);
}
