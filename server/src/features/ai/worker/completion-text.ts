import type { CompletionUsage } from '@tandem/protocol';
import type { CompletionPrompt, ModelChunk } from '../../../core/ai/model-provider.js';
import { CompletionFilter, type FilterInput } from '../../../core/ai/prompt/completion-filter.js';

/** Where a model does not say: about so many characters make a token. */
const CHARACTERS_PER_TOKEN = 4;

/** What a model says, as it may be shown: each alternative through its filter. */
export class CompletionText {
  private readonly filters: CompletionFilter[] = [];
  private readonly ended = new Set<number>();
  private told: Extract<ModelChunk, { type: 'usage' }> | undefined;
  private characters = 0;
  private hasShown = false;

  constructor(
    private readonly prompt: CompletionPrompt,
    /** What stands around the caret in the document. */
    private readonly surroundings: FilterInput,
    private readonly show: (alternative: number, text: string) => void,
  ) {}

  /** `enough`: all alternatives have ended, the model may be stopped. */
  take(chunk: ModelChunk): 'more' | 'enough' {
    if (chunk.type === 'usage') {
      this.told = chunk;
      return 'more';
    }
    const { alternative, text } = chunk;
    if (alternative < this.prompt.alternatives && !this.ended.has(alternative)) this.read(alternative, text);
    return this.ended.size === this.prompt.alternatives ? 'enough' : 'more';
  }

  private read(alternative: number, text: string): void {
    this.characters += text.length;
    const shown = this.filter(alternative).push(text);
    if (shown.text !== '') {
      this.hasShown = true;
      this.show(alternative, shown.text);
    }
    if (shown.isDone) this.ended.add(alternative);
  }

  /** The texts as they may be accepted, by alternative; none when there is nothing to suggest. */
  finish(): { texts: string[]; usage: CompletionUsage; isRetracted: boolean } {
    const texts: string[] = [];
    for (let alternative = 0; alternative < this.filters.length; alternative++) {
      const { text } = this.filter(alternative).final();
      // One that says the same as another is none.
      texts.push(texts.includes(text) ? '' : text);
    }
    while (texts.at(-1) === '') texts.pop();
    return { texts, usage: this.usage, isRetracted: this.hasShown && texts.length === 0 };
  }

  private get usage(): CompletionUsage {
    if (this.told) {
      const { promptTokens, completionTokens } = this.told;
      return { promptTokens, completionTokens, estimated: false };
    }
    const { prefix, suffix, snippets } = this.prompt;
    const asked = snippets.reduce((sum, { text }) => sum + text.length, prefix.length + suffix.length);
    const tokens = (characters: number) => Math.ceil(characters / CHARACTERS_PER_TOKEN);
    return { promptTokens: tokens(asked), completionTokens: tokens(this.characters), estimated: true };
  }

  private filter(alternative: number): CompletionFilter {
    for (let next = this.filters.length; next <= alternative; next++)
      this.filters.push(new CompletionFilter(this.surroundings));
    return this.filters[alternative]!;
  }
}
