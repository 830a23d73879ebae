import restana from 'restana';
import { files, links, offloaded } from './handlers.js';
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
app.use('/files', files);
app.use('/offloaded', offloaded);
app.use('/links', links);
app.get('/send/:what', async (req, res) => {
  await files.send(req, res, SENT[req.params.what ?? ''] ?? '', COPY);
});

app.start(0).then(printPort, console.error);
