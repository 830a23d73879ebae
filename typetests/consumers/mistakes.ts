import type { Request } from 'express';
import { authToken, type RemoteRoot, xsendfile } from 'xsendfile';
import { xsendfile as fastify, authToken as fastifyAuthToken } from 'xsendfile/fastify';
import { xsendfile as koa, authToken as koaAuthToken } from 'xsendfile/koa';
import { xsendfile as web, authToken as webAuthToken } from 'xsendfile/web';

// What compilers say about the next line; there are no other errors.

declare const remote: RemoteRoot;
declare const secret: string;

// error: 'maxage' does not exist in type 'XSendfileOptions<IncomingMessage, ServerResponse<IncomingMessage>>'
xsendfile('/srv/files', { maxage: 1 });
// error: '"show"' is not assignable to type 'DotfilePolicy
xsendfile('/srv/files', { dotfiles: 'show' });
// error: '"apache2"' is not assignable to type
xsendfile(new URL('file:///srv/files'), { sender: 'apache2' });
// error: 'precompressed' does not exist in type 'RemoteOptions<IncomingMessage, ServerResponse<IncomingMessage>>'
xsendfile(remote, { precompressed: ['br'] });
// error: 'maxage' does not exist in type 'RemoteOptions<IncomingMessage, ServerResponse<IncomingMessage>>'
xsendfile(remote, { maxage: 1 });
// error: 'number' is not assignable to parameter of type 'string |
xsendfile(7);
// error: 'maxage' does not exist in type 'XSendfileOptions<Request<
xsendfile<Request>('/srv/files', { maxage: 1 });
// error: Property 'send' does not exist on type 'RemoteHandler<
void xsendfile(remote).send;
// error: Property 'sendRemote' does not exist on type 'XSendfileHandler<
void xsendfile('/srv/files').sendRemote;

// error: 'timeoutt' does not exist in type 'AuthTokenOptions<IncomingMessage, ServerResponse<IncomingMessage>>'
authToken(secret, '/srv/files', { timeoutt: 1 });
// error: 'fallthrough' does not exist in type 'AuthTokenOptions<
authToken(secret, '/srv/files', { fallthrough: true });
// error: 'symlinks' does not exist in type 'RemoteAuthTokenOptions<
authToken(secret, remote, { symlinks: 'deny' });
// error: Property 'sendRemote' does not exist on type 'XSendfileHandler<
void authToken(secret, '/srv/files').files.sendRemote;

// error: 'maxage' does not exist in type 'KoaXSendfileOptions'
koa('/srv/files', { maxage: 1 });
// error: 'maxage' does not exist in type 'KoaAuthTokenOptions'
koaAuthToken(secret, '/srv/files', { maxage: 1 });
// error: 'maxage' does not exist in type 'XSendfileOptions<
fastify('/srv/files', { maxage: 1 });
// error: 'maxage' does not exist in type 'AuthTokenOptions<
fastifyAuthToken(secret, '/srv/files', { maxage: 1 });
// error: 'symlinks' does not exist in type 'KoaRemoteOptions'
koa(remote, { symlinks: 'deny' });
// error: 'symlinks' does not exist in type 'KoaRemoteAuthTokenOptions'
koaAuthToken(secret, remote, { symlinks: 'deny' });
// error: 'symlinks' does not exist in type 'RemoteOptions<
fastify(remote, { symlinks: 'deny' });
// error: 'symlinks' does not exist in type 'RemoteAuthTokenOptions<
fastifyAuthToken(secret, remote, { symlinks: 'deny' });

// error: 'maxage' does not exist in type 'XSendfileWebOptions<
web('/srv/files', { maxage: 1 });
// error: 'maxage' does not exist in type 'XSendfileWebOptions<
web('/srv/files', { fallthrough: true, maxage: 1 });
// error: 'symlinks' does not exist in type 'RemoteWebOptions<
web(remote, { symlinks: 'deny' });
// error: 'number' is not assignable to parameter of type 'string |
web(7);
// error: 'maxage' does not exist in type 'AuthTokenWebOptions
webAuthToken(secret, '/srv/files', { maxage: 1 });
// error: 'symlinks' does not exist in type 'RemoteAuthTokenWebOptions
webAuthToken(secret, remote, { symlinks: 'deny' });
