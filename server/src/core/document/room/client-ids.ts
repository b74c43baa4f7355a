import type { RoomSession } from './room-session.js';

/**
 * Whose each client id is, and who writes under it now (rule V1). Ownership is a row in the database, read or made by
 * the host before it is asked here; living writers are this room's.
 */
export class ClientIds {
  private readonly owners = new Map<number, string>();
  /** Of which `Y.Doc` an id is, where that was told. */
  private readonly instances = new Map<number, string>();
  private readonly writers = new Map<number, RoomSession>();

  bind(clientId: number, userId: string, instance?: string): void {
    this.owners.set(clientId, userId);
    if (instance !== undefined) this.instances.set(clientId, instance);
  }

  isBound(clientId: number): boolean {
    return this.owners.has(clientId);
  }

  /** What speaks against the session writing under the id; `taken` names who holds it. */
  conflict(
    clientId: number,
    session: RoomSession,
  ): { type: 'foreign' } | { type: 'taken'; by: RoomSession } | undefined {
    if (this.owners.get(clientId) !== session.userId) return { type: 'foreign' };
    const writer = this.writers.get(clientId);
    return writer && writer !== session ? { type: 'taken', by: writer } : undefined;
  }

  /** Whether the id is that of another `Y.Doc`, whose editor may be on another node, or away with edits that nobody has. */
  isOfAnother(clientId: number, { instance }: RoomSession): boolean {
    const bound = this.instances.get(clientId);
    return bound !== undefined && instance !== undefined && bound !== instance;
  }

  claim(clientId: number, session: RoomSession): void {
    this.writers.set(clientId, session);
    session.clientIds.add(clientId);
  }

  release(session: RoomSession): void {
    for (const clientId of session.clientIds) if (this.writers.get(clientId) === session) this.writers.delete(clientId);
  }
}
