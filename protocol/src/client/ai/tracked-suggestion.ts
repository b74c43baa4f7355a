import type { CompletionStartedEvent, CompletionTrigger, OpenCompletion } from '../../wire/completion.js';
import { type Rest, restOf } from './alternatives.js';
import { placeOf, type SuggestionPlace, standingOf } from './suggestion-place.js';
import type { TextView } from './text-view.js';
import { Transcript } from './transcript.js';

/** What is told of a suggestion at its start. */
interface Described {
  readonly userId: string;
  readonly model: string;
  readonly trigger: CompletionTrigger;
  readonly place: SuggestionPlace;
}

/** `open`: nothing to show yet. `unfit`: not here, or not any more. */
export type Showing =
  | { readonly state: 'open' | 'unfit' }
  | ({ readonly state: 'shown'; readonly offset: number } & Omit<Extract<Rest, { state: 'shown' }>, 'state'>);

/** One suggestion that neither the server nor, if it is ours, the user has ended. */
export class TrackedSuggestion {
  transcript = new Transcript();
  isMine = false;
  /** The alternative that the user saw last; undefined when there was none to see. */
  shown: number | undefined;
  /** The alternative that the user chose. */
  selected = 0;
  /** UTF-16 units that were accepted. */
  taken = 0;
  private described: Described | undefined;

  constructor(readonly completionId: string) {}

  get about(): Described | undefined {
    return this.described;
  }

  describe(told: CompletionStartedEvent | OpenCompletion): void {
    const { userId, model, trigger } = told;
    this.described = { userId, model, trigger, place: placeOf(told) };
  }

  showing(view: TextView): Showing {
    const { described, transcript } = this;
    if (!described) return { state: 'open' };
    const standing = standingOf(view, described.place);
    if (standing.state === 'waiting') return { state: 'open' };
    if (standing.state === 'gone') return { state: 'unfit' };
    const rest = restOf(transcript.texts, transcript.isDone, standing.typed, this.selected);
    if (rest.state === 'none') return { state: 'unfit' };
    return rest.state === 'open' ? rest : { ...rest, offset: standing.offset };
  }
}
