import { ERRORS, TandemError } from '../../errors.js';
import { PROTOCOL_VERSION } from '../../version.js';
import type { EventOf, ServerEvent } from '../../wire/events.js';
import type { ServerHello } from '../../wire/session.js';
import type { Clock } from '../clock.js';
import type { Outcome } from '../document/document-link.js';
import { Emitter } from '../emitter.js';
import { Backoff } from './backoff.js';
import { fromWire } from './binary.js';
import type { Dial, WireSocket } from './dial.js';
import type { Identity } from './identity.js';

export type ClientStatus = 'connecting' | 'online' | 'offline' | 'closed';

export interface ConnectionOptions {
  readonly url: string;
  readonly identity: Identity;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: () => number;
}

interface ConnectionEvents {
  status: ClientStatus;
  hello: ServerHello;
  /** The connection that said hello is gone. */
  lost: undefined;
  event: { readonly name: ServerEvent; readonly body: never };
  error: TandemError;
}

const HELLO_TIMEOUT_MS = 10_000;
/** A token that was fetched anew and still is expired means a clock that is wrong, not bad luck. */
const MAX_EXPIRED = 3;

const isFinal = (error: TandemError) => error.retry === 'never';

/**
 * Keeps one connection alive (rules CON-*, SES-*).
 *
 *     connecting --server:hello--> online --lost--> offline --backoff--> connecting
 *         |                          |                                      |
 *         '------ refused for good, or closed ------> closed <--------------'
 */
export class Connection {
  status: ClientStatus = 'offline';
  hello: ServerHello | undefined;
  lastError: TandemError | undefined;

