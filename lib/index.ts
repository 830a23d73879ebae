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
