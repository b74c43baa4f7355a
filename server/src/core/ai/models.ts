import type { AiModel } from '@tandem/protocol/http';
import type { ModelProvider } from './model-provider.js';

/** The models that this server offers, the default one first. */
export class Models {
  private readonly byName: ReadonlyMap<string, ModelProvider>;

  constructor(private readonly providers: readonly ModelProvider[]) {
    this.byName = new Map(providers.map((provider) => [provider.name, provider]));
  }

  get list(): AiModel[] {
    return this.providers.map(({ name, kind, description }, index) => ({
      name,
      kind,
      description,
      isDefault: index === 0,
    }));
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** The first of the wishes that is offered, else the default: a setting may name a model that went away. */
  choose(...wishes: readonly (string | null | undefined)[]): ModelProvider {
    for (const wish of wishes) {
      const provider = wish ? this.byName.get(wish) : undefined;
      if (provider) return provider;
    }
    return this.providers[0]!;
  }

  async close(): Promise<void> {
    await Promise.all(this.providers.map((provider) => provider.close()));
  }
}
