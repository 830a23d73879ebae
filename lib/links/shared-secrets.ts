import { createWarning } from '../shared/warning.js';
import type { LinkSigner } from './signer.js';

/** The first root for each fingerprint; fingerprints do not reveal keys. */
const roots = new Map<string, string>();

const warnOfSharedSecret = createWarning(
  'XSENDFILE_SHARED_SECRET',
  (one: string, other: string, scheme: string, caller: string) =>
    `${caller}: the handlers of ${JSON.stringify(one)} and ${JSON.stringify(other)} accept each other's links, because they have the same secret and sign in the same way. ${fixFor(scheme)}`,
);

/** Warns, once per process, if two handlers with different roots accept each other's links. */
export function registerSecret(signer: LinkSigner, root: string, caller: string): void {
  for (const fingerprint of signer.fingerprints) {
    const other = roots.get(fingerprint) ?? root;
    roots.set(fingerprint, other);
    if (other !== root) warnOfSharedSecret(other, root, signer.scheme, caller);
  }
}

function fixFor(scheme: string): string {
  if (scheme === 'hmac') return 'Give each its own purpose.';
  const mountPath = scheme === 'secure-link' ? ' or mountPath' : '';
  return `Give each its own secret${mountPath}.`;
}
