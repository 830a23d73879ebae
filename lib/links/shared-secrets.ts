import type { LinkSigner } from './signer.js';

/** The first root for each fingerprint; fingerprints do not reveal keys. */
const roots = new Map<string, string>();

let isWarned = false;

/** Warns, once per process, if two handlers with different roots accept each other's links. */
export function registerSecret(signer: LinkSigner, root: string, caller: string): void {
  for (const fingerprint of signer.fingerprints) {
    const other = roots.get(fingerprint) ?? root;
    roots.set(fingerprint, other);
    if (other === root || isWarned) continue;
    isWarned = true;
    process.emitWarning(
      `${caller}: the handlers of ${JSON.stringify(other)} and ${JSON.stringify(root)} accept each other's links, because they have the same secret and sign in the same way. ${fixFor(signer.scheme)}`,
      { code: 'XSENDFILE_SHARED_SECRET' },
    );
  }
}

function fixFor(scheme: string): string {
  if (scheme === 'hmac') return 'Give each its own purpose.';
  const mountPath = scheme === 'secure-link' ? ' or mountPath' : '';
  return `Give each its own secret${mountPath}.`;
}
