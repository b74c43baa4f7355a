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
    return this.model.nextTokens(this.request(), limit);
  }

  completeLine(maxTokens: number): Line | undefined {
    return this.model.complete({ ...this.request(), alternatives: 1, maxTokens })[0];
  }

  private request() {
    return { documentId: this.path, path: this.path, prefix: this.prefix, suffix: '' };
  }
}
