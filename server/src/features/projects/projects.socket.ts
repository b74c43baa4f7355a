import { type BodyOf, type ProjectEvent, type ProjectOpenAnswer, TandemError } from '@tandem/protocol';
import type { Changes } from '../../core/access/changes.js';
import type { Memberships } from '../../core/access/memberships.js';
import { underCeiling } from '../../core/access/scopes.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { type Handlers, SocketFeature } from '../../platform/sockets/socket-feature.js';
import type { ProjectAudience } from './project-audience.js';

/** A connection whose role is being looked up. */
interface Joining {
  readonly connection: Connection;
  readonly projectId: string;
  readonly heard: ProjectEvent[];
}

/** `project:open` and `project:close`: who hears of changes to the tree, the members and the settings of a project. */
export class ProjectsSocket extends SocketFeature {
  private readonly joining = new Set<Joining>();

  constructor(
    private readonly memberships: Memberships,
    private readonly audience: ProjectAudience,
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
        this.giveUp((joining) => joining.connection === connection && joining.projectId === projectId);
        this.audience.leave(connection, projectId);
        return {};
      },
    };
  }

  override disconnect(connection: Connection): void {
    this.giveUp((joining) => joining.connection === connection);
    for (const projectId of this.audience.projectsOf(connection)) this.audience.leave(connection, projectId);
  }

  private async join(connection: Connection, { projectId }: BodyOf<'project:open'>): Promise<ProjectOpenAnswer> {
    // Listening begins before the list is read: a change in between is told twice rather than never. What is heard waits
    // until the role is known, so that a stranger who asks hears nothing.
    const joining: Joining = { connection, projectId, heard: [] };
    this.joining.add(joining);
    try {
      const [role, documents] = await Promise.all([
        this.memberships.role(connection.userId, projectId),
        this.memberships.documents(projectId),
      ]);
      if (!role || joining.heard.some((event) => endsFor(event, connection))) {
        this.audience.leave(connection, projectId);
        throw new TandemError('not_found');
      }
      if (this.joining.has(joining)) this.admit(joining);
      return { role: underCeiling(role, connection.peer.ceiling), documents };
    } finally {
      this.joining.delete(joining);
    }
  }

  private admit({ connection, projectId, heard }: Joining): void {
    const isIn = this.audience.of(projectId).has(connection);
    if (!isIn) for (const event of heard) connection.emit('project:event', event);
    this.audience.join(connection, projectId);
  }

  /** Closed, or gone, before its role was known. */
  private giveUp(concerned: (joining: Joining) => boolean): void {
    for (const joining of this.joining) if (concerned(joining)) this.joining.delete(joining);
  }

  private tell(event: ProjectEvent): void {
    for (const { projectId, heard } of this.joining) if (projectId === event.projectId) heard.push(event);
    for (const connection of [...this.audience.of(event.projectId)]) {
      connection.emit('project:event', event);
      if (endsFor(event, connection)) this.audience.leave(connection, event.projectId);
    }
  }
}

/** Whether the connection's user may not hear of the project any more. */
function endsFor(event: ProjectEvent, { userId }: Connection): boolean {
  return event.type === 'project.deleted' || (event.type === 'member.removed' && event.userId === userId);
}
