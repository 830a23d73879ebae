import { join } from 'node:path';
import { BULKY, type Canary, longCanary, NAMES, WRITTEN } from '../../canaries.js';
import { isWhole } from '../answers.js';
import type { DiagnosisCode } from '../diagnoses.js';
import { type Check, ok, problem, skipped } from '../findings.js';
import type { Fetched } from '../session.js';
import { fileFailure } from './download.js';

/** Other files than an ordinary one. */
export const FILE_CHECKS = {
  large: fileCheck(BULKY, `all of its ${BULKY.size} bytes arrive`, 'wrong-bytes'),

  /** Created like the application's files, in a directory that others may enter. */
  written: fileCheck(WRITTEN, 'can be read', 'unreadable-new-files'),

  async names({ session, opened }) {
    const list: string[] = [];
    let failed: Fetched | undefined;
    const supported = NAMES.filter(({ canary }) => !opened.missing.includes(canary.key));
    for (const { what, canary } of supported) {
      const fetched = await session.fetch(canary);
      if (isWhole(fetched.answer, canary)) continue;
      list.push(`${what} (${fetched.answer.status})`);
      failed ??= fetched;
    }
    if (failed === undefined) return ok(`all ${supported.length} arrive`);
    return problem(fileFailure(failed, 'wrong-encoding'), { fetched: failed, list });
  },

  /** A path that fills the buffers. */
  async long({ session, opened }) {
    const canary = longCanary(join(opened.root, opened.directory));
    if (opened.missing.includes(canary.key)) {
      return skipped("the application's file system does not support it");
    }
    const fetched = await session.fetch(canary);
    const { answer, account } = fetched;
    if (!isWhole(answer, canary)) {
      const isOverflow = answer.status === 0 || (account !== undefined && answer.status >= 500);
      const code = isOverflow ? 'buffer-too-small' : fileFailure(fetched, 'long-path-lost');
      return problem(code, { fetched });
    }
    const length = account?.header?.value.length;
    return ok(length === undefined ? 'arrives' : `${length} bytes in the header arrive`);
  },
} satisfies { readonly [id: string]: Check };

function fileCheck(canary: Canary, message: string, otherwise: DiagnosisCode): Check {
  return async ({ session }) => {
    const fetched = await session.fetch(canary);
    if (isWhole(fetched.answer, canary)) return ok(message);
    return problem(fileFailure(fetched, otherwise), { fetched });
  };
}
