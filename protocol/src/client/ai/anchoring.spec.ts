import { expect, it } from '@jest/globals';
import { toBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import { expected, expectedRange, type Heard, isDecided, Watcher } from '../../../test/suggestion-model.js';
import { type Replica, Room } from '../../../test/text-model.js';
import { type SeededRandom, withSeeds } from '../../testing/index.js';
import type { ServerEvent } from '../../wire/events.js';

const STEPS = 120;
/** Few, so that what is typed often is what is suggested, and lines are often alike. */
const LETTERS = ['a', 'b', 'a', 'b', '\n'];

const bind = (text: Y.Text, index: number, assoc: number) =>
  Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(text, index, assoc));

class Plan {
  private readonly room = new Room(4);
  private readonly server = this.room.replicas[0]!;
  private readonly watchers = this.room.replicas
    .slice(1)
    .map((replica) => new Watcher(replica, (id) => this.close(id)));
  private readonly asker = this.watchers[0]!;
  private readonly standing = new Map<string, { readonly rest: string[]; said: string; index: number }>();
  private ids = 0;

  constructor(private readonly random: SeededRandom) {}

  async run(): Promise<void> {
    const { random } = this;
    this.server.insert(0, this.letters(20));
    for (let step = 0; step < STEPS; step++) {
      const roll = random.integer(100);
      const watcher = random.chance(0.5) ? this.asker : random.pick(this.watchers);
      if (roll < 22) random.pick(this.room.replicas).receive(random);
      else if (roll < 30) this.edit(random.pick(this.room.replicas));
      else if (roll < 42) this.typeAlong(watcher);
      else if (roll < 70) watcher.hear(1 + random.integer(4));
      else if (roll < 74) this.suggest('other', random.integer(this.server.standing.length + 1));
      else if (roll < 76) this.ask();
      else if (roll < 84) this.answer();
      else if (roll < 92) this.stream();
      else if (roll < 94) this.analyze();
      else if (roll < 99) this.accept();
      else if (this.standing.size > 0) this.close(random.pick([...this.standing.keys()]));
      await Promise.resolve();
      await Promise.resolve();
      this.check();
    }
  }

  private letters(count: number): string {
    return Array.from({ length: count }, () => this.random.pick(LETTERS)).join('');
  }

  private edit(replica: Replica): void {
    const { random } = this;
    const { length } = replica.standing;
    const index = random.integer(length + 1);
    if (random.chance(0.4) && index < length) replica.delete(index, 1 + random.integer(Math.min(3, length - index)));
    else replica.insert(index, random.chance(0.05) ? 'ab'.repeat(80) : this.letters(1 + random.integer(3)));
  }

  /** What somebody does who looks at a suggestion: types on in it, or takes back what they typed. */
  private typeAlong({ ai, replica }: Watcher): void {
    const [shown] = ai.completions.suggestions.list;
    if (!shown) return;
    if (this.random.chance(0.2) && shown.offset > 0) replica.delete(shown.offset - 1, 1);
    else replica.insert(shown.offset, shown.text.slice(0, 1 + this.random.integer(2)));
  }

  private suggest(whose: 'other' | 'asker', index: number): string {
    const { server, random } = this;
    this.ids += 1;
    const id = `${whose} ${this.ids}`;
    const [before, after] = [server.before(index), server.after(index)];
    const body = {
      userId: whose,
      trigger: 'manual',
      alternatives: 1,
      model: 'm',
      before,
      after,
      anchor: bind(server.text, index, -1),
      end: bind(server.text, index, 0),
      stateVector: Y.encodeStateVector(server.doc),
    };
    const { standing, written } = server;
    const [left, right] = [standing[index - 1] ?? null, standing[index] ?? null];
    const told = { id, left, right, before, after, written };
    const rest = Array.from({ length: 1 + random.integer(3) }, () => this.letters(1 + random.integer(3)));
    this.standing.set(id, { rest, said: '', index: -1 });
    for (const watcher of this.watchers) {
      const isGivenUp = () => watcher === this.asker && whose === 'asker' && watcher.mine !== id;
      this.tell(watcher, id, 'completion:started', body, () => {
        if (!isGivenUp()) watcher.heard.set(id, { suggested: told, text: '', isDone: false, wasShown: false });
      });
    }
    return id;
  }

  /** The answer, and all that follows it, travels behind what was told before. */
  private answer(): void {
    const asked = this.asker.asking[0];
    const { server, asker } = this;
    const covers = ([client, clock]: [number, number]) => Y.getState(server.doc.store, client) >= clock;
    if (!asked) return;
    while (![...Y.decodeStateVector(asked.body.stateVector)].every(covers)) server.receive(this.random);
    asker.asking.shift();
    const anchor = Y.decodeRelativePosition(asked.body.anchor);
    const { index } = Y.createAbsolutePositionFromRelativePosition(anchor, server.doc, false)!;
    const id = `asker ${this.ids + 1}`;
    asker.messages.push(() => asker.answered(asked, id));
    this.suggest('asker', index);
  }

  /** What was asked before is given up: seldom, so that some of it lives. */
  private ask(): void {
    const { asker } = this;
    const { mine } = asker;
    if (mine && asker.heard.has(mine) && this.random.chance(0.7)) return;
    asker.mine = undefined;
    for (const asked of asker.unanswered) asked.isStale = true;
    const index = this.random.integer(asker.replica.standing.length + 1);
    asker.ai.completions.complete({ index }).done.catch(() => {});
    this.drop(asker, (heard) => heard.suggested.id === mine);
  }

