import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Inject,
  Injectable,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { RefusedError } from 'xsendfile';
import { describeError } from './settings.js';

/** Answers refusals without an entry in Nest's log. */
@Injectable()
@Catch(RefusedError)
export class RefusedErrorFilter implements ExceptionFilter<RefusedError> {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(error: RefusedError, context: ArgumentsHost): void {
    const { status, text } = describeError(error);
    this.host.httpAdapter.reply(context.switchToHttp().getResponse(), text, status);
  }
}
