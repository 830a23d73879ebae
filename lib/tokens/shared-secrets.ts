import type { LinkSigner } from './signer.js';

/** The first root of each way to sign: digests of keys, never the keys. */
const roots = new Map<string, string>();

let isWarned = false;

/** Warns once of two handlers that take each other's links, and give another file for each. */
export function noteHandler(signer: LinkSigner, root: string, caller: string): void {
  for (const fingerprint of signer.fingerprints) {
    const other = roots.get(fingerprint) ?? root;
    roots.set(fingerprint, other);
    if (other === root || isWarned) continue;
    isWarned = true;
    process.emitWarning(
      `${caller}: the handlers of ${JSON.stringify(other)} and ${JSON.stringify(root)} take each other's links, for they have the same secret and sign the same. ${cureFor(signer.scheme)}`,
      { code: 'XSENDFILE_SHARED_SECRET' },
    );
  }
}

function cureFor(scheme: string): string {
  if (scheme === 'hmac') return 'Give each a purpose of its own.';
  const mountPath = scheme === 'secure-link' ? ' or a mountPath' : '';
  return `Give each a secret${mountPath} of its own.`;
}