  private readonly events = new Emitter<ConnectionEvents>();
  private readonly backoff: Backoff;
  private socket: WireSocket | undefined;
  /** Numbers the attempts: what belongs to an earlier one is not heard. */
  private attempt = 0;
  private expired = 0;
  private drainUntil = 0;
  private cancelTimer: (() => void) | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.backoff = new Backoff(options.random);
  }

  on<E extends keyof ConnectionEvents>(event: E, listener: (payload: ConnectionEvents[E]) => void): () => void {
    return this.events.on(event, listener);
  }

  /** Starts, or tries at once when it was waiting for its next attempt. */
  start(): void {
    if (this.status === 'offline') void this.dial();
  }

  /** For good; `error` when the server refused us. */
  close(error?: TandemError): void {
    if (this.status === 'closed') return;
    if (error) this.lastError = error;
    this.attempt += 1;
    this.drop();
    this.cancelTimer?.();
    this.setStatus('closed');
  }

  /** Nothing is sent and nothing answered while there is no connection; see `Outcome`. */
  request(event: string, body: unknown, answered?: (outcome: Outcome<never>) => void): boolean {
    const { socket, attempt } = this;
    if (!socket || this.status !== 'online') return false;
    if (!answered) socket.send(event, body);
    else socket.send(event, body, (answer) => attempt === this.attempt && answered(toOutcome(answer)));
    return true;
  }

  /** Fetches a token that was not used before and puts it in the place of the one that runs out (SES-2). */
  async renew(): Promise<void> {
    const { attempt } = this;
    try {
      const token = await this.options.identity.token(true);
      if (attempt !== this.attempt) return;
      this.request('session:renew', { token }, (outcome) => {
        if (!outcome.ok) this.fail(outcome.error);
      });
    } catch (error) {
      this.fail(asTandemError(error));
    }
  }

  private async dial(): Promise<void> {
    this.cancelTimer?.();
    const attempt = ++this.attempt;
    this.setStatus('connecting');
    let token: string;
    try {
      token = await this.options.identity.token(this.expired > 0);
    } catch (error) {
      if (attempt === this.attempt) this.refused(asTandemError(error));
      return;
    }
    if (attempt !== this.attempt) return;
    const current = () => attempt === this.attempt;
    this.cancelTimer = this.options.clock.after(HELLO_TIMEOUT_MS, () => current() && this.again());
    this.socket = this.options.dial(
      this.options.url,
      { token, protocol: PROTOCOL_VERSION },
      {
        event: (name, body) => current() && this.receive(name, body),
        refused: (error) => current() && (error ? this.turnedAway(error) : this.again()),
        closed: () => current() && this.again(),
      },
    );
  }

  private receive(name: string, body: unknown): void {
    if (name === 'server:hello') {
      this.greet(body as ServerHello);
      return;
    }
    if (name === 'session:closed') {
      this.ended(body as EventOf<'session:closed'>);
      return;
    }
    if (name === 'server:drain') this.drain((body as { reconnectAfterMs: number }).reconnectAfterMs);
    this.events.emit('event', { name: name as ServerEvent, body: body as never });
  }

  private greet(hello: ServerHello): void {
    if (!this.options.identity.confirm(hello.userId)) {
      this.close(new TandemError('unauthorized', 'Somebody else is signed in now: a client serves one user'));
      return;
    }
    this.cancelTimer?.();
    this.backoff.reset();
    this.expired = 0;
    this.drainUntil = 0;
    this.hello = hello;
    this.lastError = undefined;
    this.setStatus('online');
    this.events.emit('hello', hello);
  }

  /** The server names the reason and closes; what is not final is tried again. */
  private ended({ code, message, retryAfterMs }: EventOf<'session:closed'>): void {
    this.events.emit('event', { name: 'session:closed', body: { code, message, retryAfterMs } as never });
    const known = code in ERRORS ? (code as TandemError['code']) : 'internal';
    const error = new TandemError(known, message, undefined, retryAfterMs);
    this.refused(error);
  }

  /** The server goes away: come back after its delay, spread so that not everybody comes at once. */
  private drain(reconnectAfterMs: number): void {
    const { clock, random } = this.options;
    this.drainUntil = clock.now() + reconnectAfterMs * (0.5 + random() / 2);
    const { attempt } = this;
    this.cancelTimer?.();
    this.cancelTimer = clock.after(Math.max(0, this.drainUntil - clock.now()), () => {
      if (attempt === this.attempt) this.again();
    });
  }

  /** At the door a token may be unknown because its key was withdrawn: a fresh one is under another key. */
  private turnedAway(error: TandemError): void {
    if (error.code !== 'invalid_token' || this.options.identity.isFixed || this.expired > 0) {
      this.refused(error);
      return;
    }
    this.fail(error);
    this.expired += 1;
    this.again(error.retryAfterMs);
  }

  private refused(error: TandemError): void {
    this.fail(error);
    if (error.code === 'token_expired') {
      this.expired += 1;
      const hopeless = this.options.identity.isFixed || this.expired > MAX_EXPIRED;
      if (hopeless) {
        this.close(error);
        return;
      }
    } else if (isFinal(error)) {
      this.close(error);
      return;
    }
    this.again(error.retryAfterMs);
  }

  /** Drops this attempt and waits for the next one. */
  private again(atLeastMs = 0): void {
    this.attempt += 1;
    this.drop();
    this.setStatus('offline');
    const { clock } = this.options;
    const wait = Math.max(this.backoff.next(), atLeastMs, this.drainUntil - clock.now());
    this.cancelTimer?.();
    this.cancelTimer = clock.after(wait, () => void this.dial());
  }

  private drop(): void {
    const wasOnline = this.status === 'online';
    this.socket?.close();
    this.socket = undefined;
    if (wasOnline) this.events.emit('lost', undefined);
  }

  private fail(error: TandemError): void {
    this.lastError = error;
    this.events.emit('error', error);
  }

  private setStatus(status: ClientStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.events.emit('status', status);
  }
}

const toOutcome = (answer: unknown): Outcome<never> => {
  const { ok, error, ...value } = answer as { ok?: boolean; error?: unknown };
  return ok === true ? { ok: true, value: value as never } : { ok: false, error: fromWire(error) };
};

/** A token source that fails without a refusal (no network) is tried again. */
const asTandemError = (error: unknown): TandemError =>
  error instanceof TandemError ? error : Object.assign(new TandemError('unreachable'), { cause: error });
