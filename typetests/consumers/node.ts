import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { authToken, offload, RefusedError, xsendfile } from 'xsendfile';
import { createFrontEndConfig } from 'xsendfile/frontends';
import { limitUses, memoryUses } from 'xsendfile/uses';

const files = xsendfile('/srv/files', {
  allow: ({ size }, { req }) => size < 1000 && req.headers.host !== undefined,
  setHeaders: (res) => void res.setHeader('X-Served-By', 'consumer'),
});
const links = authToken('0123456789abcdef0123456789abcdef', '/srv/files', {
  allow: limitUses({ store: memoryUses() }),
});

createServer(files);
createServer((req, res) => links(req, res));
createSecureServer({}, files);
createSecureServer({}, links);
createSecureServer({}, (req, res) => {
  files.send(req, res, 'a.txt').catch((error: unknown) => {
    if (error instanceof RefusedError) res.stream.respond({ ':status': error.status });
  });
});

export const cause: unknown = new RefusedError('ERR_XSENDFILE_NOT_FOUND', { cause: 1 });
export const middleware = offload(files);
export const configuration = createFrontEndConfig;
// @ts-expect-error: a misspelt option
xsendfile('/srv/files', { maxage: 1 });
