import type { LinkSigner } from '../links/signer.js';
import type { ReceivedLink, VerifiedClaims } from '../links/types.js';
import type { Confirming } from '../pipeline/request-state.js';
import type { Responder } from '../pipeline/responder.js';
import { cleanFilename } from '../representation/content-disposition.js';
import { XSendfileError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import type { ConfirmationInfo, FileTarget } from '../types.js';

/** Renders the page: the option `confirm`. */
export type ConfirmPage = (
  info: ConfirmationInfo,
  context: Responder['exchange'],
) => string | Promise<string>;

/** Beginning of the argument of a confirmed URL. */
const ARGUMENT = 'confirmation=';

/** No script, no other site, and no frame around it. `form-action` also covers the redirect. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PRIVATE = {
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex',
};

/** Returns what a request for a counted link says, and how to ask its user. */
export function askFor(
  page: ConfirmPage,
  responder: Responder,
  {
    signer,
    link,
    claims,
  }: {
    readonly signer: Pick<LinkSigner, 'confirm' | 'readConfirmation'>;
    readonly link: ReceivedLink;
    readonly claims: VerifiedClaims;
  },
): Confirming {
  const isSubmitted = responder.request.method === 'POST';
  const fields = link.query.split('&');
  const rest = fields.filter((field) => !field.startsWith(ARGUMENT)).join('&');
  const confirmation = fields.find((field) => field.startsWith(ARGUMENT)) ?? '';
  const id = confirmation.slice(ARGUMENT.length);
  // The form replaces a confirmation, whether it is valid or not.
  const given = isSubmitted ? 'missing' : signer.readConfirmation(link, claims, id);
  return {
    given,
    id: given === 'missing' ? undefined : id,
    isSubmitted,
    async answer(file: FileTarget) {
      if (isSubmitted) {
        // Relative, so that it is the same URL, wherever the handler is mounted.
        const Location = `?${rest && `${rest}&`}${ARGUMENT}${signer.confirm(link, claims)}`;
        return { status: 303, message: 'See Other', headers: { ...PRIVATE, Location } };
      }
      const info: ConfirmationInfo = Object.freeze({
        // As the file will be saved: without controls that would show another extension.
        name: cleanFilename(claims.filename ?? file.segments.at(-1) ?? ''),
        size: file.size,
        type: file.type,
        expires: claims.expires,
        action: `?${rest}`,
      });
      const html: unknown = await page(info, responder.exchange);
      if (typeof html !== 'string') {
        throw new XSendfileError(
          'ERR_XSENDFILE_BAD_OPTION',
          `authToken: options.confirm must return the page as a string, or a promise of one, got ${showType(html)}.`,
        );
      }
      return {
        status: 403,
        message: html,
        headers: {
          ...PRIVATE,
          'Content-Security-Policy': POLICY,
          'Content-Type': 'text/html; charset=utf-8',
        },
      };
    },
  };
}

/** The page of `confirm: true`. */
export function defaultPage({ name, action }: ConfirmationInfo): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>${escapeHtml(name)}</title>
<style>body{font:1.2em system-ui;margin:4em auto;max-width:30em;padding:0 1em;overflow-wrap:anywhere}button{font:inherit}</style>
<h1>${escapeHtml(name)}</h1>
<form method="post" action="${escapeHtml(action)}"><button>Download</button></form>
</html>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
