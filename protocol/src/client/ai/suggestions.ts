import { Emitter } from '../emitter.js';
import type { Suggestion, SuggestionsEvents } from './suggestion.js';
import type { TextView } from './text-view.js';
import type { Showing, TrackedSuggestion } from './tracked-suggestion.js';

/** What a user does with a suggestion, and what the text does to it. */
export interface SuggestionActions {
  insert(offset: number, text: string, completionId: string): void;
  /** An own one has ended: all of it was taken, it was declined, or it does not fit any more. */
  ended(suggestion: TrackedSuggestion, outcome: 'accepted' | 'rejected' | 'ignored'): void;
}

type Shown = Extract<Showing, { state: 'shown' }>;

/** What stands open in one document: of this provider, and of everybody else (CMP-20). */
export class Suggestions {
  private readonly events = new Emitter<SuggestionsEvents>();
  /** In the order of their starts. */
  private readonly tracked = new Map<string, TrackedSuggestion>();
  private shown: readonly Suggestion[] = [];
  private told: readonly Suggestion[] = [];
  private isStale = false;
  private isScheduled = false;

  /** For the provider. */
  constructor(
    private readonly view: TextView,
    private readonly actions: SuggestionActions,
  ) {}

  /** Those that can be shown in the text of now. */
  get list(): readonly Suggestion[] {
    if (this.isStale) this.look();
    return this.shown;
  }
  /** The newest that this provider asked for. */
  get mine(): Suggestion | undefined {
    return this.list.findLast(({ isMine }) => isMine);
  }

  /** `change`: another one, more text, another place. Told once for all that happens in one tick. */
  on<E extends keyof SuggestionsEvents>(event: E, listener: (payload: SuggestionsEvents[E]) => void): () => void {
    return this.events.on(event, listener);
  }

  /** For the provider. */
  get all(): readonly TrackedSuggestion[] {
    return [...this.tracked.values()];
  }
  get(completionId: string): TrackedSuggestion | undefined {
    return this.tracked.get(completionId);
  }
  add(suggestion: TrackedSuggestion): void {
    this.tracked.set(suggestion.completionId, suggestion);
    this.changed();
  }
  remove(completionId: string): void {
    if (this.tracked.delete(completionId)) this.changed();
  }

  /** For the provider: an own one is over; what was taken of it counts. */
  end(tracked: TrackedSuggestion, outcome: 'accepted' | 'rejected' | 'ignored'): void {
    this.remove(tracked.completionId);
    this.actions.ended(tracked, tracked.taken > 0 ? 'accepted' : outcome);
  }

  /** For the provider: the text, or something of a suggestion, is another one. */
  changed(): void {
    if (this.tracked.size === 0 && this.shown.length === 0) return;
    this.isStale = true;
    if (this.isScheduled) return;
    this.isScheduled = true;
    queueMicrotask(() => this.settle());
  }

  /** Lets own ones go that do not fit any more, and tells what is not as it was. */
  private settle(): void {
    this.isScheduled = false;
    for (const suggestion of this.all) {
      if (suggestion.isMine && suggestion.showing(this.view).state === 'unfit') this.end(suggestion, 'ignored');
    }
    const { list } = this;
    if (same(this.told, list)) return;
    this.told = list;
    this.events.emit('change', list);
  }

  private look(): void {
    this.isStale = false;
    this.shown = this.all.flatMap((suggestion) => {
      const showing = suggestion.showing(this.view);
      if (showing.state !== 'shown' || !suggestion.about) return [];
      suggestion.shown = showing.alternative;
      return [this.toShow(suggestion, suggestion.about, showing)];
    });
  }

  private toShow(
    tracked: TrackedSuggestion,
    { userId, model, trigger }: NonNullable<TrackedSuggestion['about']>,
    { offset, text, alternative, others }: Shown,
  ): Suggestion {
    const { completionId, isMine, transcript } = tracked;
    return {
      completionId,
      userId,
      isMine,
      isDone: transcript.isDone,
      model,
      trigger,
      offset,
      text,
      alternative,
      alternatives: others.length,
      cycle: (step) => this.cycle(tracked, step),
      accept: (length) => this.accept(tracked, length),
      dismiss: (outcome = 'rejected') => {
        if (this.isOwn(tracked)) this.end(tracked, outcome);
      },
    };
  }

  private cycle(tracked: TrackedSuggestion, step: 1 | -1): void {
    const showing = tracked.showing(this.view);
    if (!this.isOwn(tracked) || showing.state !== 'shown') return;
    const { others, alternative } = showing;
    tracked.selected = others.at((others.indexOf(alternative) + step) % others.length)!;
    this.changed();
  }

  private accept(tracked: TrackedSuggestion, length?: number): { from: number; to: number } | undefined {
    const showing = tracked.showing(this.view);
    if (!this.isOwn(tracked) || showing.state !== 'shown') return undefined;
    const { offset, alternative } = showing;
    const text = showing.text.slice(0, wholePairs(showing.text, length ?? showing.text.length));
    if (text === '') return undefined;
    tracked.selected = alternative;
    tracked.taken += text.length;
    this.actions.insert(offset, text, tracked.completionId);
    if (text.length === showing.text.length && tracked.transcript.isDone) this.end(tracked, 'accepted');
    return { from: offset, to: offset + text.length };
  }

  private isOwn(tracked: TrackedSuggestion): boolean {
    return tracked.isMine && this.tracked.get(tracked.completionId) === tracked;
  }
}

/** `length`, or one more where that would cut a pair of surrogates. */
const wholePairs = (text: string, length: number): number =>
  /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(length)) ? length + 1 : length;

const same = (before: readonly Suggestion[], now: readonly Suggestion[]): boolean =>
  before.length === now.length && before.every((suggestion, i) => alike(suggestion, now[i]!));

const alike = (a: Suggestion, b: Suggestion): boolean =>
  a.completionId === b.completionId &&
  a.offset === b.offset &&
  a.text === b.text &&
  a.isMine === b.isMine &&
  a.isDone === b.isDone &&
  a.alternative === b.alternative &&
  a.alternatives === b.alternatives;
