import 'reflect-metadata';
import { Controller, Get, Module, Param, Req, Res } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { authToken, xsendfile } from 'xsendfile/fastify';
import { RefusedErrorFilter } from './nest-filter.js';
import { COPY, HEADER, LINK_SECRET, OFFLOADED, printPort, ROOT, SENT, VALUE } from './settings.js';

const files = xsendfile(ROOT);

@Controller('send')
class SendController {
  @Get(':what')
  async send(
    @Param('what') what: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await files.send(request, reply, SENT[what] ?? '', COPY);
  }
}

@Module({
  controllers: [SendController],
  providers: [{ provide: APP_FILTER, useClass: RefusedErrorFilter }],
})
class AppModule {}

async function start(): Promise<void> {
  const adapter = new FastifyAdapter();
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
    logger: ['error'],
  });
  adapter.getInstance().addHook('onRequest', async (_request, reply) => {
    reply.header(HEADER, VALUE);
  });
  await app.register(files, { prefix: '/files' });
  await app.register(xsendfile(ROOT, OFFLOADED), { prefix: '/offloaded', decorateReply: false });
  await app.register(authToken(LINK_SECRET, ROOT), { prefix: '/links' });
  await app.listen(0);
  printPort(app.getHttpServer());
}

start().catch(console.error);
