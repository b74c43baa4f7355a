import { type BodyOf, CLIENT_EVENTS, type ClientEvent, ERRORS, TandemError, type WireError } from '@tandem/protocol';
import type { Logger } from 'pino';
import { allows } from '../../core/access/scopes.js';
import type { Connection } from './connection.js';
import type { ConnectionPace } from './connection-pace.js';
import { DoorWebSocket } from './door-websocket.js';
import { EVENT_SCOPES } from './event-scopes.js';
import { PackedReader } from './packed-packets.js';
import type { Handler, Handlers, Later } from './socket-feature.js';
import { type IncomingPacket, takeEvents, takePackedFrames } from './socket-internals.js';
import type { SocketMetrics } from './socket-metrics.js';

/**
 * Brings the events of a socket to their handlers: parsed by their schema, answered through the ack in the one form,
 * unknown ones included. Nest's own message handlers are not used for it: its pipes and guards await to different
 * depths, which would reorder edits (decision 003).
 */
export function dispatch(
  connection: Connection,
  handlers: Handlers,
  pace: ConnectionPace,
  logger: Logger,
  metrics: SocketMetrics,
): void {
  const door = DoorWebSocket.of(connection.socket);
  takeEvents(connection.socket, (packet) => {
    // The parser takes any number of digits: behind 2^53 they are another number, or none at all.
    if (packet.id !== undefined && !Number.isSafeInteger(packet.id)) {
      connection.close('bad_request', 'Ack ids are integers below 2^53');
      return;
    }
    const began = performance.now();
    const request = new Request(connection, packet, pace, logger, metrics);
    try {
      judgeScope(connection, request.event);
      if (request.event === 'awareness:update') pace.cursor(packet.data[1], moveOf(request, handlers, packet), began);
      else {
        // Of edits too many are read later, never refused (V4).
        if (request.event !== 'document:update') pace.request(began);
        request.settle(handle(request.event, handlers, packet));
      }
    } catch (error) {
      request.refuse(error);
    }
    // Who asks and does not read the answers is not read either.
    connection.peer.restrain();
    door?.charge(began, performance.now());
  });
  if (connection.isPacked) {
    const reader = new PackedReader();
    takePackedFrames(connection.socket, (bytes) => {
      const packets = reader.read(bytes);
      door?.count(packets.length - 1);
      return packets;
    });
  }
}

/** Tokens with scopes are rare: everybody else pays one comparison. */
function judgeScope({ claims: { scopes } }: Connection, event: string): void {
  if (scopes === undefined || !isClientEvent(event)) return;
  const scope = EVENT_SCOPES[event];
  if (scope !== 'any' && !allows(scopes, scope)) throw new TandemError('insufficient_scope', undefined, { scope });
}

function moveOf(request: Request, handlers: Handlers, packet: IncomingPacket): (isLate: boolean) => void {
  return (isLate) => {
    try {
      request.settle(handle(request.event, handlers, packet));
    } catch (error) {
      // One that had to wait may find its document closed; nobody waits for what became of it.
      if (!isLate) throw error;
    }
  };
}

/** One event on its way to its answer; a class, because a saturated server makes fifty thousand of them in a second. */
class Request {
  readonly event: string;

  constructor(
    private readonly connection: Connection,
    private readonly packet: IncomingPacket,
    private readonly pace: ConnectionPace,
    private readonly logger: Logger,
    private readonly metrics: SocketMetrics,
  ) {
    // Socket.IO's parser lets numbers through as names.
    this.event = String(packet.data[0] ?? '');
  }

  settle(result: object | Promise<object> | Later<ClientEvent>): void {
    if (typeof result === 'function') {
      result((outcome) => (outcome instanceof Error ? this.refuse(outcome) : this.accept(outcome)));
    } else if (result instanceof Promise) {
      const end = this.pace.begin(this.packet.data[1]);
      result
        .then(
          (value: object) => this.accept(value),
          (error: unknown) => this.refuse(error),
        )
        .finally(end);
    } else this.accept(result);
  }

  refuse(thrown: unknown): void {
    const { connection, event, packet } = this;
    const error = toWireError(thrown, event, this.logger);
    this.metrics.refused(isClientEvent(event) ? event : 'unknown', error.code);
    if (packet.id !== undefined) connection.peer.answer(packet.id, { ok: false, error });
    else tellError(connection, event, packet.data[1], error);
  }

  private accept(value: object): void {
    // An accepted cursor is not answered: nobody waits for it.
    if (this.packet.id === undefined || this.event === 'awareness:update') return;
    this.connection.peer.answer(this.packet.id, { ok: true, ...value });
  }
}

function handle(
  event: string,
  handlers: Handlers,
  { data, isTyped }: IncomingPacket,
): object | Promise<object> | Later<ClientEvent> {
  if (!isClientEvent(event)) throw new TandemError('unknown_message', `There is no event "${event.slice(0, 64)}"`);
  const handler = handlers[event] as Handler<ClientEvent> | undefined;
  if (!handler) throw new TandemError('unknown_message');
  if (isTyped) return handler(data[1] as BodyOf<ClientEvent> as never);
  const parsed = CLIENT_EVENTS[event].body.safeParse(data[1]);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new TandemError('bad_request', `${issue.path.join('.') || 'body'}: ${issue.message}`);
  }
  return handler(parsed.data as never);
}

/** The refusal of what came without an ack. */
function tellError(connection: Connection, event: string, body: unknown, error: WireError): void {
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
