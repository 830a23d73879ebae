import { setTimeout as delay } from 'node:timers/promises';
import type { FrontEndServer } from '../../servers/names.js';
import { PLAIN_FILE } from '../canaries.js';
import { isWhole } from './answers.js';
import { begin } from './checks/download.js';
import { EXPOSURE_CHECKS } from './checks/exposure.js';
import { FILE_CHECKS } from './checks/files.js';
import { REMOTE_CHECKS } from './checks/remote.js';
import { REQUEST_CHECKS } from './checks/requests.js';
import { diagnose } from './diagnose.js';
import {
  CHECKS,
  type Check,
  type CheckId,
  type CheckResult,
  type Examination,
  type Finding,
  ok,
  problem,
  skipped,
  type Verdict,
} from './findings.js';
import { CannotExamine, createSession, newRun, type SessionOptions } from './session.js';

/** Subject of an examination. */
export interface ExamineOptions extends SessionOptions {
  /** URL of the mounted probe, as the public sees it. */
  readonly url: URL;
  /** The same at the application itself. */
  readonly direct: URL | undefined;
}

/** Result of an examination. */
export interface Diagnosis {
  readonly server: FrontEndServer | undefined;
  /** Name of the application's sender; undefined if that is not known. */
  readonly sender: string | undefined;
  readonly root: string;
  readonly findings: readonly Finding[];
}

/** After the first downloads. */
const FURTHER: Readonly<Record<Exclude<CheckId, 'handshake' | 'download' | 'direct'>, Check>> = {
  ...FILE_CHECKS,
  ...REQUEST_CHECKS,
  ...EXPOSURE_CHECKS,
  ...REMOTE_CHECKS,
};

/** Checks of security, which are as urgent when another check has failed. */
const SECURITY: readonly string[] = ['location', 'roots', 'slash', 'outside', 'steering', 'trace'];

/** Tags of files that have just changed are weak. */
const SETTLED_MS = 2200;
const SKIPPED = 'needs what has failed above';

/**
 * Examines a deployed system from outside.
 *
 * @throws {@link CannotExamine} when no probe responds, or it cannot make its files.
 */
export async function examine(options: ExamineOptions): Promise<Diagnosis> {
  const { url, direct } = options;
  const run = newRun();
  const session = createSession(url, run, options);
  try {
    const opened = await session.open().catch((error: Error) => {
      if (error.name === 'CannotExamine') throw error;
      throw new CannotExamine(
        `${url.origin} cannot be reached: ${error.message}. Check the address, and that the front end runs.`,
      );
    });
    if ('error' in opened) throw new CannotExamine(opened.error);
    try {
      const since = performance.now();
      const settled = () => delay(Math.max(0, since + SETTLED_MS - performance.now()));
      const { examination, handshake, download } = await begin({ session, opened, settled });
      const isSound = handshake.status === 'ok' && download?.status === 'ok';
      const results: { [id in CheckId]?: CheckResult } = {
        handshake,
        download: download ?? skipped(SKIPPED),
      };
      for (const [id, check] of Object.entries(FURTHER) as [CheckId, Check][]) {
        const isInVain = isSound ? false : !SECURITY.includes(id);
        // Its name has to be encoded, too.
        const isBroken = id === 'long' && results.names?.status === 'failed';
        if (isInVain || isBroken) results[id] = skipped(SKIPPED);
        else if (!isSound && examination.isDirect) results[id] = skipped('there is no front end');
        else results[id] = toResult(await check(examination), examination);
      }
      if (direct !== undefined) {
        results.direct = toResult(await checkDirect(direct, run, options), examination);
      }
      return {
        server: examination.server,
        sender: examination.plain.account?.sender,
        root: opened.root,
        findings: (Object.keys(CHECKS) as CheckId[]).flatMap((check) => {
          const result = results[check];
          return result === undefined ? [] : { check, ...result };
        }),
      };
    } finally {
      await session.close().catch(() => {});
    }
  } finally {
    session.disconnect();
  }
}

function toResult(verdict: Verdict, examination: Examination): CheckResult {
  return 'code' in verdict ? diagnose(verdict.code, examination, verdict) : verdict;
}

/** Checks the response to clients that bypass the front end. */
async function checkDirect(url: URL, run: string, options: ExamineOptions): Promise<Verdict> {
  const session = createSession(url, run, options);
  try {
    const fetched = await session.fetch(PLAIN_FILE);
    if (isWhole(fetched.answer, PLAIN_FILE)) return ok('sends the file on its own');
    if (fetched.answer.status !== 0) return problem('no-handshake', { fetched });
    return problem('direct-unreachable', { list: [fetched.answer.broken ?? ''] });
  } catch (error) {
    return problem('direct-unreachable', { list: [`${url.origin}, ${(error as Error).message}`] });
  } finally {
    session.disconnect();
  }
}
