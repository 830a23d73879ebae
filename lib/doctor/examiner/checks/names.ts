import { join } from 'node:path';
import { longCanary, NAMES, WRITTEN } from '../../canaries.js';
import { isWhole } from '../answers.js';
import { diagnose, symptomsOf } from '../diagnose.js';
import { type Examination, type Finding, ok, skipped } from '../findings.js';
import type { Exchange } from '../session.js';

/** Names that have to be encoded. */
export async function checkNames(examination: Examination): Promise<Finding> {
  const { session, opened } = examination;
  const list: string[] = [];
  let failed: Exchange | undefined;
  const known = NAMES.filter(({ canary }) => !opened.missing.includes(canary.key));
  for (const { what, canary } of known) {
    const exchange = await session.fetch(canary);
    if (isWhole(exchange.answer, canary)) continue;
    list.push(`${what} (${exchange.answer.status})`);
    failed ??= exchange;
  }
  if (failed === undefined) return ok('names', `all ${known.length} arrive`);
  return diagnose(symptomsOf('names', failed, examination, { list }));
}

/** A path that fills the buffers. */
export async function checkLong(examination: Examination): Promise<Finding> {
  const { session, opened } = examination;
  const canary = longCanary(join(opened.root, opened.directory));
  if (opened.missing.includes(canary.key)) {
    return skipped('long', "the application's file system does not take it");
  }
  const exchange = await session.fetch(canary);
  const { answer, account } = exchange;
  if (!isWhole(answer, canary)) return diagnose(symptomsOf('long', exchange, examination));
  const length = account?.header?.value.length;
  return ok('long', length === undefined ? 'arrives' : `${length} bytes in the header arrive`);
}

/** A file as the application makes it, in a directory that others may enter. */
export async function checkWritten(examination: Examination): Promise<Finding> {
  const exchange = await examination.session.fetch(WRITTEN);
  if (isWhole(exchange.answer, WRITTEN)) return ok('written', 'can be read');
  return diagnose(symptomsOf('written', exchange, examination));
}
