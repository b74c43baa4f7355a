import { Quarantine, type SetAside } from '../../core/document/quarantine.js';
import type { Damage } from '../../core/document/update-log.js';
import type { DatabaseLink } from './database-link.js';

/** What is set aside, as one node reaches it. */
export class SimulatedQuarantine extends Quarantine {
  constructor(private readonly link: DatabaseLink) {
    super();
  }

  override setAside(documentId: string, damage: readonly Damage[]): Promise<SetAside> {
    return this.link.call('quarantine', () => this.link.database.quarantine.setAside(documentId, damage));
  }

  override healed(documentId: string, mark: number): Promise<void> {
    return this.link.call('quarantine', () => this.link.database.quarantine.healed(documentId, mark));
  }

  override owners(documentId: string): Promise<ReadonlyMap<number, string>> {
    return this.link.call('quarantine', () => this.link.database.quarantine.owners(documentId));
  }
}
