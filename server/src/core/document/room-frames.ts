import type { EventOf, ServerEvent } from '@tandem/protocol';
import type { Frame } from './room/room-session.js';

/** Builds the packets of an event once, however many sockets get it. */
export abstract class RoomFrames {
  abstract encode<E extends ServerEvent>(event: E, body: EventOf<E>): Frame;
}
