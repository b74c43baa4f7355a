import { describe, expect, it } from '@jest/globals';
import { type SeededRandom, withSeeds } from '../../../../protocol/src/testing/seeded-random.js';
import type {
  CompletionClosed,
  CompletionDelta,
  CompletionDone,
  CompletionMessage,
  CompletionReplay,
  CompletionStarted,
  CompletionUnavailable,
} from './ai-relay.js';
import { LiveCompletion, type LiveEvent } from './live-completion.js';

type Message = Exclude<CompletionMessage, CompletionUnavailable>;

const ids = { completionId: 'c', projectId: 'p', documentId: 'd' };
const suggestion = { userId: 'ada', trigger: 'manual', alternatives: 1, model: 'm' } as CompletionStarted['suggestion'];
const started = (attempt = 1): CompletionStarted => ({
  ...ids,
  type: 'started',
  attempt,
  suggestion,
  visibility: 'text',
});
const delta = (index: number, text: string, attempt = 1, alternative = 0): CompletionDelta => ({
  ...ids,
  type: 'delta',
  attempt,
  index,
  alternative,
  text,
});
const replay = (attempt: number, ...texts: string[]): CompletionReplay => ({
  ...ids,
  type: 'replay',
  started: started(attempt),
  deltas: texts.map((text) => ({ alternative: 0, text })),
});
const done = (attempt: number, deltas: number, ...texts: string[]): CompletionDone => ({
  ...ids,
  type: 'done',
  userId: 'ada',
  attempt,
  outcome: 'complete',
  texts,
  deltas,
  model: 'm',
  usage: { promptTokens: 0, completionTokens: 0, estimated: false },
});
const cancelled = (attempt: number): CompletionDone => ({ ...done(attempt, 0), outcome: 'cancelled' });
const closed = (outcome: CompletionClosed['outcome'] = 'rejected'): CompletionClosed => ({
  ...ids,
  type: 'closed',
  outcome,
  by: null,
  accepted: [],
});
const retracted = { ...ids, type: 'retracted', reason: 'filtered' } as const;

/** The events in short: `2:0 text` is delta 0 of attempt 2. */
const short = (events: readonly LiveEvent[]) =>
  events.map((event) => {
    if (event.type === 'delta') return `${event.attempt}:${event.index} ${event.text}`;
    return event.type === 'restarted' ? `restarted ${event.attempt}` : event.type;
  });

const receiveAll = (live: LiveCompletion, messages: readonly Message[]) =>
  messages.flatMap((message) => live.receive(message).events);

