import type { TandemError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { ClientEvent, RequestOf, ResultOf } from '../../wire/events.js';
import type { Clock } from '../clock.js';
import type { OutboxLane } from '../outbox/outbox-store.js';

/** What came of a request; no answer at all when the connection is lost. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: TandemError };

/** The connection as one document sees it. Answers come in a callback, in order with the server's events. */
export interface DocumentLink {
  readonly clock: Clock;
  /** From 0 to below 1, for jitter. */
  readonly random: () => number;
  readonly limits: Limits;
  request<E extends ClientEvent>(event: E, body: RequestOf<E>, answered: (outcome: Outcome<ResultOf<E>>) => void): void;
  /** Without an answer; dropped while there is no connection. */
  sendAwareness(documentId: string, update: Uint8Array): void;
  /** Waits until it is known whose edits these are. Never rejects: where the store fails, the lane is in memory and the failure was reported. */
  openLane(documentId: string): Promise<OutboxLane>;
  /** Whether it is known whose edits these are; asks, within 5 s, when it is not. */
  knowsUser(): Promise<boolean>;
  /** Something failed that no caller waits for. */
  report(error: unknown): void;
  released(documentId: string): void;
}
