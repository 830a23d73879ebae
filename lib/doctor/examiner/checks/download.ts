import { BULKY, PLAIN } from '../../canaries.js';
import type { Manner, Opened } from '../../protocol.js';
import { isWhole, serverOf } from '../answers.js';
import { diagnose, symptomsOf } from '../diagnose.js';
import { type Examination, type Finding, ok } from '../findings.js';
import type { Exchange, Session } from '../session.js';

/** What the first downloads tell. */
export interface Beginning {
  readonly findings: readonly Finding[];
  /** How the download that all others are compared with went. */
  readonly known: Pick<Examination, 'plain' | 'told' | 'server' | 'isDirect'>;
  /** Whether there is a point in going on. */
  readonly isSound: boolean;
}

/** Handshake and an ordinary file: whatever fails here makes everything else fail, too. */
export async function begin(session: Session, opened: Opened): Promise<Beginning> {
  const plain = await session.fetch(PLAIN);
  const isSentHere = plain.account?.kind === 'sent';
  // Would it be left to a front end, if the handshake were right?
  const forced = isSentHere ? await session.fetch(PLAIN, { manner: 'forced' }) : plain;
  const known = { plain, told: forced, server: serverOf(plain.answer), isDirect: isDirect(plain) };
  const context = { ...known, opened };

  if (isSentHere && forced.account?.kind === 'offloaded') {
    const findings = [diagnose(symptomsOf('handshake', plain, context))];
    if (!known.isDirect) findings.push(onceTrusted(await judge(session, forced, context)));
    return { findings, known, isSound: false };
  }
  const findings = [ok('handshake', describeHandshake(plain))];
  const finding = await judge(session, plain, context);
  return { findings: [...findings, finding], known, isSound: finding.status === 'ok' };
}

/** Not to be read as what happens now. */
function onceTrusted(finding: Finding): Finding {
  return { ...finding, says: `once the handshake is right: ${finding.says}` };
}

/** The ports of both ends of a connection without anybody in between are the same two. */
function isDirect({ answer, account }: Exchange): boolean {
  return account !== undefined && account.remotePort === answer.localPort;
}

function describeHandshake({ account }: Exchange): string {
  if (account?.kind !== 'offloaded') return 'not needed: the application sends the files by itself';
  return account.handshake ? 'arrives' : 'not in use';
}

async function judge(
  session: Session,
  exchange: Exchange,
  context: Pick<Examination, 'server' | 'isDirect'> & { readonly opened: Opened },
): Promise<Finding> {
  const { answer, account } = exchange;
  if (isWhole(answer, PLAIN)) {
    const who =
      account?.kind === 'offloaded'
        ? `${context.server ?? 'the front end'} heeds ${account.header?.name ?? 'the header'} and sends the file`
        : 'the application sends the file by itself';
    return ok('download', who);
  }
  const helps = async (manner: Manner): Promise<boolean> =>
    answer.status >= 400 &&
    account?.header !== undefined &&
    isWhole((await session.fetch(PLAIN, { manner })).answer, PLAIN);
  const helpsDoubledSlash = await helps('doubled');
  const helpsRecoding = await helps('recoded');
  const more = { helpsDoubledSlash, helpsRecoding };
  return diagnose(symptomsOf('download', exchange, context, more));
}

/** Whether a download comes to its end. */
export async function checkLarge(examination: Examination): Promise<Finding> {
  const exchange = await examination.session.fetch(BULKY);
  if (isWhole(exchange.answer, BULKY)) return ok('large', `all of its ${BULKY.size} bytes arrive`);
  return diagnose(symptomsOf('large', exchange, examination));
}
