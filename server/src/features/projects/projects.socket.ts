import { type BodyOf, type ProjectEvent, type ProjectOpenAnswer, TandemError } from '@tandem/protocol';
import type { Changes } from '../../core/access/changes.js';
import type { Memberships } from '../../core/access/memberships.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { type Handlers, SocketFeature } from '../../platform/sockets/socket-feature.js';

/** `project:open` and `project:close`: who hears of changes to the tree, the members and the settings of a project. */
export class ProjectsSocket extends SocketFeature {
  private readonly audiences = new Map<string, Set<Connection>>();

  constructor(
    private readonly memberships: Memberships,
    changes: Changes,
  ) {
    super();
    changes.subscribe((change) => {
      if (change.type !== 'session.revoked') this.tell(change);
    });
  }

  override connect(connection: Connection): Handlers {
    return {
      'project:open': (body) => this.join(connection, body),
      'project:close': ({ projectId }) => {
        this.leave(connection, projectId);
        return {};
      },
    };
  }

  override disconnect(connection: Connection): void {
    for (const projectId of [...this.audiences.keys()]) this.leave(connection, projectId);
  }

  private async join(connection: Connection, { projectId }: BodyOf<'project:open'>): Promise<ProjectOpenAnswer> {
    // Listening begins before the list is read: a change in between is told twice rather than never.
    const audience = this.audiences.get(projectId) ?? new Set();
    this.audiences.set(projectId, audience.add(connection));
    try {
      const [role, documents] = await Promise.all([
        this.memberships.role(connection.userId, projectId),
        this.memberships.documents(projectId),
      ]);
      if (!role) throw new TandemError('not_found');
      if (!connection.socket.connected) this.leave(connection, projectId);
      return { role, documents };
    } catch (error) {
      this.leave(connection, projectId);
      throw error;
    }
  }

  private leave(connection: Connection, projectId: string): void {
    const audience = this.audiences.get(projectId);
    audience?.delete(connection);
    if (audience?.size === 0) this.audiences.delete(projectId);
  }

  private tell(event: ProjectEvent): void {
    for (const connection of this.audiences.get(event.projectId) ?? []) {
      connection.emit('project:event', event);
      const isGone =
        event.type === 'project.deleted' || (event.type === 'member.removed' && event.userId === connection.userId);
      if (isGone) this.leave(connection, event.projectId);
    }
  }
}