describe('LiveCompletion', () => {
  it.each<[string, Message[], string[]]>([
    [
      'a stream',
      [started(), delta(0, 'a'), delta(1, 'b'), done(1, 2, 'ab'), closed()],
      ['started', '1:0 a', '1:1 b', 'done', 'closed'],
    ],
    [
      'another attempt',
      [started(), delta(0, 'a'), started(2), delta(0, 'x', 2), done(2, 1, 'x')],
      ['started', '1:0 a', 'restarted 2', '2:0 x', 'done'],
    ],
    [
      'the late deltas of an attempt that was given up',
      [started(), started(2), delta(0, 'a'), delta(0, 'x', 2)],
      ['started', 'restarted 2', '2:0 x'],
    ],
    [
      'deltas after a cancel',
      [started(), delta(0, 'a'), cancelled(1), closed('cancelled'), delta(1, 'b')],
      ['started', '1:0 a', 'done', 'closed'],
    ],
    ['a start after a cancel', [cancelled(0), closed('cancelled'), started(), delta(0, 'a')], ['done', 'closed']],
    ['a second end', [started(), done(1, 0), cancelled(1)], ['started', 'done']],
    ['closed before done', [started(), closed('accepted'), done(1, 0)], ['started', 'done', 'closed']],
    ['closed twice', [started(), done(1, 0), closed(), closed('expired')], ['started', 'done', 'closed']],
    ['deltas twice', [started(), delta(0, 'a'), replay(1, 'a', 'b'), delta(1, 'b')], ['started', '1:0 a', '1:1 b']],
    ['a replay of what was not known', [replay(2, 'a', 'b')], ['started', '2:0 a', '2:1 b']],
    ['a replay of an older attempt', [started(2), delta(0, 'x', 2), replay(1, 'a', 'b')], ['started', '2:0 x']],
    [
      'a replay of a later attempt',
      [started(), delta(0, 'a'), replay(2, 'x')],
      ['started', '1:0 a', 'restarted 2', '2:0 x'],
    ],
    [
      'a retraction',
      [started(), delta(0, 'a'), retracted, retracted, done(1, 1)],
      ['started', '1:0 a', 'retracted', 'done'],
    ],
    ['a retraction after the end', [started(), done(1, 0), retracted], ['started', 'done']],
  ])('tells %s in order', (_, messages, told) => {
    expect(short(receiveAll(new LiveCompletion(), messages))).toEqual(told);
  });

  it('asks for what is missing, and holds the end back until it has come', () => {
    const live = new LiveCompletion();
    receiveAll(live, [started(), delta(0, 'a')]);
    expect(live.receive(delta(2, 'c'))).toEqual({ events: [], isMissing: true });
    expect(live.receive(done(1, 3, 'abc'))).toEqual({ events: [], isMissing: true });
    expect(live.isWaiting).toBe(true);
    expect(short(receiveAll(live, [closed(), replay(1, 'a', 'b', 'c')]))).toEqual(['1:1 b', '1:2 c', 'done', 'closed']);
    expect(live.isWaiting).toBe(false);
    expect(live.giveUpWaiting()).toEqual([]);
  });

  it('tells the end all the same when the rest does not come, as it holds the whole text', () => {
    const live = new LiveCompletion();
    receiveAll(live, [started(), done(1, 2, 'ab'), closed()]);
    expect(short(live.giveUpWaiting())).toEqual(['done', 'closed']);
    expect(short(receiveAll(live, [replay(1, 'a', 'b'), delta(0, 'a')]))).toEqual([]);
  });

  it('keeps the end that it holds when the attempt that it ends becomes known', () => {
    const live = new LiveCompletion();
    receiveAll(live, [started(), delta(0, 'a')]);
    expect(live.receive(done(2, 2, 'xy'))).toEqual({ events: [], isMissing: true });
    expect(short(receiveAll(live, [replay(2, 'x', 'y')]))).toEqual(['restarted 2', '2:0 x', '2:1 y', 'done']);
  });

  it('does not end an attempt with a replay of another', () => {
    const live = new LiveCompletion();
    receiveAll(live, [started(), delta(0, 'a'), delta(1, 'b')]);
    expect(live.receive(done(2, 1, 'x'))).toEqual({ events: [], isMissing: true });
    // Of the worker that was given up, and is awake again.
    expect(short(receiveAll(live, [replay(1, 'a', 'b', 'c')]))).not.toContain('done');
    expect(short(receiveAll(live, [replay(2, 'x')]))).toEqual(['restarted 2', '2:0 x', 'done']);
  });

  it.each<[string, number, number, string[]]>([
    ['the rest', 2, 0, ['2:1 y', 'done', 'closed']],
    ['the end alone to who has all of it', 2, 1, ['done', 'closed']],
    ['all of it to who saw another attempt', 1, 7, ['restarted 2', '2:0 x', '2:1 y', 'done', 'closed']],
    ['all of it to who saw nothing', 0, -1, ['2:0 x', '2:1 y', 'done', 'closed']],
  ])('tells %s to who comes back', (_, attempt, index, told) => {
    const live = new LiveCompletion();
    receiveAll(live, [
      started(),
      delta(0, 'a'),
      started(2),
      delta(0, 'x', 2),
      delta(1, 'y', 2),
      done(2, 2, 'xy'),
      closed(),
    ]);
    expect(short(live.resume(attempt, index))).toEqual(told);
  });

  it('never takes who comes back from a newer attempt to an older one', () => {
    const live = new LiveCompletion();
    receiveAll(live, [started(), delta(0, 'a')]);
    expect(short(live.resume(2, 3))).toEqual([]);
  });

  it('shows a later opener the text so far, and nothing of what is over', () => {
    const live = new LiveCompletion();
    expect(live.toOpen('c')).toBeUndefined();
    receiveAll(live, [started(), delta(0, 'a'), delta(1, 'second', 1, 2), delta(2, 'b')]);
    expect(live.toOpen('c')).toMatchObject({ attempt: 1, index: 2, texts: ['ab', '', 'second'], isDone: false });
    live.receive(done(1, 3, 'ab.', '', 'second'));
    expect(live.toOpen('c')).toMatchObject({ texts: ['ab.', '', 'second'], isDone: true });
    live.receive(closed());
    expect(live.toOpen('c')).toBeUndefined();
    const other = new LiveCompletion();
    receiveAll(other, [started(), delta(0, 'a'), retracted]);
    expect(other.toOpen('c')).toBeUndefined();
  });

  it('keeps its order however much of a true history is lost, late or replayed', () =>
    withSeeds(2_000, async (random) => {
      const history = new History(random);
      history.run();
      expect(history.broken).toEqual([]);
    }));
});

