import type { IncomingMessage, ServerResponse } from 'node:http';
import restana from 'restana';
import { files, links, mount, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const app = restana({
  errorHandler(error, _req, res) {
    const { status, text } = describeError(error);
    res.send(text, status);
  },
});

app.use((_req, res, next) => {
  res.setHeader(HEADER, VALUE);
  return next();
});
app.use(mount('/files', files));
app.use(mount('/offloaded', offloaded));
app.use(mount('/links', links));
const send = async (req: IncomingMessage & { params: { what?: string } }, res: ServerResponse) => {
  await files.send(req, res, SENT[req.params.what ?? ''] ?? '', COPY);
};

app.get('/send/:what', send);
app.head('/send/:what', send);

app.start(0).then(printPort, console.error);
