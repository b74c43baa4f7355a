import { DocumentAi } from '../src/client/ai/document-ai.js';
import { ManualClock } from '../src/testing/index.js';
import type { Character, Operation, Replica } from './text-model.js';

/** A suggestion as the test knows it. */
export interface Suggested {
  readonly id: string;
  readonly left: Character | null;
  readonly right: Character | null;
  readonly before: string;
  readonly after: string;
  readonly written: readonly Operation[];
}
/** What one client has been told of it. */
export interface Heard {
  readonly suggested: Suggested;
  text: string;
  isDone: boolean;
  wasShown: boolean;
}
export interface Found {
  readonly id: string;
  readonly characters: readonly Character[];
  readonly neighbours: readonly (Character | null)[];
  readonly written: readonly Operation[];
  /** With the deletions, which a state vector does not count. */
  readonly past: readonly Operation[];
}

/** One who watches: a copy of the text, the SDK over it, and what the test expects that to show. */
export class Watcher {
  readonly ai: DocumentAi;
  readonly messages: (() => void)[] = [];
  readonly heard = new Map<string, Heard>();
  found: readonly Found[] = [];
  /** Own requests that the server has not taken up. */
  readonly asking: Asked[] = [];
  /** The newest own one, when it is answered. */
  mine: string | undefined;
  /** Own requests whose answer has not come: what else comes meanwhile may be about them, and waits. */
  unanswered: Asked[] = [];
  private early: { readonly id: string; readonly note: () => void }[] = [];
  readonly resolved: string[] = [];

  constructor(
    readonly replica: Replica,
    private readonly ended: (id: string) => void,
  ) {
    this.ai = new DocumentAi({
      documentId: 'd',
      doc: replica.doc,
      isOpen: true,
      clock: new ManualClock(),
      request: (event, body, answered) => this.request(event, body as never, answered as Answer),
      report: (error) => {
        throw error;
      },
      insert: (index, text) => replica.insert(index, text),
      holds: () => false,
    });
    replica.doc.on('beforeObserverCalls', () => this.ai.changed());
  }

  /** What this watcher is told of a suggestion. */
  note(id: string, note: () => void): void {
    if (this.unanswered.length > 0 && !this.heard.has(id) && id !== this.mine) this.early.push({ id, note });
    else note();
  }

  hear(count: number): void {
    for (const message of this.messages.splice(0, count)) message();
  }

  answered(asked: Asked, id: string): void {
    this.unanswered = this.unanswered.filter((other) => other !== asked);
    if (!asked.isStale) this.mine = id;
    const { early } = this;
    this.early = [];
    for (const { id, note } of early) this.note(id, note);
    asked.answer({ ok: true, value: { completionId: id } });
  }

  private request(event: string, body: never, answer: Answer): void {
    const { completionId } = body as { completionId: string };
    if (event === 'completion:start') {
      const asked = { body, answer, isStale: false };
      this.asking.push(asked);
      this.unanswered.push(asked);
    } else {
      if (event === 'completion:resolve') this.resolved.push(completionId);
      this.ended(completionId);
      this.messages.push(() => answer({ ok: true, value: {} }));
    }
  }
}
export interface Asked {
  readonly body: { readonly anchor: Uint8Array; readonly stateVector: Uint8Array };
  readonly answer: Answer;
  /** Given up for a newer one. */
  isStale: boolean;
}
type Answer = (outcome: { ok: true; value: object }) => void;

interface Expected {
  /** Neither here nor, whatever may come, later. */
  readonly isUnfit: boolean;
  readonly shown?: { readonly completionId: string; readonly offset: number; readonly text: string };
}

/** Whether the suggestion belongs where this watcher's text stands, and what of it is to be shown. */
export const expected = ({ replica }: Watcher, { suggested, text, isDone }: Heard): Expected => {
  const { left, right, before, after, written } = suggested;
  const unfit = { isUnfit: true };
  if (!written.every((operation) => replica.has(operation))) return { isUnfit: false };
  const from = replica.indexOf(left, -1);
  const to = replica.indexOf(right, replica.standing.length);
  if (from === undefined || to === undefined) return unfit;
  if (replica.before(from + 1) !== before || replica.after(to) !== after) return unfit;
  const typed = replica.slice(from + 1, to);
  const mayCome = !isDone && typed.startsWith(text);
  if (mayCome) return { isUnfit: false };
  if (!text.startsWith(typed) || text === typed) return unfit;
  return { isUnfit: false, shown: { completionId: suggested.id, offset: to, text: text.slice(typed.length) } };
};

export const expectedRange = ({ replica }: Watcher, { id, characters, neighbours, written }: Found) => {
  if (!written.every((operation) => replica.has(operation))) return [];
  if (characters.length > 0) {
    const at = characters.flatMap((character) => replica.indexOf(character, -1) ?? []);
    return at.length === 0 ? [] : [{ message: id, from: Math.min(...at), to: Math.max(...at) + 1 }];
  }
  const [left, right] = neighbours.map((character) => replica.indexOf(character, -1));
  return left === undefined || right === undefined ? [] : [{ message: id, from: left + 1, to: left + 1 }];
};

/**
 * What stood between the ends of a range and was deleted before the analyzer looked still counts as its text for one who
 * has not heard of that deletion: nothing on the wire tells it apart.
 */
export const isDecided = ({ replica }: Watcher, { written, past }: Found): boolean =>
  !written.every((operation) => replica.has(operation)) || past.every((operation) => replica.has(operation));