/** Somebody who sends, in order: a worker with its attempt, or a node that cancels. */
interface Sender {
  readonly attempt: number;
  readonly script: Message[];
  /** Sent and not lost, on its way. */
  readonly wire: Message[];
  readonly told: { alternative: number; text: string }[];
  /** It stopped for good: says no more, and replays nothing. */
  isGone: boolean;
}

const LOSS = [0, 0.1, 0.4, 0.9];

/**
 * A request as the record has it: attempts one after the other, of which the older may speak on for a while, and one end.
 * What is sent is lost or late; what the machine asks for again is sent again by every worker that is still at it.
 */
class History {
  readonly broken: string[] = [];
  private readonly live = new LiveCompletion();
  private readonly senders: Sender[] = [];
  private readonly truth = new Map<number, string[]>();
  private readonly events: LiveEvent[] = [];
  private readonly loss: number;
  private readonly end: CompletionDone;
  private readonly closing: CompletionClosed | undefined;

  constructor(private readonly random: SeededRandom) {
    this.loss = random.pick(LOSS);
    const attempts = 1 + random.integer(3);
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const texts = Array.from({ length: random.integer(6) }, (_, n) => `${attempt}.${n} `);
      this.truth.set(attempt, texts);
      const deltas = texts.map((text, index) => delta(index, text, attempt));
      this.senders.push({ attempt, script: [started(attempt), ...deltas], wire: [], told: [], isGone: false });
    }
    const last = this.truth.get(attempts)!;
    const isCancelled = random.chance(0.3);
    this.end = isCancelled ? cancelled(attempts) : done(attempts, last.length, last.join(''));
    if (isCancelled || random.chance(0.7)) this.closing = closed(isCancelled ? 'cancelled' : 'rejected');
    const ending = [this.end, ...(this.closing ? [this.closing] : [])];
    // Who cancels speaks beside the worker, which does not know yet.
    if (isCancelled) this.senders.push({ attempt: 0, script: ending, wire: [], told: [], isGone: false });
    else this.senders.at(-1)!.script.push(...ending);
  }

  run(): void {
    for (let active = this.active(); active.length > 0; active = this.active()) this.step(this.random.pick(active));
    // The bus has gone quiet: the end is not waited for any longer, or is read from the record.
    if (this.live.isWaiting) this.note(this.live.giveUpWaiting());
    const record: Message[] = [
      started(this.end.attempt),
      { ...this.end, deltas: 0 },
      ...(this.closing ? [this.closing] : []),
    ];
    for (const message of record) this.note(this.live.receive(message).events);
    this.judge();
  }

  private active(): Sender[] {
    return this.senders.filter(({ script, wire }) => script.length > 0 || wire.length > 0);
  }

  private step(sender: Sender): void {
    const { script, wire, told } = sender;
    // An attempt begins when the one before has at least begun; its worker may be dead, or only slow.
    const isEarly = script[0]?.type === 'started' && this.senders.some((other) => isAhead(other, sender));
    if (wire.length > 0 && (script.length === 0 || isEarly || this.random.chance(0.5))) {
      this.deliver(wire.shift()!);
      return;
    }
    const message = isEarly ? undefined : script.shift();
    if (!message) return;
    if (message.type === 'delta') told.push(message);
    if (message.type === 'done') sender.isGone = true;
    if (sender.attempt > 0 && this.random.chance(0.02)) {
      // kill -9, in a way that the record knows of: another attempt follows, or the end came from elsewhere.
      const isLast = !this.senders.some(({ attempt }) => attempt > sender.attempt) && this.end.outcome === 'complete';
      if (!isLast) {
        sender.isGone = true;
        script.length = 0;
      }
    }
    if (!this.random.chance(this.loss)) wire.push(message);
  }

  private deliver(message: Message): void {
    const { events, isMissing } = this.live.receive(message);
    this.note(events);
    if (!isMissing || !this.random.chance(0.8)) return;
    for (const sender of this.senders) {
      const hasBegun = sender.attempt > 0 && sender.script[0]?.type !== 'started';
      if (!hasBegun || sender.isGone || this.random.chance(this.loss)) continue;
      const deltas = sender.told.map(({ alternative, text }) => ({ alternative, text }));
      sender.wire.push({ ...ids, type: 'replay', started: started(sender.attempt), deltas });
    }
  }

  private note(events: readonly LiveEvent[]): void {
    this.events.push(...events);
  }

  private judge(): void {
    let attempt = 0;
    let deltas: string[] = [];
    let ends = 0;
    let closes = 0;
    for (const event of this.events) {
      const { type } = event;
      if (ends > 0 && type !== 'closed') this.broken.push(`${type} after done`);
      if (type === 'started') {
        if (attempt > 0) this.broken.push('started twice');
        attempt = event.started.attempt;
      } else if (type === 'restarted') {
        if (attempt === 0 || event.attempt <= attempt) this.broken.push(`restarted ${event.attempt} in ${attempt}`);
        attempt = event.attempt;
        deltas = [];
      } else if (type === 'delta') {
        if (event.attempt !== attempt || event.index !== deltas.length) this.broken.push(`delta ${short([event])}`);
        if (this.truth.get(attempt)?.[event.index] !== event.text) this.broken.push(`not said: ${short([event])}`);
        deltas.push(event.text);
      } else if (type === 'done') {
        ends++;
        if (event.done.outcome !== this.end.outcome) this.broken.push(`ended as ${event.done.outcome}`);
        if (event.done.texts.join() !== this.end.texts.join()) this.broken.push('ended with another text');
      } else if (type === 'closed') {
        closes++;
        if (ends === 0) this.broken.push('closed before done');
      }
    }
    if (ends !== 1) this.broken.push(`${ends} ends`);
    if (closes !== (this.closing ? 1 : 0)) this.broken.push(`closed ${closes} times`);
    // Without loss nothing is missing: each delta of the attempt that was completed came before its end.
    const whole = this.truth.get(this.end.attempt)!;
    if (this.loss === 0 && this.end.outcome === 'complete' && deltas.join('') !== whole.join('')) {
      this.broken.push(`${deltas.length} of ${whole.length} deltas`);
    }
  }
}

function isAhead(other: Sender, sender: Sender): boolean {
  return other.attempt > 0 && other.attempt < sender.attempt && other.script[0]?.type === 'started';
}