  private stream(): void {
    const streaming = [...this.standing].filter(([, { rest }]) => rest.length > 0);
    if (streaming.length === 0) return;
    const [id, state] = this.random.pick(streaming);
    const text = state.rest.shift()!;
    state.said += text;
    state.index += 1;
    const { index } = state;
    for (const watcher of this.watchers) {
      const body = { attempt: 1, index, alternative: 0, text };
      this.tell(watcher, id, 'completion:delta', body, () => {
        const heard = watcher.heard.get(id);
        if (heard) heard.text += text;
      });
    }
    if (state.rest.length === 0) this.done(id, 'complete', [state.said]);
  }

  private done(id: string, outcome: 'complete' | 'cancelled', texts: readonly string[]): void {
    const usage = { promptTokens: 0, completionTokens: 0, estimated: true };
    for (const watcher of this.watchers) {
      this.tell(watcher, id, 'completion:done', { outcome, text: texts[0], texts, model: 'm', usage }, () => {
        const heard = watcher.heard.get(id);
        if (heard) heard.isDone = true;
        if (outcome !== 'complete') watcher.heard.delete(id);
      });
    }
  }

  private close(id: string): void {
    const state = this.standing.get(id);
    if (!state) return;
    this.standing.delete(id);
    if (state.rest.length > 0) this.done(id, 'cancelled', [state.said]);
    for (const watcher of this.watchers) {
      this.tell(watcher, id, 'completion:closed', { outcome: 'expired', by: null, accepted: [] }, () => {
        watcher.heard.delete(id);
      });
    }
  }

  private tell(watcher: Watcher, id: string, name: ServerEvent, body: object, note: () => void): void {
    watcher.messages.push(() => {
      watcher.note(id, note);
      watcher.ai.receive(name, { completionId: id, documentId: 'd', ...body } as never);
    });
  }

  private analyze(): void {
    const { server, random } = this;
    const { standing, text, written, past } = server;
    this.ids += 1;
    const source = `source ${random.integer(2)}`;
    const found = Array.from({ length: 3 }, (_, i) => {
      const from = random.integer(standing.length + 1);
      const to = Math.min(standing.length, from + random.integer(4));
      const neighbours = from === to && [standing[from - 1] ?? null, standing[from] ?? null];
      const id = `${source} ${this.ids} ${i}`;
      return { id, from, to, characters: standing.slice(from, to), neighbours: neighbours || [], written, past };
    });
    const diagnostics = found.map(({ id, from, to }) => ({
      message: id,
      source,
      severity: 1,
      range: { start: { line: 0, character: from }, end: { line: 0, character: to } },
      anchor: { start: toBase64(bind(text, from, 0)), end: toBase64(bind(text, to, -1)) },
    }));
    const stateVector = Y.encodeStateVector(server.doc);
    const body = { documentId: 'd', source, runId: 'r', seq: this.ids, stateVector, diagnostics };
    for (const watcher of this.watchers) {
      watcher.messages.push(() => {
        watcher.found = [...watcher.found.filter(({ id }) => !id.startsWith(source)), ...found];
        watcher.ai.receive('analysis:result', body as never);
      });
    }
  }

  private accept(): void {
    const { asker, random } = this;
    const { mine } = asker.ai.completions.suggestions;
    if (!mine) return;
    const length = 1 + random.integer(mine.text.length);
    const taken = mine.accept(length);
    expect(taken).toEqual({ from: mine.offset, to: mine.offset + length });
    expect(asker.replica.slice(taken!.from, taken!.to)).toBe(mine.text.slice(0, length));
  }

  /** Own ones that do not fit any more are gone for good. */
  private drop(watcher: Watcher, which: (heard: Heard) => boolean): void {
    for (const heard of watcher.heard.values()) {
      if (!which(heard)) continue;
      const { id } = heard.suggested;
      watcher.heard.delete(id);
      expect([id, watcher.resolved.filter((resolved) => resolved === id).length]).toEqual([id, heard.wasShown ? 1 : 0]);
    }
  }

  private check(): void {
    const { asker } = this;
    this.drop(asker, (heard) => heard.suggested.id === asker.mine && expected(asker, heard).isUnfit);
    for (const watcher of this.watchers) {
      const shown = [...watcher.heard.values()].flatMap((heard) => {
        const { shown } = expected(watcher, heard);
        heard.wasShown ||= shown !== undefined;
        return shown ? [{ ...shown, isMine: watcher === asker && heard.suggested.id === asker.mine }] : [];
      });
      const { list } = watcher.ai.completions.suggestions;
      const seen = list.map(({ completionId, offset, text, isMine }) => ({ completionId, offset, text, isMine }));
      compare(byId(seen), byId(shown));
      const found = watcher.found.filter((one) => isDecided(watcher, one));
      const decided = new Set(found.map(({ id }) => id));
      const ranges = watcher.ai.diagnostics.list.flatMap(({ message, from, to }) =>
        decided.has(message) ? [{ message, from, to }] : [],
      );
      compare(byMessage(ranges), byMessage(found.flatMap((one) => expectedRange(watcher, one))));
    }
  }
}

const byId = <T extends { completionId: string }>(list: T[]) =>
  list.sort((a, b) => (a.completionId < b.completionId ? -1 : 1));
const byMessage = <T extends { message: string }>(list: T[]) => list.sort((a, b) => (a.message < b.message ? -1 : 1));

/** `expect` costs ten times what the rest of a step does. */
const compare = (is: object, ought: object): void => {
  if (JSON.stringify(is) !== JSON.stringify(ought)) expect(is).toEqual(ought);
};

it(
  'CMP-20, CMP-21, CMP-27, ANA-11: whoever edits, in whatever order it arrives, everything is shown where it belongs',
  () => withSeeds(200, (random) => new Plan(random).run()),
  600_000,
);
