import { join } from 'node:path';
import { BULKY, type Canary, longCanary, NAMES, WRITTEN } from '../../canaries.js';
import { isWhole } from '../answers.js';
import { diagnose } from '../diagnose.js';
import type { DiagnosisCode } from '../diagnoses.js';
import { type Check, ok, skipped } from '../findings.js';
import type { Fetched } from '../session.js';
import { fileFailure } from './download.js';

/** Other files than an ordinary one. */
export const FILE_CHECKS = {
  large: fileCheck(BULKY, `all of its ${BULKY.size} bytes arrive`, 'wrong-bytes'),

  /** Created like the application's files, in a directory that others may enter. */
  written: fileCheck(WRITTEN, 'can be read', 'unreadable-new-files'),

  async names(examination) {
    const { session, opened } = examination;
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
    const code = fileFailure(failed, 'wrong-encoding');
    return diagnose(code, examination, { fetched: failed, list });
  },

  /** A path that fills the buffers. */
  async long(examination) {
    const { session, opened } = examination;
    const canary = longCanary(join(opened.root, opened.directory));
    if (opened.missing.includes(canary.key)) {
      return skipped("the application's file system does not support it");
    }
    const fetched = await session.fetch(canary);
    const { answer, account } = fetched;
    if (!isWhole(answer, canary)) {
      const isOverflow = answer.status === 0 || (account !== undefined && answer.status >= 500);
      const code = isOverflow ? 'buffer-too-small' : fileFailure(fetched, 'long-path-lost');
      return diagnose(code, examination, { fetched });
    }
    const length = account?.header?.value.length;
    return ok(length === undefined ? 'arrives' : `${length} bytes in the header arrive`);
  },
} satisfies { readonly [id: string]: Check };

function fileCheck(canary: Canary, message: string, otherwise: DiagnosisCode): Check {
  return async (examination) => {
    const fetched = await examination.session.fetch(canary);
    if (isWhole(fetched.answer, canary)) return ok(message);
    return diagnose(fileFailure(fetched, otherwise), examination, { fetched });
  };
}
