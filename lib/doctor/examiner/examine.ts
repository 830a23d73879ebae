import { setTimeout as delay } from 'node:timers/promises';
import type { FrontEndServer } from '../../protocol/control-headers.js';
import type { Secret } from '../../tokens/types.js';
import { PLAIN } from '../canaries.js';
import { isWhole } from './answers.js';
import { begin, checkLarge } from './checks/download.js';
import {
  checkLocation,
  checkOutside,
  checkSlash,
  checkSteering,
  checkTarget,
} from './checks/exposure.js';
import { checkHeaders } from './checks/headers.js';
import { checkLong, checkNames, checkWritten } from './checks/names.js';
import {
  checkHead,
  checkIfRange,
  checkKeepAlive,
  checkNotModified,
  checkRange,
  checkUnsatisfiable,
  checkValidators,
} from './checks/requests.js';
import { createClient } from './client.js';
import { diagnose, symptomsOf } from './diagnose.js';
import { CHECKS, type CheckId, type Examination, type Finding, ok, skipped } from './findings.js';
import { CannotExamine, createSession, newRun, type Session } from './session.js';

/** What to examine. */
export interface ExamineOptions {
  /** URL of the mounted probe, as the public sees it. */
  readonly url: URL;
  /** The same at the application itself. */
  readonly direct: URL | undefined;
  readonly secret: Secret | readonly Secret[];
  readonly now: () => number;
}

/** What was found. */
export interface Diagnosis {
  readonly server: FrontEndServer | undefined;
  /** Name of the application's sender; undefined if that is not known. */
  readonly sender: string | undefined;
  readonly root: string;
  readonly findings: readonly Finding[];
}

type Check = (examination: Examination) => Finding | Promise<Finding>;

/** In the order of the report; those that need an old file come last. */
const FURTHER: readonly (readonly [CheckId, Check])[] = [
  ['large', checkLarge],
  ['names', checkNames],
  ['long', checkLong],
  ['written', checkWritten],
  ['head', checkHead],
  ['range', checkRange],
  ['unsatisfiable', checkUnsatisfiable],
  ['headers', checkHeaders],
  ['validators', checkValidators],
  ['location', checkLocation],
  ['slash', checkSlash],
  ['outside', checkOutside],
  ['steering', checkSteering],
  ['keepAlive', checkKeepAlive],
  ['target', checkTarget],
  ['ifRange', checkIfRange],
  ['notModified', checkNotModified],
];

/** What others may get at: as urgent when something else has failed. */
const SECURITY: readonly CheckId[] = ['location', 'slash', 'outside', 'steering'];

/** Tags of files that have just changed are weak. */
const SETTLED_MS = 2200;
const SKIPPED = 'needs what has failed above';
const NOBODY_IN_BETWEEN = 'there is no front end';
const ORDER = Object.keys(CHECKS);

/**
 * Examines a deployed system from outside.
 *
 * @throws {@link CannotExamine} when there is no probe to talk to, or it cannot make its files.
 */
export async function examine(options: ExamineOptions): Promise<Diagnosis> {
  const { url, direct } = options;
  const run = newRun();
  const session = sessionAt(url, run, options);
  try {
    const opened = await session.open().catch(explainUnreachable(url));
    if (opened.error !== undefined) throw new CannotExamine(opened.error);
    try {
      const since = performance.now();
      const settled = () => delay(Math.max(0, since + SETTLED_MS - performance.now()));
      const { findings, known, isSound } = await begin(session, opened);
      const examination: Examination = {
        ...known,
        ...{ session, opened, settled },
      };
      const further = await (isSound ? askFurther : askForSecurity)(examination);
      const download = findings.some(({ check }) => check === 'download')
        ? []
        : [skipped('download', SKIPPED)];
      const last =
        direct === undefined ? [] : [await checkDirect(direct, run, examination, options)];
      const { account } = known.plain;
      return {
        server: known.server,
        sender: account?.sender,
        root: opened.root,
        findings: [...findings, ...download, ...further, ...last].sort(
          (one, other) => ORDER.indexOf(one.check) - ORDER.indexOf(other.check),
        ),
      };
    } finally {
      await session.close().catch(() => {});
    }
  } finally {
    session.client.close();
  }
}

function sessionAt(url: URL, run: string, { secret, now }: ExamineOptions): Session {
  const mount = url.pathname.replace(/\/$/, '');
  return createSession({ client: createClient(url), mount, secret, now, run });
}

function explainUnreachable(url: URL) {
  return (error: Error): never => {
    if (error instanceof CannotExamine) throw error;
    throw new CannotExamine(
      `${url.origin} cannot be reached: ${error.message}. Check the address, and that the front end runs.`,
    );
  };
}

async function askFurther(examination: Examination): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [id, check] of FURTHER) {
    // It has a name that has to be encoded, too.
    const isInVain = id === 'long' && findings.at(-1)?.status === 'failed';
    findings.push(isInVain ? skipped(id, SKIPPED) : await check(examination));
  }
  return findings;
}

async function askForSecurity(examination: Examination): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [id, check] of FURTHER) {
    if (!SECURITY.includes(id)) findings.push(skipped(id, SKIPPED));
    else if (examination.isDirect) findings.push(skipped(id, NOBODY_IN_BETWEEN));
    else findings.push(await check(examination));
  }
  return findings;
}

/** What whoever goes around the front end gets. */
async function checkDirect(
  url: URL,
  run: string,
  examination: Examination,
  options: ExamineOptions,
): Promise<Finding> {
  const session = sessionAt(url, run, options);
  try {
    const exchange = await session.fetch(PLAIN);
    if (isWhole(exchange.answer, PLAIN)) return ok('direct', 'sends the file by itself');
    return diagnose(symptomsOf('direct', exchange, examination));
  } catch (error) {
    return {
      check: 'direct',
      status: 'warning',
      diagnosis: 'direct-unreachable',
      says: `${url.origin}: ${(error as Error).message}`,
      cure: 'If nobody but the front end is to reach the application, leave out --direct: all is well.',
    };
  } finally {
    session.client.close();
  }
}
