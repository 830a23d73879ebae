/**
 * Handlers for `Request → Response`: Hono, h3, Next, SvelteKit, React Router, Bun, Deno.
 *
 * @module
 */

export { createUrlSigner } from '../links/signer.js';
export {
  BadOptionError,
  BadRootError,
  BadSenderError,
  BadUrlError,
  RefusedError,
  XSendfileError,
} from '../shared/errors.js';
export type { ConfirmationInfo, Content, FileOverrides, NamingSender, Outcome } from '../types.js';
export { authToken } from './auth-token.js';
export { outcomeOf } from './outcomes.js';
export type {
  AllowContext,
  AllowFunction,
  AuthTokenWebHandler,
  AuthTokenWebOptions,
  LinkOptions,
  RemoteAuthTokenWebOptions,
  RemoteWebHandler,
  RemoteWebOptions,
  RequestContext,
  ResultFor,
  WebHandler,
  WebOnlyOptions,
  XSendfileWebHandler,
  XSendfileWebOptions,
} from './types.js';
export { xsendfile } from './xsendfile.js';
