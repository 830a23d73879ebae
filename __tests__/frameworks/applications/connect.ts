import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import connect from 'connect';
import { files, links, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const app = connect();

app.use((_req: IncomingMessage, res: ServerResponse, next: () => void) => {
  res.setHeader(HEADER, VALUE);
  next();
});
app.use('/files', files);
app.use('/offloaded', offloaded);
app.use('/links', links);
app.use('/send', (req: IncomingMessage, res: ServerResponse, next: (error: unknown) => void) => {
  files.send(req, res, SENT[req.url?.slice(1) ?? ''] ?? '', COPY).catch(next);
});
app.use(
  (error: unknown, _req: IncomingMessage, res: ServerResponse, _next: (error: unknown) => void) => {
    const { status, text } = describeError(error);
    res.writeHead(status).end(text);
  },
);

const server = createServer(app).listen(0, () => printPort(server));
