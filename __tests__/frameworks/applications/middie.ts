import middie from '@fastify/middie';
import Fastify from 'fastify';
import { files, links, offloaded } from './handlers.js';
import { COPY, describeError, HEADER, printPort, SENT, VALUE } from './settings.js';

const app = Fastify();

async function start(): Promise<void> {
  app.setErrorHandler((error, _request, reply) => {
    const { status, text } = describeError(error);
    reply.code(status).send(text);
  });
  await app.register(middie);
  app.use((_req, res, next) => {
    res.setHeader(HEADER, VALUE);
    next();
  });
  app.use('/files', files);
  app.use('/offloaded', offloaded);
  app.use('/links', links);
  app.use('/send', (req, res, next) => {
    files.send(req, res, SENT[req.url?.slice(1) ?? ''] ?? '', COPY).catch(next);
  });
  await app.listen({ port: 0 });
  printPort(app.server);
}

start().catch(console.error);
