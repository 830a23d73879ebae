import polka, { type Middleware } from 'polka';
import { files, links, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const app = polka({
  onError(error, _req, res) {
    const { status, text } = describeError(error);
    res.writeHead(status).end(text);
  },
});

app.use((_req, res, next) => {
  res.setHeader(HEADER, VALUE);
  next();
});
app.use('/files', files);
app.use('/offloaded', offloaded);
app.use('/links', links);

const send: Middleware = (req, res, next) => {
  files.send(req, res, SENT[String(req.params.what)] ?? '', COPY).catch(next);
};
app.get('/send/:what', send);
app.head('/send/:what', send);

app.listen(0, () => {
  if (app.server) printPort(app.server);
});
