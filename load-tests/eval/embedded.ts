import { NgramModel } from '../../server/dist/core/ai/ngram/ngram-model.js';
import type { Line, Subject } from './subject.ts';

/** Tandem's model, through what the server calls. It is told only the text above the caret, nothing below. */
export class Embedded implements Subject {
  /** Whole lines are asked for whatever their probability; the caller looks at that. */
  private readonly model = new NgramModel({ threshold: 0, alternativeThreshold: 0 });
  private path = '';
  private prefix = '';

  train(path: string, text: string): void {
    this.model.setDocument(path, path, text);
  }

  open(path: string): void {
    this.path = path;
    this.prefix = '';
  }

  type(token: string): void {
    this.prefix += token;
  }

  nextTokens(limit: number): readonly string[] {
    return this.model.nextTokens(this.caret(''), limit);
  }

  completeWord(typed: string): string | undefined {
    return this.model.wordsAt(this.caret(typed), 1)[0];
  }

  completeLine(maxTokens: number, typed = ''): Line | undefined {
    return this.model.complete({ ...this.caret(typed), alternatives: 1, maxTokens })[0];
  }

  offer(maxTokens: number, typed: string, threshold: number): Line | undefined {
    return this.model.complete({ ...this.caret(typed), alternatives: 1, maxTokens, threshold })[0];
  }

  private caret(typed: string) {
    return { documentId: this.path, path: this.path, prefix: this.prefix + typed, suffix: '' };
  }
}
