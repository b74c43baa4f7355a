import {
  type Answer,
  type ClientEvent,
  type ClientToServerEvents,
  type EventOf,
  type RequestOf,
  type ResultOf,
  SERVER_EVENTS,
  type ServerEvent,
  type ServerToClientEvents,
  type WireError,
} from '@tandem/protocol';
import { io, type Socket } from 'socket.io-client';
import type WebSocket from 'ws';
import { eventually } from '../../src/testing/eventually.js';

const ANSWER_MS = 60_000;

/** A stock Socket.IO client that keeps what the server told it. */
export class PlainClient {
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  /** Everything that the server sent, parsed by its schema, in order. */
  readonly events: { readonly name: ServerEvent; readonly body: unknown }[] = [];
  /** The `data` of a refused handshake. */
  refusal: WireError | undefined;
  private readonly listeners = new Set<(name: ServerEvent, body: unknown) => void>();
  /** It does not come back: what is asked from now on would wait in it for nothing, and its timer would outlive the test. */
  private hasEnded = false;

  constructor(url: string, auth: Record<string, unknown>, extraHeaders: Record<string, string> = {}) {
    this.socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth, extraHeaders });
    this.socket.on('disconnect', () => {
      this.hasEnded = true;
    });
    this.socket.on('connect_error', (error) => {
      this.hasEnded = true;
      this.refusal = (error as Error & { data?: WireError }).data ?? {
        code: 'internal',
        message: error.message,
        retry: 'never',
      };
    });
    this.socket.onAny((name: ServerEvent, raw: unknown) => {
      const body: unknown = SERVER_EVENTS[name].parse(raw);
      this.events.push({ name, body });
      for (const listener of this.listeners) listener(name, body);
    });
  }

  on<E extends ServerEvent>(event: E, listener: (body: EventOf<E>) => void): void {
    this.listeners.add((name, body) => {
      if (name === event) listener(body as EventOf<E>);
    });
  }

  /** All bodies of an event so far. */
  told<E extends ServerEvent>(event: E): EventOf<E>[] {
    return this.events.filter(({ name }) => name === event).map(({ body }) => body as EventOf<E>);
  }

  /** The first body that fits, now or soon. */
  async hears<E extends ServerEvent>(
    event: E,
    fits: (body: EventOf<E>) => boolean = () => true,
    timeoutMs?: number,
  ): Promise<EventOf<E>> {
    await eventually(`${event} arrives`, () => this.told(event).some(fits), timeoutMs);
    return this.told(event).find(fits)!;
  }

  async greeted(): Promise<EventOf<'server:hello'>> {
    await eventually(
      'the handshake is answered',
      () => this.told('server:hello').length > 0 || this.refusal !== undefined,
    );
    if (this.refusal) throw new Error(`refused: ${this.refusal.code}`);
    return this.told('server:hello')[0]!;
  }

  async refused(): Promise<WireError> {
    await eventually('the handshake is refused', () => this.refusal !== undefined);
    return this.refusal!;
  }

  ask<E extends ClientEvent>(event: E, body: RequestOf<E>): Promise<Answer<ResultOf<E>>> {
    return this.askRaw(event, body) as Promise<Answer<ResultOf<E>>>;
  }

  /** As `ask`, with a callback in the same turn in which the answer arrives; undefined when the connection is gone. */
  askNow<E extends ClientEvent>(
    event: E,
    body: RequestOf<E>,
    answered: (answer: Answer<ResultOf<E>> | undefined) => void,
  ): void {
    if (this.hasEnded) {
      queueMicrotask(() => answered(undefined));
      return;
    }
    const emit = this.socket.timeout(ANSWER_MS).emit as (...all: unknown[]) => void;
    emit.call(this.socket.timeout(ANSWER_MS), event, body, (lost: Error | null, answer: Answer<ResultOf<E>>) =>
      answered(lost ? undefined : answer),
    );
  }

  /** Any event with any arguments; resolves to the answer. */
  askRaw(event: string | number, ...args: unknown[]): Promise<Answer<object>> {
    if (this.hasEnded) return Promise.reject(new Error('the connection has ended'));
    const emit = this.socket.timeout(ANSWER_MS).emitWithAck as (...all: unknown[]) => Promise<Answer<object>>;
    return emit.call(this.socket.timeout(ANSWER_MS), event, ...args);
  }

  sendRaw(event: string | number, ...args: unknown[]): void {
    (this.socket.emit as (...all: unknown[]) => void).call(this.socket, event, ...args);
  }

  /** The websocket below, to cut or to pause it. */
  get websocket(): WebSocket {
    return (this.socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
  }

  get isConnected(): boolean {
    return this.socket.connected;
  }

  disconnect(): void {
    const transport = this.socket.io.engine?.transport as { ws?: WebSocket | null } | undefined;
    const websocket = transport?.ws;
    this.socket.disconnect();
    // One that does not read would wait half a minute for the other's goodbye.
    if (websocket?.isPaused) websocket.terminate();
  }
}

/** Fails unless the request was accepted. */
export async function accepted<T extends object>(answer: Promise<Answer<T>>): Promise<T> {
  const body = await answer;
  if (!body.ok) throw new Error(`refused: ${body.error.code} (${body.error.message})`);
  return body;
}

/** Fails unless the request was refused. */
export async function refusedWith(answer: Promise<Answer<object>>): Promise<WireError> {
  const body = await answer;
  if (body.ok) throw new Error(`accepted: ${JSON.stringify(body)}`);
  return body.error;
}
