export { type AuthTokenHandler, type AuthTokenOptions, authToken } from './auth-token.js';
export { type DoctorProbe, type DoctorProbeOptions, doctorProbe } from './doctor/probe.js';
export {
  BadOptionError,
  BadRootError,
  BadSenderError,
  type ErrorCode,
  type RefusalCode,
  RefusedError,
  XSendfileError,
} from './errors.js';
export { type Middleware, offload } from './offload.js';
export { type CaddySenderOptions, caddySender } from './senders/caddy.js';
export { type H2oSenderOptions, h2oSender } from './senders/h2o.js';
export { type NginxSenderOptions, nginxSender } from './senders/nginx.js';
export { serveSender } from './senders/serve.js';
export {
  type ApacheSenderOptions,
  apacheSender,
  type LighttpdSenderOptions,
  lighttpdSender,
  type StandardSenderOptions,
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
  CacheOptions,
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
