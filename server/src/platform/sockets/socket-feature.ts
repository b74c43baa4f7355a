import type { BodyOf, ClientEvent, ResultOf } from '@tandem/protocol';
import type { Connection } from './connection.js';

/**
 * An answer that comes later, without a promise for each edit: called at once with the function that takes the result, or
 * the error that refuses it, once.
 */
export type Later<E extends ClientEvent> = (answer: (outcome: ResultOf<E> | Error) => void) => void;

/** Answers one event. Throws or rejects with TandemError to refuse it. */
export type Handler<E extends ClientEvent> = (body: BodyOf<E>) => ResultOf<E> | Promise<ResultOf<E>> | Later<E>;

export type Handlers = { [E in ClientEvent]?: Handler<E> };

/**
 * A feature's part of a connection. Called once for each connection; the handlers are then called in the order in which
 * their events arrive, without anything awaited before.
 */
export abstract class SocketFeature {
  abstract connect(connection: Connection): Handlers;
  /** The connection is gone. */
  disconnect(_connection: Connection): void {}
}
