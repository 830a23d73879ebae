/**
 * Handlers, senders, signed links and errors.
 *
 * @module
 */

export { createUrlSigner } from './links/signer.js';
export type {
  ClaimName,
  CookieOptions,
  LinkClaims,
  ParsedLink,
  ReceivedLink,
  Secret,
  SignedClaims,
  TokenOptions,
  TokenScheme,
  TokenSchemeName,
  UnsignedLink,
  UrlSigner,
  VerifiedClaims,
  VerifyContext,
  VerifyResult,
} from './links/types.js';
export {
  type AuthTokenHandler,
  type AuthTokenOptions,
  authToken,
  type LinkOptions,
  type RemoteAuthTokenHandler,
  type RemoteAuthTokenOptions,
} from './node/auth-token.js';
export { type Middleware, offload } from './node/offload/offload.js';
export { xsendfile } from './node/xsendfile.js';
export { type ApacheSenderOptions, apacheSender } from './servers/apache/sender.js';
export { type CaddySenderOptions, caddySender } from './servers/caddy/sender.js';
export { type H2oSenderOptions, h2oSender } from './servers/h2o/sender.js';
export { type LighttpdSenderOptions, lighttpdSender } from './servers/lighttpd/sender.js';
export { type NginxSenderOptions, nginxSender } from './servers/nginx/sender.js';
export { serveSender } from './servers/serve.js';
export { type StandardSenderOptions, standardSender } from './servers/standard.js';
export {
  BadOptionError,
  BadRootError,
  BadSenderError,
  BadUrlError,
  type ErrorCode,
  type RefusalCode,
  RefusedError,
  XSendfileError,
} from './shared/errors.js';
export type {
  ActiveContentPolicy,
  AllowContext,
  AllowFacts,
  AllowFunction,
  CacheOptions,
  ConfirmationInfo,
  Content,
  ContentCoding,
  Delivery,
  DeliveryReporter,
  Disposition,
  DotfilePolicy,
  Embedding,
  FileInfo,
  FileOnlyOption,
  FileOverrides,
  FileTarget,
  Headers,
  HttpRequest,
  HttpResponse,
  Locate,
  LocateContext,
  LocatedObject,
  NamingContext,
  NamingSender,
  NextFunction,
  Outcome,
  RefusalContext,
  RemoteHandler,
  RemoteObject,
  RemoteOptions,
  RemoteRoot,
  RequestFunction,
  RouteParameters,
  Sender,
  SenderContext,
  SenderFunction,
  SenderName,
  SymlinkPolicy,
  XSendfileHandler,
  XSendfileOptions,
} from './types.js';
