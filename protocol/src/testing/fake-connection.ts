import type { WireListener, WireSocket } from '../client/connection/dial.js';
import type { Refusal } from './refusal.js';

/** What a connection needs of the server that it leads to. */
export interface ConnectionEnd {
  /** Size of the pieces that a large answer comes in. */
  readonly pieceBytes: number | undefined;
  readonly requests: { readonly event: string; readonly body: unknown }[];
  receive(from: FakeConnection, event: string, body: unknown, answer: (answer: object) => void): void;
  left(connection: FakeConnection): void;
  /** The answer that refuses a request. */
  refusal(refusal: Refusal): object;
}

/** One connection of the fake: two queues that the test empties, in order, as TCP would. */
export class FakeConnection implements WireSocket {
  open = true;
  private readonly toServer: (() => void)[] = [];
  private readonly toClient: (() => void)[] = [];

  constructor(
    readonly server: ConnectionEnd,
    readonly userId: string,
    private readonly listener: WireListener,
  ) {}

  send(event: string, body: unknown, answered?: (answer: unknown) => void): void {
    if (!this.open) return;
    this.toServer.push(() => {
      this.server.requests.push({ event, body });
      this.server.receive(this, event, body, (answer) => this.toClient.push(() => answered?.(answer)));
    });
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    // What was sent before the close still arrives; the server then sees the end.
    this.toServer.push(() => this.server.left(this));
    this.toClient.length = 0;
  }

  tell(event: string, body: unknown): void {
    this.toClient.push(() => this.listener.event(event, body));
  }

  refuse(error: Parameters<WireListener['refused']>[0]): void {
    this.toClient.push(() => {
      this.open = false;
      this.listener.refused(error);
    });
  }

  /** The line breaks: `lost` of what the client sent, and all that the server sent, never arrives. */
  cut(lostToServer = 0): void {
    if (!this.open) return;
    this.open = false;
    if (lostToServer > 0) this.toServer.splice(-lostToServer);
    this.toServer.push(() => this.server.left(this));
    this.toClient.length = 0;
    this.listener.closed();
  }

  /** Loses what the client sent on a line that stays: a server that never answers. */
  discardToServer(): void {
    this.toServer.length = 0;
  }

  get toServerCount(): number {
    return this.toServer.length;
  }

  /** Carries one packet to the server; false when there is none. */
  deliverToServer(): boolean {
    const packet = this.toServer.shift();
    packet?.();
    return packet !== undefined;
  }

  deliverToClient(): boolean {
    const packet = this.open ? this.toClient.shift() : undefined;
    packet?.();
    return packet !== undefined;
  }
}
