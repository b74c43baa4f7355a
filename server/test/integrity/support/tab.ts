import { type DocumentProvider, MemoryOutbox, TandemClient } from '@tandem/protocol/client';
import { eventually } from '../../../src/testing/eventually.js';
import type { Person, SyncWorld } from '../../support/sync-world.js';

/** An editor on the SDK, in one document. */
export class Tab {
  private constructor(
    readonly client: TandemClient,
    readonly provider: DocumentProvider,
  ) {}

  static async open(world: SyncWorld, { accessToken: token }: Person, documentId: string): Promise<Tab> {
    const client = new TandemClient({ url: world.server.url, token, outbox: new MemoryOutbox(), random: () => 0.01 });
    await client.connect();
    const tab = new Tab(client, client.openDocument(documentId));
    tabs.add(tab);
    await tab.provider.whenSynced();
    return tab;
  }

  get text(): string {
    return this.provider.text.toString();
  }

  /** Resolves when it is stored. */
  async type(text: string, at = this.provider.text.length): Promise<void> {
    this.provider.text.insert(at, text);
    await this.provider.whenSaved();
  }

  async delete(at: number, length: number): Promise<void> {
    this.provider.text.delete(at, length);
    await this.provider.whenSaved();
  }

  shows(text: string): Promise<void> {
    return eventually(`the tab shows ${text}, not ${this.text}`, () => this.text === text);
  }

  async close(): Promise<void> {
    tabs.delete(this);
    await this.client.close();
  }
}

const tabs = new Set<Tab>();

/** For `afterEach`. */
export async function closeTabs(): Promise<void> {
  await Promise.all([...tabs].map((tab) => tab.close()));
}
