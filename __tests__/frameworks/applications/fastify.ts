import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import Fastify from 'fastify';
import { authToken, xsendfile } from 'xsendfile/fastify';
import {
  COPY,
  describeError,
  HEADER,
  LINK_SECRET,
  OFFLOADED,
  printPort,
  ROOT,
  SENT,
  VALUE,
} from './settings.js';

const app = Fastify();

async function start(): Promise<void> {
  await app.register(cors, { origin: 'https://site.example' });
  await app.register(helmet);
  // Whose decorators have the same names.
  await app.register(fastifyStatic, { root: ROOT, prefix: '/static/', decorateReply: false });
  app.addHook('onRequest', async (_request, reply) => {
    reply.header(HEADER, VALUE);
  });
  app.setErrorHandler((error, _request, reply) => {
    const { status, text } = describeError(error);
    reply.code(status).send(text);
  });
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).send('handled as not found');
  });
  const files = xsendfile(ROOT);
  await app.register(files, { prefix: '/files' });
  await app.register(xsendfile(ROOT, OFFLOADED), { prefix: '/offloaded', decorateReply: false });
  await app.register(authToken(LINK_SECRET, ROOT), { prefix: '/links' });
  app.get<{ Params: { what: string } }>('/send/:what', (request, reply) =>
    reply.sendFile(SENT[request.params.what] ?? '', COPY),
  );
  await app.listen({ port: 0 });
  printPort(app.server);
}

start().catch(console.error);
