import { type CommittedEdits, RoomBus } from '../../core/document/room-bus.js';

/** Joins the nodes that live in one process: one in the default mode, several in tests. */
export class RoomBusHub {
  readonly listeners = new Map<RoomBus, Set<(edits: CommittedEdits) => void>>();
}

export class InProcessRoomBus extends RoomBus {
  constructor(private readonly hub: RoomBusHub = new RoomBusHub()) {
    super();
    hub.listeners.set(this, new Set());
  }

  override publish(edits: CommittedEdits): void {
    for (const [bus, listeners] of this.hub.listeners) {
      if (bus !== this) for (const listener of listeners) listener(edits);
    }
  }

  override subscribe(listener: (edits: CommittedEdits) => void): () => void {
    const listeners = this.hub.listeners.get(this)!;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }
}
