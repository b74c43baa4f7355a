import type { Limits } from '@tandem/protocol';
import { isClosed } from '../../core/document/room/causality.js';
import { Room } from '../../core/document/room/room.js';
import { type OpenedDocument, openingStored } from '../../core/document/stored-state.js';
import { decodeUpdate } from '../../core/document/update/decode-update.js';
import { trimUpdate } from '../../core/document/update/trim-update.js';
import { StoredDataCorrupt, type StoredDocument, type StoredRow } from '../../core/document/update-log.js';
import { inTurns } from '../../platform/long-work.js';

export interface LoadedRoom extends Omit<OpenedDocument, 'state'> {
  readonly room: Room;
}

/** A room over what the log holds, made without stalling others. Rejects with StoredDataCorrupt. */
export async function roomFrom(documentId: string, stored: StoredDocument, limits: Limits): Promise<LoadedRoom> {
  const { projectId, kind, epoch, accessVersion } = stored;
  const { state, ...found } = await inTurns(openingStored(stored));
  return { room: new Room(documentId, projectId, kind, state, epoch, accessVersion, limits), ...found };
}

/**
 * Takes the next row of the log. Throws StoredDataCorrupt for one that the room cannot take; nothing has changed then. In a room
 * that lacks edits that may be a sound one, which builds on them: the load tells what becomes of it.
 */
export function takeStored(room: Room, row: StoredRow): void {
  const update = decodeUpdate(row.bytes, room.kind);
  if (typeof update === 'string') throw new StoredDataCorrupt(`row ${row.seq} of ${room.documentId} is ${update}`);
  if (room.damage) {
    const fresh = trimUpdate(update, room.state, room.kind);
    if (fresh && !isClosed(fresh, room.state)) throw doesNotFit(room, row);
  }
  try {
    room.appendRow(update);
  } catch (error) {
    throw doesNotFit(room, row, error);
  }
}

function doesNotFit({ documentId }: Room, { seq }: StoredRow, cause?: unknown): StoredDataCorrupt {
  return new StoredDataCorrupt(`row ${seq} of ${documentId} builds on what is missing here`, { cause });
}
