import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { ERRORS, TandemError } from '@tandem/protocol';
import type { Request, Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { refusalOf } from './problem.js';
import { sendProblem } from './send-problem.js';

/** Answers every error as `application/problem+json`; what is no refusal is logged and answered as `internal`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: PinoLogger) {
    log.setContext('http');
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const { method, originalUrl } = host.switchToHttp().getRequest<Request>();
    const [path] = originalUrl.split('?');
    const refusal = refusalOf(thrown) ?? new TandemError('internal');
    if (refusal.code === 'internal') this.log.error({ err: thrown, method, path }, 'A request failed');
    else this.log[ERRORS[refusal.code].level]({ code: refusal.code, method, path }, refusal.message);
    sendProblem(host.switchToHttp().getResponse<Response>(), refusal);
  }
}
