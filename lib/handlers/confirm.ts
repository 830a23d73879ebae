import { type LinkSigner, queryOf } from '../links/signer.js';
import type { ReceivedLink, VerifiedClaims } from '../links/types.js';
import type { ConfirmationAnswer } from '../pipeline/request-state.js';
import type { Responder } from '../pipeline/responder.js';
import { XSendfileError } from '../shared/errors.js';
import { showType } from '../shared/option-checks.js';
import type { ConfirmationInfo, FileTarget } from '../types.js';

/** Renders the page: the option `confirm`. */
export type ConfirmPage = (
  info: ConfirmationInfo,
  context: Responder['exchange'],
) => string | Promise<string>;

/** Name of the argument of a confirmed URL. */
const ARGUMENT = 'confirmation';
const FIELD = new RegExp(`(?:^|&)${ARGUMENT}=([^&]*)`);

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
) {
  const { request } = responder;
  const query = queryOf(request.url ?? '');
  const rest = query.replace(FIELD, '').replace(/^&/, '');
  const isPost = request.method === 'POST';
  const [, text = ''] = FIELD.exec(query) ?? [];
  return {
    // Whoever submits the form is asked no more, whatever the URL says.
    given: isPost ? ('missing' as const) : signer.readConfirmation(link, claims, text),
    async answer(file: FileTarget): Promise<ConfirmationAnswer> {
      if (isPost) {
        const confirmed = `${ARGUMENT}=${signer.confirm(link, claims)}`;
        // Relative, so that it is the same URL, wherever the handler is mounted.
        const Location = `?${rest === '' ? '' : `${rest}&`}${confirmed}`;
        return { status: 303, message: 'See Other', headers: { ...PRIVATE, Location } };
      }
      const info: ConfirmationInfo = Object.freeze({
        name: claims.filename ?? file.segments.at(-1) ?? '',
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
