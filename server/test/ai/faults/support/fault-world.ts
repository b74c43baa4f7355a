import type { AppConfig, LanguageModelConfig } from '../../../../src/config/app-config.js';
import { FakeModelServer } from '../../../../src/testing/fake-model-server.js';
import { PlainEditor } from '../../../support/plain-editor.js';
import { type Person, SyncWorld } from '../../../support/sync-world.js';
import { scripted } from '../../support/ai-world.js';

export interface FaultWorldOptions {
  readonly settings?: Partial<AppConfig>;
  readonly languageModel?: Partial<LanguageModelConfig>;
  readonly worker?: 'inline' | 'none';
}

/** A server and its scripted model, with settings for tests of faults. */
export class FaultWorld {
  private constructor(
    readonly sync: SyncWorld,
    readonly model: FakeModelServer,
  ) {}

  static async start({ settings, languageModel, worker = 'inline' }: FaultWorldOptions = {}): Promise<FaultWorld> {
    const model = await FakeModelServer.start();
    const sync = await SyncWorld.start({
      ...settings,
      ai: { worker, analysis: 'request', languageModel: { ...scripted(model.url), ...languageModel } },
    });
    return new FaultWorld(sync, model);
  }

  async open(person: Person, documentId: string): Promise<PlainEditor> {
    return PlainEditor.open(await this.sync.connect(person), documentId);
  }

  async stop(): Promise<void> {
    await this.sync.stop();
    await this.model.stop();
  }
}
