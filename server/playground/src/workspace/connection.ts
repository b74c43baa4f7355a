import type { TandemError } from '@tandem/protocol';
import { type TandemApi, TandemClient } from '@tandem/protocol/client';
import { type Readable, signal } from '../base/signal.js';

export interface ConnectionState {
  readonly status: TandemClient['status'];
  /** Why the connection is closed for good. */
  readonly error: TandemError | undefined;
  /** Whether there has been one: before that, nothing was lost. */
  readonly wasOnline: boolean;
}

/** The one connection of a signed-in page. */
export class Connection {
  readonly client: TandemClient;
  readonly #state = signal<ConnectionState>({ status: 'connecting', error: undefined, wasOnline: false });
  readonly state: Readable<ConnectionState> = this.#state;

  constructor(api: TandemApi) {
    this.client = new TandemClient({
      url: location.origin,
      token: (options) => api.accessToken(options),
      userId: api.session?.user.id,
    });
    this.client.on('status', () => this.#refresh());
    this.client.on('error', () => this.#refresh());
  }

  /** Begins to connect and keeps at it; the state tells how it goes, and a final refusal is in it. */
  start(): void {
    this.client.connect().catch(() => this.#refresh());
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  #refresh(): void {
    const { status, lastError } = this.client;
    const wasOnline = this.#state.peek().wasOnline || status === 'online';
    this.#state.value = { status, error: lastError, wasOnline };
  }
}
