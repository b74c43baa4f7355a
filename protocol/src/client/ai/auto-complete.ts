import { TandemError } from '../../errors.js';
import { type Clock, systemClock } from '../clock.js';
import type { CompletionOutcome, CompletionStream } from './completion-stream.js';
import type { CompleteOptions } from './completions.js';
import type { Suggestion } from './suggestion.js';
import { TypingPause } from './typing-pause.js';

/** What the policy needs of a `DocumentProvider`. */
export interface AutoCompletePort {
  readonly canEdit: boolean;
  readonly synced: boolean;
  readonly text: { toString(): string };
  readonly suggestions: { readonly mine: Pick<Suggestion, 'offset' | 'dismiss'> | undefined };
  complete(options: CompleteOptions): Pick<CompletionStream, 'done' | 'cancel'>;
}

export interface AutoCompleteOptions<Port extends AutoCompletePort> {
  readonly provider: Port;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: the asker's, else the project's, else the server's. */
  readonly model?: string;
  /** How many alternatives, at most. Default 1. */
  readonly count?: number;
}

const isWord = (character: string) => /^[\p{L}\p{N}_$]$/u.test(character);

/**
 * When to ask for a suggestion while somebody types (CMP-23, CMP-26). Knows no editor: that one tells what its user
 * does.
 *
 *     typed --pause--> fits what was typed to the own suggestion? nothing. Else: ask; what was asked before is cancelled
 */
export class AutoComplete<Port extends AutoCompletePort = AutoCompletePort> {
  /** Whether typing asks; `ask` always does. */
  enabled = true;

  private readonly clock: Clock;
  private readonly pause = new TypingPause();
  private cancelTimer: (() => void) | undefined;
  /** Where the caret was last. */
  private caret: number | undefined;
  private asked: Pick<CompletionStream, 'done' | 'cancel'> | undefined;
  /** The server said when it is worth trying again; never, when it knows no completions. */
  private notBefore = 0;

  constructor(private readonly options: AutoCompleteOptions<Port>) {
    this.clock = options.clock ?? systemClock;
  }

  /**
   * The user typed or deleted; the caret now stands there, in UTF-16 units. Better a function that tells where: during the
   * pause others may write before it.
   */
  typed(caret: number | (() => number)): void {
    const caretNow = typeof caret === 'number' ? () => caret : caret;
    this.caret = caretNow();
    const { behindWord, inWord } = this.pause.after(this.clock.now());
    this.stopTimer();
    if (!this.enabled) return;
    // The text is looked at after the shorter pause: at every key that would be felt in a long document.
    this.cancelTimer = this.clock.after(behindWord, () => {
      const ask = () => this.askUnlessIdle(caretNow());
      if (!isWord(this.options.provider.text.toString().charAt(caretNow() - 1))) ask();
      else this.cancelTimer = this.clock.after(inWord - behindWord, ask);
    });
  }

  /** The user moved the caret without typing; undefined when they left the editor. What was asked is not wanted there. */
  moved(index: number | undefined): void {
    // Editors tell of the caret after typing, too.
    if (index === this.caret) return;
    this.caret = index;
    this.stopTimer();
    const { mine } = this.options.provider.suggestions;
    if (mine && mine.offset === index) return;
    this.asked?.cancel();
    this.asked = undefined;
    mine?.dismiss('ignored');
  }

  /** The user wants one, now. */
  ask(index: number): ReturnType<Port['complete']> {
    this.stopTimer();
    return this.send(index, 'manual');
  }

  /** Nothing is asked any more; what was asked is cancelled. */
  destroy(): void {
    this.enabled = false;
    this.stopTimer();
    this.asked?.cancel();
    this.asked = undefined;
  }

  private askUnlessIdle(index: number): void {
    this.cancelTimer = undefined;
    const { provider } = this.options;
    const mayAsk = provider.canEdit && provider.synced && this.clock.now() >= this.notBefore;
    if (!mayAsk || provider.suggestions.mine?.offset === index) return;
    const text = provider.text.toString();
    // A text that others shortened meanwhile.
    if (index > text.length || isInsideWord(text, index)) return;
    this.send(index, 'automatic');
  }

  private send(index: number, trigger: 'automatic' | 'manual'): ReturnType<Port['complete']> {
    this.caret = index;
    const { provider, model, count } = this.options;
    const stream = provider.complete({ index, trigger, model, count }) as ReturnType<Port['complete']>;
    this.asked = stream;
    stream.done.then(
      ({ unavailable }: CompletionOutcome) => this.holdOff(unavailable?.retryAt ?? 0),
      (error: unknown) => this.refused(error),
    );
    return stream;
  }

  private refused(error: unknown): void {
    if (!(error instanceof TandemError)) return;
    if (error.code === 'unknown_message') this.holdOff(Number.POSITIVE_INFINITY);
    else if (error.retryAfterMs !== undefined) this.holdOff(this.clock.now() + error.retryAfterMs);
  }

  private holdOff(until: number): void {
    this.notBefore = Math.max(this.notBefore, until);
  }

  private stopTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }
}

const isInsideWord = (text: string, index: number): boolean =>
  isWord(text.charAt(index - 1)) && isWord(String.fromCodePoint(text.codePointAt(index) ?? 0x20));
