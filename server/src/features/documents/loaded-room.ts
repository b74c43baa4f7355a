import type { Limits } from '@tandem/protocol';
import { DocumentState } from '../../core/document/document-state.js';
import { Room } from '../../core/document/room/room.js';
import { decodeUpdate } from '../../core/document/update/decode-update.js';
import type { DecodedUpdate } from '../../core/document/update/decoded-update.js';
import { StoredDataCorrupt, type StoredDocument, type StoredRow } from '../../core/document/update-log.js';

/** A room over what the log holds. Throws StoredDataCorrupt; there is never a room over half a document (D2). */
export function roomFrom(documentId: string, stored: StoredDocument, limits: Limits): Room {
  const { kind, snapshot } = stored;
  const state = snapshot ? DocumentState.from(kind, snapshot) : DocumentState.empty(kind);
  const room = new Room(documentId, stored.projectId, kind, state, stored.epoch, stored.accessVersion, limits);
  for (const row of stored.rows) room.appendRow(decodeStored(room, row));
  return room;
}

export function decodeStored(room: Room, row: StoredRow): DecodedUpdate {
  const update = decodeUpdate(row.bytes, room.kind);
  if (typeof update === 'string') throw new StoredDataCorrupt(`row ${row.seq} of ${room.documentId} is ${update}`);
  return update;
}
