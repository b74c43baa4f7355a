import { type AuditEvent, AuditLog } from '../../../src/core/access/audit-log.js';
import { createTestDatabase } from '../../../src/testing/postgres.js';
import type { TestSettings } from '../../../src/testing/test-app.js';
import { SyncWorld } from '../../support/sync-world.js';

/** Two nodes of one server: one database, one secret. */
export class TwoNodes {
  private constructor(
    readonly here: SyncWorld,
    readonly there: SyncWorld,
    private readonly drop: () => Promise<void>,
  ) {}

  static async start(settings: TestSettings = {}): Promise<TwoNodes> {
    const database = await createTestDatabase();
    const all = { databaseUrl: database.url, ...settings };
    const here = await SyncWorld.start(all);
    const there = await SyncWorld.start(all, here.server.secret);
    return new TwoNodes(here, there, () => database.drop());
  }

  get both(): readonly SyncWorld[] {
    return [this.here, this.there];
  }

  /** For `afterEach`. */
  async hangUp(): Promise<void> {
    await Promise.all(this.both.map((world) => world.hangUp()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.both.map((world) => world.stop()));
    await this.drop();
  }
}

/** What a node records from now on. */
export function auditOf(world: SyncWorld): AuditEvent[] {
  const log = world.server.app.get(AuditLog, { strict: false });
  const { record } = log;
  const events: AuditEvent[] = [];
  log.record = (event, manager) => {
    events.push(event);
    return record.call(log, event, manager);
  };
  return events;
}
