export { type AuthTokenHandler, type AuthTokenOptions, authToken } from './auth-token.js';
export {
  BadOptionError,
  BadRootError,
  BadSenderError,
  type ErrorCode,
  type RefusalCode,
  RefusedError,
  XSendfileError,
} from './errors.js';
export { type NginxSenderOptions, nginxSender } from './senders/nginx.js';
export { serveSender } from './senders/serve.js';
export {
  type ApacheSenderOptions,
  apacheSender,
  lighttpdSender,
  standardSender,
} from './senders/x-sendfile.js';
export { createUrlSigner } from './tokens/signer.js';
export type {
  ClaimName,
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
} from './tokens/types.js';
export type {
  ActiveContentPolicy,
  Disposition,
  DotfilePolicy,
  FileInfo,
  FileOverrides,
  FileTarget,
  Headers,
  NextFunction,
  Outcome,
  RefusalContext,
  RouteParameters,
  Sender,
  SenderContext,
  SenderFunction,
  SenderName,
  SymlinkPolicy,
  XSendfileHandler,
  XSendfileOptions,
} from './types.js';
export { xsendfile } from './xsendfile.js';
