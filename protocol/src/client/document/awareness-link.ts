import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { Clock } from '../clock.js';

/** At most one awareness message in this time: a dragged selection makes one for each mouse event. */
const THROTTLE_MS = 50;

/** Ties a y-protocols `Awareness` to an open document. Only the own state is ever sent. */
export class AwarenessLink {
  readonly awareness: Awareness;
  private arrived = false;
  private lastSent = Number.NEGATIVE_INFINITY;
  private cancelSend: (() => void) | undefined;

  constructor(
    private readonly doc: Y.Doc,
    private readonly clock: Clock,
    private readonly send: (update: Uint8Array) => void,
    private readonly active: boolean,
  ) {
    this.awareness = new Awareness(doc);
    if (!active) this.awareness.setLocalState(null);
    this.awareness.on('update', this.onUpdate);
  }

  /**
   * Shows the others, and oneself anew: after a removal y-protocols ignores a state with the clock that it knew, so
   * the local clock must move at every open.
   */
  arrive(others: Uint8Array | undefined): void {
    if (!this.active) return;
    if (others) this.receive(others);
    const state = this.awareness.getLocalState();
    if (state !== null) this.awareness.setLocalState(state);
    this.arrived = true;
    if (state !== null) this.flush();
  }

  receive(update: Uint8Array): void {
    if (this.active) applyAwarenessUpdate(this.awareness, update, this);
  }

  /** Nobody else can be seen any more. Their clocks are forgotten, so that the same state may come again. */
  leave(): void {
    this.arrived = false;
    this.cancel();
    const others = [...this.awareness.meta.keys()].filter((id) => id !== this.awareness.clientID);
    removeAwarenessStates(this.awareness, others, this);
    for (const id of others) this.awareness.meta.delete(id);
  }

  /** Follows a new client id of the `Y.Doc`. */
  rename(): void {
    const state = this.awareness.getLocalState();
    this.awareness.setLocalState(null);
    this.awareness.meta.delete(this.awareness.clientID);
    this.awareness.clientID = this.doc.clientID;
    this.awareness.setLocalState(state);
  }

  /** Tells the others that we are gone, at once. */
  destroy(): void {
    if (this.arrived && this.awareness.getLocalState() !== null) {
      this.awareness.setLocalState(null);
      this.flush();
    }
    this.cancel();
    this.arrived = false;
    this.awareness.off('update', this.onUpdate);
    this.awareness.destroy();
  }

  private readonly onUpdate = (_change: unknown, origin: unknown): void => {
    if (origin !== 'local' || !this.arrived || this.cancelSend) return;
    const wait = this.lastSent + THROTTLE_MS - this.clock.now();
    if (wait <= 0) this.flush();
    else this.cancelSend = this.clock.after(wait, () => this.flush());
  };

  private flush(): void {
    this.cancel();
    if (!this.arrived) return;
    this.lastSent = this.clock.now();
    this.send(encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]));
  }

  private cancel(): void {
    this.cancelSend?.();
    this.cancelSend = undefined;
  }
}
