import type { Role } from '@tandem/protocol';
import type { Change, Changes } from '../../core/access/changes.js';
import type { Room } from '../../core/document/room/room.js';
import type { RoomBroadcast } from './room-broadcast.js';
import type { RoomDirectory } from './room-directory.js';

const MOVES_RIGHTS = new Set<Change['type']>([
  'document.deleted',
  'project.deleted',
  'member.removed',
  'member.changed',
  // The rules of its paths are the project's, and may say something else of where the file is now.
  'project.changed',
  'document.moved',
]);

/** Brings what REST changed to the open rooms: a right that is taken away ends here and now (D8). */
export class RightsWatcher {
  /** Counts changes of rights, so that an open that read a role before one of them reads it again. */
  now = 0;
  private readonly lastChange = new Map<string, number>();
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly source: Changes,
    private readonly rooms: RoomDirectory,
    private readonly broadcast: RoomBroadcast,
    /** Asks the log under which rights the open documents stand; who finds others reads the roles anew. */
    private readonly look: () => Promise<void>,
  ) {}

  start(): void {
    this.unsubscribe = this.source.subscribe((change) => this.apply(change));
  }

  stop(): void {
    this.unsubscribe?.();
  }

  haveChanged(projectId: string, since: number): boolean {
    return (this.lastChange.get(projectId) ?? 0) > since;
  }

  private apply(change: Change): void {
    if (MOVES_RIGHTS.has(change.type) && change.type !== 'session.revoked')
      this.lastChange.set(change.projectId, ++this.now);
    switch (change.type) {
      case 'document.deleted': {
        const room = this.rooms.get(change.documentId);
        if (room) this.close(room);
        break;
      }
      case 'project.deleted':
        for (const room of this.roomsOf(change.projectId)) this.close(room);
        break;
      case 'member.removed':
        for (const room of this.roomsOf(change.projectId)) this.expel(room, change.userId);
        break;
      case 'member.changed':
        this.changed(change.projectId, change.member);
        break;
      case 'project.changed':
        if (this.roomsOf(change.projectId).length > 0) this.lookAnew();
        break;
      case 'document.moved':
        if (this.rooms.get(change.document.id)) this.lookAnew();
        break;
    }
  }

  private changed(projectId: string, { userId, role }: { userId: string; role: Role }): void {
    let isNarrowed = false;
    for (const room of this.roomsOf(projectId)) {
      for (const session of room.sessions) {
        // Else the look at the heads has found it out before.
        if (session.userId !== userId || session.memberRole === role) continue;
        // Hints may come late and in another order: roles are read before the next append.
        room.accessVersion = 0;
        // What editors may do here, the rules of the path say.
        if (role === 'editor') isNarrowed = true;
        else {
          session.role = role;
          this.broadcast.to(session, 'document:role', { documentId: room.documentId, role: session.role });
        }
      }
    }
    if (isNarrowed) this.lookAnew();
  }

  /** Where it does not succeed, the watch of the heads finds out. */
  private lookAnew(): void {
    void this.look().catch(() => undefined);
  }

  private roomsOf(projectId: string): Room[] {
    return [...this.rooms].filter((room) => room.projectId === projectId);
  }

  private expel(room: Room, userId: string | undefined): void {
    for (const session of [...room.sessions]) {
      if (userId !== undefined && session.userId !== userId) continue;
      this.broadcast.dismiss(room, session);
    }
  }

  private close(room: Room): void {
    this.expel(room, undefined);
    this.rooms.evict(room);
  }
}
