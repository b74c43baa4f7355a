import type { OpenCompletion, Provenance } from '@tandem/protocol';
import type { Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';

/** What goes along with the documents of this node: told who comes and goes, and asked what else an opener gets to see. */
export interface DocumentCompanion {
  /** Before the answer to an open is made, which waits for it. */
  opening(room: Room): Promise<void> | undefined;
  /** In the turn in which the session becomes one of the room's. Returns the suggestions that it is shown. */
  opened(room: Room, session: RoomSession): OpenCompletion[];
  /** Without a session: an open that `opening` was told of came to nothing. */
  left(room: Room, session: RoomSession | undefined): void;
  /** What `attribute` let pass was stored. */
  attributed(provenance: Provenance): void;
  /** Edits of the room were stored and shown. Called for each commit: to be as cheap as a look-up. */
  committed(room: Room): void;
  /**
   * What an edit says of its origin, if it is true: its structs hold text of a suggestion of that person. Undefined when it
   * is not; the edit itself is none the worse for it.
   */
  attribute(
    room: Room,
    session: RoomSession,
    update: Uint8Array,
    provenance: Provenance,
  ): Promise<Provenance | undefined> | Provenance | undefined;
}

/** Without the AI half. */
export const NO_COMPANION: DocumentCompanion = {
  opening: () => undefined,
  opened: () => [],
  left() {},
  attributed() {},
  committed() {},
  attribute: () => undefined,
};
