import { authToken, xsendfile } from 'xsendfile/web';
import {
  COPY,
  describeError,
  HEADER,
  LINK_SECRET,
  OFFLOADED,
  ROOT,
  SENT,
  VALUE,
} from './settings.js';

/** Handlers for frameworks and runtimes whose servers are functions of a `Request`. */

export const files = xsendfile(ROOT, { prefix: '/files' });
export const offloaded = xsendfile(ROOT, { ...OFFLOADED, prefix: '/offloaded' });
export const links = authToken(LINK_SECRET, ROOT, { prefix: '/links' });

/** Sends a file on a route, under another name. */
export function sendCopy(request: Request, what: string): Promise<Response> {
  return files.send(request, SENT[what] ?? '', COPY);
}

/** The error page of an application. */
export function showError(error: unknown): Response {
  const { status, text } = describeError(error);
  return new Response(text, { status });
}

/** An application without a framework. */
export async function respond(request: Request): Promise<Response> {
  const response = await route(request).catch(showError);
  response.headers.set(HEADER, VALUE);
  return response;
}

async function route(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url, 'http://localhost');
  const [, first, second = ''] = pathname.split('/');
  if (first === 'files') return files(request);
  if (first === 'offloaded') return offloaded(request);
  if (first === 'links') return links(request);
  if (first === 'send') return sendCopy(request, second);
  return new Response(null, { status: 404 });
}
