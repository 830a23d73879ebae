import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Module, Param, Req, Res } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { files, links, offloaded } from './handlers.js';
import { RefusedErrorFilter } from './nest-filter.js';
import { COPY, HEADER, printPort, SENT, VALUE } from './settings.js';

@Controller('send')
class SendController {
  @Get(':what')
  async send(
    @Param('what') what: string,
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    await files.send(req, res, SENT[what] ?? '', COPY);
  }
}

@Module({
  controllers: [SendController],
  providers: [{ provide: APP_FILTER, useClass: RefusedErrorFilter }],
})
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error'] });
  app.use((_req: IncomingMessage, res: ServerResponse, next: () => void) => {
    res.setHeader(HEADER, VALUE);
    next();
  });
  app.use('/files', files);
  app.use('/offloaded', offloaded);
  app.use('/links', links);
  await app.listen(0);
  printPort(app.getHttpServer());
}

start().catch(console.error);
