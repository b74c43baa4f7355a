import type { OpenCompletion } from '../../wire/completion.js';
import type { EventOf, ServerEvent } from '../../wire/events.js';
import type { CompletionPort } from './completion-port.js';
import { Completions, isCompletionEvent } from './completions.js';
import { Diagnostics } from './diagnostics.js';
import { TextView } from './text-view.js';

/** Completions and analysis of one document. */
export class DocumentAi {
  readonly completions: Completions;
  readonly diagnostics: Diagnostics;

  constructor(private readonly port: CompletionPort) {
    const view = new TextView(() => port.doc);
    this.completions = new Completions(port, view);
    this.diagnostics = new Diagnostics(view);
  }

  receive(name: ServerEvent, body: never): void {
    if (isCompletionEvent(name)) this.completions.receive(name, body);
    else if (name === 'ai:unavailable') this.completions.unavailable(body);
    else if (name === 'analysis:result') this.analyzed(body);
  }

  opened(standing: readonly OpenCompletion[]): void {
    this.completions.opened(standing);
  }

  /** The connection is gone, or `forGood` the document. */
  left(forGood: boolean): void {
    this.completions.left(forGood);
  }

  /** The text is another one. */
  changed(): void {
    this.completions.suggestions.changed();
    this.diagnostics.changed();
  }

  /** Another `Y.Doc`; after a reset, of another document. */
  replaced(isReset: boolean): void {
    this.completions.replaced();
    if (isReset) this.diagnostics.clear();
    this.changed();
  }

  private analyzed(result: EventOf<'analysis:result'>): void {
    try {
      this.diagnostics.receive(result);
    } catch (error) {
      this.port.report(error);
    }
  }
}
