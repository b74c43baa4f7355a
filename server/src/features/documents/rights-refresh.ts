import type { Role } from '@tandem/protocol';
import type { Memberships } from '../../core/access/memberships.js';
import { can } from '../../core/access/permissions.js';
import type { Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';
import type { RoomBroadcast } from './room-broadcast.js';

/** The fence has refused an append: roles are read anew before anything of the room is tried again (decision 002). */
export class RightsRefresh {
  constructor(
    private readonly memberships: Memberships,
    private readonly broadcast: RoomBroadcast,
  ) {}

  /** Refuses what may not be written any more, and lets go of those who may not read. Rejects when roles cannot be read. */
  async run(room: Room, accessVersion: number): Promise<void> {
    const roles = new Map<string, Role | undefined>();
    // Of everybody here and everybody whose edits wait; also of those who come in while roles are being read.
    for (let unknown = strangers(room, roles); unknown.length > 0; unknown = strangers(room, roles)) {
      const found = await this.memberships.rolesAt(unknown, room.documentId);
      for (const userId of unknown) roles.set(userId, found.get(userId));
    }
    const mayWrite = (session: RoomSession) => {
      const role = roles.get(session.userId);
      return role !== undefined && can(role, 'document.write');
    };
    room.giveBack('forbidden', (pending) => mayWrite(pending.session));
    for (const session of [...room.sessions]) this.apply(room, session, roles.get(session.userId));
    room.accessVersion = accessVersion;
  }

  private apply(room: Room, session: RoomSession, role: Role | undefined): void {
    if (!role) this.broadcast.dismiss(room, session);
    else if (role !== session.memberRole) {
      session.role = role;
      this.broadcast.to(session, 'document:role', { documentId: room.documentId, role: session.role });
    }
  }
}

function strangers(room: Room, roles: ReadonlyMap<string, unknown>): string[] {
  const people = new Set([...room.sessions, ...room.overlay.authors].map((session) => session.userId));
  return [...people].filter((userId) => !roles.has(userId));
}
