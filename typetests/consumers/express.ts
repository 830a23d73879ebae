import type { Express, Request, Response } from 'express';
import { authToken, offload, xsendfile } from 'xsendfile';
import { createFrontEndConfig } from 'xsendfile/frontends';
import { limitUses } from 'xsendfile/uses';

declare const app: Express;

const files = xsendfile('/srv/files');
const own = xsendfile<Request, Response>('/srv/files', {
  path: (req) => req.params.path,
  setHeaders: (res) => void res.vary('Cookie'),
  onFinish: (_outcome, { req, res }) => void [req.ip, res.app],
});

app.use(offload(files, own));
app.use('/files', files);
app.use('/own', own);
app.use(
  '/links',
  authToken('0123456789abcdef0123456789abcdef', '/srv/files', { allow: limitUses() }),
);
app.get('/one', (req, res, next) => {
  res.locals.contentDisposition = { type: 'attachment', filename: 'one.pdf' };
  res.locals.other = 42;
  // @ts-expect-error: no disposition
  res.locals.contentDisposition = 42;
  // @ts-expect-error: no type
  res.locals.contentType = 42;
  files.send(req, res, 'a.txt').catch(next);
  own.send(req, res, 'a.txt').catch(next);
});

export const configuration = createFrontEndConfig;
