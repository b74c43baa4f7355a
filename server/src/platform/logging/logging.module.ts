import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { RECORDS } from './records.js';

/** Logs each request at debug; what was refused or failed is told by the `ProblemFilter`. */
export function loggingModule(logger: Logger): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: {
      logger,
      genReqId: requestId,
      useLevel: 'debug',
      // pino-http would put its own in front, which log every header.
      serializers: RECORDS,
      wrapSerializers: false,
    },
  });
}

/** Made here and told to the client, never taken from it: an id from outside could forge lines of the log. */
function requestId(_request: IncomingMessage, response: ServerResponse): string {
  const id = randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}
