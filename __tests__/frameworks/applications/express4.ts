import type { ErrorRequestHandler } from 'express';
import express from 'express4';
import { files, links, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const app = express();

app.use((_req, res, next) => {
  res.set(HEADER, VALUE);
  next();
});
app.use('/files', files);
app.use('/offloaded', offloaded);
app.use('/links', links);
app.get('/send/:what', (req, res, next) => {
  files.send(req, res, SENT[req.params.what] ?? '', COPY).catch(next);
});

const showError: ErrorRequestHandler = (error, _req, res, _next) => {
  const { status, text } = describeError(error);
  res.status(status).send(text);
};
app.use(showError);

const server = app.listen(0, () => printPort(server));
