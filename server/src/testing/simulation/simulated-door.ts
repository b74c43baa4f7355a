import { type Answer, CLIENT_EVENTS, type ClientEvent, type ServerEvent, TandemError } from '@tandem/protocol';
import type { Logger } from 'pino';
import { toWireError } from '../../platform/sockets/dispatcher.js';
import type { Handlers } from '../../platform/sockets/socket-feature.js';
import { sizeOf } from './event-frame.js';
import type { SimulatedConnection } from './simulated-connection.js';

export type Reply = (answer: Answer<object>) => void;

/** A request on its way to its handler. */
export interface Request {
  readonly event: string;
  readonly body: unknown;
  /** Delivers the answer to the client; undefined when it asked for none. */
  readonly reply: Reply | undefined;
}

/**
 * Brings requests to the handlers of a connection, as the dispatcher of Socket.IO does: parsed by their schema, answered in
 * the one form. `answered` is told of each answer when it is written.
 */
export function serve(
  connection: SimulatedConnection,
  handlers: Handlers,
  { event, body, reply }: Request,
  answered: (answer: Answer<object>) => void,
  logger: Logger,
): void {
  const answer: Reply = (said) => {
    answered(said);
    if (!connection.socket.connected) return;
    if (reply) connection.link.toClient.send({ bytes: sizeOf(said), kind: 'answer', deliver: () => reply(said) });
    else if (!said.ok) connection.emit('server:error' satisfies ServerEvent, { event, error: said.error });
  };
  const refuse = (thrown: unknown) => answer({ ok: false, error: toWireError(thrown, event, logger) });
  const accept = (value: object) => {
    if (event !== 'awareness:update') answer({ ok: true, ...value });
  };
  try {
    const result = handle(handlers, event, body);
    if (result instanceof Promise) result.then(accept, refuse);
    else if (typeof result !== 'function') accept(result);
    else result((outcome: object) => (outcome instanceof Error ? refuse(outcome) : accept(outcome)));
  } catch (error) {
    refuse(error);
  }
}

function handle(handlers: Handlers, event: string, body: unknown) {
  const handler = handlers[event as ClientEvent] as ((body: unknown) => object | Promise<object>) | undefined;
  if (!handler) throw new TandemError('unknown_message');
  const parsed = CLIENT_EVENTS[event as ClientEvent].body.safeParse(body);
  if (!parsed.success) throw new TandemError('bad_request');
  return handler(parsed.data);
}
