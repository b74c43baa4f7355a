import type { EventOf, ServerEvent } from '@tandem/protocol';
import type { Frame } from '../../core/document/room/room-session.js';
import { RoomFrames } from '../../core/document/room-frames.js';

/** An event that nobody has encoded. */
export interface EventFrame extends Frame {
  readonly event: ServerEvent;
  readonly body: unknown;
  readonly bytes: number;
}

/** Rooms build frames that the simulated network carries as they are. */
export class EventFrames extends RoomFrames {
  override encode<E extends ServerEvent>(event: E, body: EventOf<E>): EventFrame {
    return { event, body, bytes: sizeOf(body) };
  }
}

/** Of the bytes beside an update. */
const OVERHEAD = 100;

/** About what it takes on the wire. */
export function sizeOf(body: unknown): number {
  const { update, bytes } = (body ?? {}) as { update?: Uint8Array; bytes?: Uint8Array };
  return OVERHEAD + (update?.length ?? 0) + (bytes?.length ?? 0);
}
