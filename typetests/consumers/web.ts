import { RefusedError } from 'xsendfile';
import { limitUses } from 'xsendfile/uses';
import { authToken, outcomeOf, xsendfile } from 'xsendfile/web';

const files = xsendfile('/srv/files', {
  prefix: '/files',
  path: (request) => new URL(request.url).searchParams.get('file') ?? undefined,
  allow: ({ size }, { request }) => size < 1000 && request.headers.has('authorization'),
  setHeaders: (headers) => headers.set('X-Served-By', 'consumer'),
  onRefused: ({ status }) => new Response('Refused', { status }),
  onFinish: ({ kind }, { request }) => void [kind, request.url],
});
const links = authToken('0123456789abcdef0123456789abcdef', '/srv/files', {
  allow: limitUses<Request>({ client: (request) => request.headers.get('x-user') ?? undefined }),
  clientAddress: (request) => request.headers.get('x-forwarded-for') ?? undefined,
});
const passing = xsendfile('/srv/files', { fallthrough: true });

export async function handle(request: Request): Promise<Response> {
  const response = (await passing(request)) ?? (await files(request));
  const { kind, bytes } = await outcomeOf(response);
  if (kind === 'sent' && bytes > 0) return response;
  try {
    return await links.files.send(request, 'a.txt', { contentDisposition: 'attachment' });
  } catch (error) {
    if (error instanceof RefusedError) return new Response(null, { status: error.status });
    throw error;
  }
}

// @ts-expect-error: a misspelt option
xsendfile('/srv/files', { maxage: 1 });
// @ts-expect-error: may be undefined
export const response: Promise<Response> = passing(new Request('http://localhost/'));
