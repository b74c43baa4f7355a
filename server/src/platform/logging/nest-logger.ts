import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/**
 * What the framework says about itself while it starts: every route, every module; and by `ExceptionHandler` why it does not,
 * which the rejected start tells as well.
 */
const CHATTY = new Set([
  'ExceptionHandler',
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
  'WebSocketsController',
]);

type Level = 'debug' | 'error' | 'fatal' | 'info' | 'trace' | 'warn';

/** Nest's own lines in the server's log, with its chatter at debug. Its last argument names where a line comes from. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const context = rest.findLast((part): part is string => typeof part === 'string');
    const at = CHATTY.has(context ?? '') ? 'debug' : level;
    const err = [message, ...rest].find((part) => part instanceof Error);
    const stack = rest.find((part) => typeof part === 'string' && part.includes('\n    at '));
    this.logger[at]({ context, err, stack }, message instanceof Error ? message.message : String(message));
  }
}
