import { DOCTOR_PARTS } from '../../../servers/fixes.js';
import { FRONT_END_SERVERS, TRAITS } from '../../../servers/names.js';
import { PLAIN_FILE } from '../../canaries.js';
import type { Mode } from '../../protocol.js';
import { frontEndOf, isWhole, leakedHeaders } from '../answers.js';
import { diagnose } from '../diagnose.js';
import type { DiagnosisCode } from '../diagnoses.js';
import { type CheckResult, type Examination, ok } from '../findings.js';
import type { Fetched } from '../session.js';

/** Findings of the first downloads. */
export interface Beginning {
  readonly examination: Examination;
  readonly handshake: CheckResult;
  /** Undefined if it would say the same as the handshake. */
  readonly download: CheckResult | undefined;
}

/** Handshake and an ordinary file: whatever fails here makes everything else fail, too. */
export async function begin(
  basics: Pick<Examination, 'session' | 'opened' | 'settled'>,
): Promise<Beginning> {
  const { session } = basics;
  const plain = await session.fetch(PLAIN_FILE);
  const isSentHere = plain.account?.kind === 'sent';
  // Would it be left to a front end, if the handshake were right?
  const forced = isSentHere ? await session.fetch(PLAIN_FILE, { mode: 'forced' }) : plain;
  const isDirect = isWithoutFrontEnd(plain);
  const examination = { ...basics, plain, forced, server: frontEndOf(plain.answer), isDirect };
  if (!isSentHere || forced.account?.kind !== 'offloaded') {
    const handshake = ok(describeHandshake(plain));
    return { examination, handshake, download: await judgeDownload(plain, examination) };
  }
  const isPresent = plain.account?.handshake === true;
  const code = isPresent ? 'handshake-wrong' : 'handshake-missing';
  const handshake = diagnose(isDirect ? 'no-front-end' : code, examination);
  if (isDirect) return { examination, handshake, download: undefined };
  const download = await judgeDownload(forced, examination);
  const message = `once the handshake is right: ${download.message}`;
  return { examination, handshake, download: { ...download, message } };
}

/** The ports of both ends of a connection that nothing interrupts are the same two. */
function isWithoutFrontEnd({ answer, account }: Fetched): boolean {
  return account !== undefined && account.remotePort === answer.localPort;
}

function describeHandshake({ account }: Fetched): string {
  if (account?.kind !== 'offloaded')
    return 'not needed: the application sends the files on its own';
  return account.handshake ? 'arrives' : 'not in use';
}

async function judgeDownload(fetched: Fetched, examination: Examination): Promise<CheckResult> {
  const { answer, account } = fetched;
  const { session, server = 'the front end' } = examination;
  if (isWhole(answer, PLAIN_FILE)) {
    return ok(
      account?.kind === 'offloaded'
        ? `${server} honours ${account.header?.name ?? 'the header'} and sends the file`
        : 'the application sends the file on its own',
    );
  }
  const helps = async (mode: Mode): Promise<boolean> =>
    answer.status >= 400 &&
    account?.header !== undefined &&
    isWhole((await session.fetch(PLAIN_FILE, { mode })).answer, PLAIN_FILE);
  const code = findCause(fetched, examination, {
    doubledSlash: await helps('doubled'),
    recoding: await helps('recoded'),
  });
  const list = [`the header says ${account?.header?.value}`];
  return diagnose(code, examination, { fetched, list });
}

/** The first cause that fits. */
function findCause(
  { answer, account, strays }: Fetched,
  { server, opened, isDirect }: Examination,
  helps: { readonly doubledSlash: boolean; readonly recoding: boolean },
): DiagnosisCode {
  const { status } = answer;
  const isOffloaded = account?.kind === 'offloaded';
  const isEmpty = status === 200 && answer.body.length === 0;
  const isLeaked = leakedHeaders(answer).length > 0;
  const { isSilent = false, isAmbiguous = false } = server
    ? DOCTOR_PARTS[server]
    : { isAmbiguous: true };
  const isRefused = status === 403 || status === 404;
  const name = account?.header?.name;
  // nginx and Caddy have the same header, but other names for the files.
  const isNamedAfterOther = FRONT_END_SERVERS.some(
    (name) => name === account?.sender && name !== server,
  );
  const isForOther =
    isOffloaded &&
    !!server &&
    !!name &&
    (isNamedAfterOther || name !== TRAITS[server].header.toLowerCase());
  const causes: readonly (readonly [DiagnosisCode, boolean])[] = [
    ['no-front-end', isDirect],
    ['wrong-sender', isForOther],
    ['not-passed-on', account === undefined && status !== 0],
    ['location-absent', strays.length > 0],
    ['header-not-honoured', isOffloaded && status < 400 && (isLeaked || (isEmpty && isSilent))],
    ['header-stripped', isOffloaded && isEmpty],
    ['wrong-encoding', helps.recoding],
    ['unreadable', isAmbiguous ? isRefused && opened.closedTo !== undefined : status === 403],
    ['alias-slash-missing', status === 404 && helps.doubledSlash],
    ['wrong-root', isOffloaded && isRefused],
    ['bad-gateway', status >= 500],
  ];
  const [code] = causes.find(([, fits]) => fits) ?? [];
  return code ?? fileFailure({ answer, account }, 'wrong-bytes');
}

/** What any file may suffer from. @param otherwise - the code if it is none of that */
export function fileFailure(
  { answer, account }: Pick<Fetched, 'answer' | 'account'>,
  otherwise: DiagnosisCode,
): DiagnosisCode {
  if (account === undefined && answer.status !== 0) return 'not-passed-on';
  return answer.broken === undefined ? otherwise : 'stalled';
}
