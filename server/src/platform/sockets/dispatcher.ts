import {
  type Answer,
  type BodyOf,
  CLIENT_EVENTS,
  type ClientEvent,
  ERRORS,
  type ResultOf,
  TandemError,
  type WireError,
} from '@tandem/protocol';
import type { Logger } from 'pino';
import type { Connection } from './connection.js';
import type { Handler, Handlers } from './socket-feature.js';
import type { SocketMetrics } from './socket-metrics.js';

type Ack = (answer: Answer<object>) => void;

/**
 * Brings the events of a socket to their handlers: parsed by their schema, answered through the ack in the one form,
 * unknown ones included. Nest's own message handlers are not used for it: its pipes and guards await to different
 * depths, which would reorder edits (decision 003).
 */
export function dispatch(connection: Connection, handlers: Handlers, logger: Logger, metrics: SocketMetrics): void {
  connection.socket.onAny((name: unknown, ...args: unknown[]) => {
    // Socket.IO's parser lets numbers through as names.
    const event = String(name);
    const last = args.at(-1);
    const ack = typeof last === 'function' ? (last as Ack) : undefined;
    const body: unknown = args[0] === ack ? undefined : args[0];
    const refuse = (thrown: unknown) => {
      const error = toWireError(thrown, event, logger);
      metrics.refused(isClientEvent(event) ? event : 'unknown', error.code);
      answerError(connection, event, body, error, ack);
    };
    if (!isClientEvent(event)) {
      refuse(new TandemError('unknown_message', `There is no event "${event.slice(0, 64)}"`));
      return;
    }
    try {
      const result = handle(event, handlers, body);
      // An accepted cursor is not answered: nobody waits for it.
      const accept = (value: object) => event !== 'awareness:update' && ack?.({ ok: true, ...value });
      if (result instanceof Promise) result.then(accept, refuse);
      else accept(result);
    } catch (error) {
      refuse(error);
    }
    // Who asks and does not read the answers is not read either.
    connection.peer.restrain();
  });
}

function handle<E extends ClientEvent>(
  event: E,
  handlers: Handlers,
  body: unknown,
): ResultOf<E> | Promise<ResultOf<E>> {
  const handler = handlers[event] as Handler<E> | undefined;
  if (!handler) throw new TandemError('unknown_message');
  const parsed = CLIENT_EVENTS[event].body.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new TandemError('bad_request', `${issue.path.join('.') || 'body'}: ${issue.message}`);
  }
  return handler(parsed.data as BodyOf<E>);
}

function answerError(
  connection: Connection,
  event: string,
  body: unknown,
  error: WireError,
  ack: Ack | undefined,
): void {
  if (ack) {
    ack({ ok: false, error });
    return;
  }
  const documentId = typeof body === 'object' && body !== null && 'documentId' in body ? body.documentId : undefined;
  connection.emit('server:error', {
    event: event.slice(0, 64),
    ...(typeof documentId === 'string' ? { documentId: documentId.slice(0, 64) } : {}),
    error,
  });
}

export function toWireError(error: unknown, event: string, logger: Logger): WireError {
  if (!(error instanceof TandemError)) {
    logger.error({ err: error, event }, 'an event failed');
    return toWireError(new TandemError('internal'), event, logger);
  }
  const { code, message, retry, retryAfterMs, details } = error;
  logger[ERRORS[code].level === 'error' ? 'warn' : 'debug']({ event, code }, 'an event was refused');
  return {
    code,
    message,
    retry,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details === undefined ? {} : { details }),
  };
}

function isClientEvent(event: string): event is ClientEvent {
  return Object.hasOwn(CLIENT_EVENTS, event);
}
