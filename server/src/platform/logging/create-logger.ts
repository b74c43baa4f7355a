import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { RECORDS } from './records.js';

interface Options {
  readonly level: string;
  /** Coloured lines instead of JSON, for a person at a terminal. */
  readonly pretty: boolean;
  readonly destination?: DestinationStream;
}

/** The logger of the process: JSON lines on stderr. Stdout is for the few lines that a person reads at the start. */
export function createLogger(options: Options): Logger {
  const destination = options.destination ?? (options.pretty ? forPeople() : pino.destination(2));
  return pino(
    {
      level: options.level,
      serializers: RECORDS,
      // A second net: no line is meant to carry these.
      redact: {
        paths: ['password', 'token', 'accessToken', 'refreshToken', 'authorization', 'secret'].flatMap((key) => [
          key,
          `*.${key}`,
        ]),
        censor: '[redacted]',
      },
    },
    destination,
  );
}

function forPeople(): DestinationStream {
  return pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' });
}
