import { App } from '@tinyhttp/app';
import { files, links, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const app = new App({
  onError(error, _req, res) {
    const { status, text } = describeError(error);
    res.status(status).send(text);
  },
});

app.use((_req, res, next) => {
  res.setHeader(HEADER, VALUE);
  next();
});
app.use('/files', files);
app.use('/offloaded', offloaded);
app.use('/links', links);
app.get('/send/:what', async (req, res) => {
  await files.send(req, res, SENT[req.params.what ?? ''] ?? '', COPY);
});

const server = app.listen(0, () => printPort(server));
