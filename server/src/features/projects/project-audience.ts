import type { Connection } from '../../platform/sockets/connection.js';

/** The connections that have a project open, and may read it. */
export class ProjectAudience {
  private readonly audiences = new Map<string, Set<Connection>>();
  private readonly listeners = new Set<(connection: Connection, projectId: string, isIn: boolean) => void>();

  of(projectId: string): ReadonlySet<Connection> {
    return this.audiences.get(projectId) ?? NOBODY;
  }

  /** The projects that the connection has open. */
  projectsOf(connection: Connection): string[] {
    return [...this.audiences].filter(([, audience]) => audience.has(connection)).map(([projectId]) => projectId);
  }

  join(connection: Connection, projectId: string): void {
    const audience = this.audiences.get(projectId) ?? new Set();
    if (audience.has(connection)) return;
    this.audiences.set(projectId, audience.add(connection));
    for (const listener of this.listeners) listener(connection, projectId, true);
  }

  leave(connection: Connection, projectId: string): void {
    const audience = this.audiences.get(projectId);
    if (!audience?.delete(connection)) return;
    if (audience.size === 0) this.audiences.delete(projectId);
    for (const listener of this.listeners) listener(connection, projectId, false);
  }

  /** Is called whenever a connection comes or goes. */
  onChange(listener: (connection: Connection, projectId: string, isIn: boolean) => void): void {
    this.listeners.add(listener);
  }
}

const NOBODY: ReadonlySet<Connection> = new Set();
