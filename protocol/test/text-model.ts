import * as Y from 'yjs';
import type { SeededRandom } from '../src/testing/index.js';

/** A character with an identity of its own: two that look alike are two. */
export interface Character {
  readonly id: number;
  readonly value: string;
}

/** One edit: the `number`-th of its author, who had seen so many of each. */
export interface Operation {
  readonly author: number;
  readonly number: number;
  readonly update: Uint8Array;
  readonly inserted: readonly Character[];
  readonly after: readonly number[];
}

/**
 * One copy of the text, and beside it what the test knows of it: which characters stand, in order. Only the places that
 * Yjs gives to concurrent edits are taken from Yjs.
 */
export class Replica {
  readonly doc: Y.Doc;
  readonly text: Y.Text;
  standing: Character[] = [];
  private readonly seen: number[];
  private arriving: readonly Character[] = [];

  constructor(
    private readonly room: Room,
    private readonly index: number,
    count: number,
  ) {
    // An editor that keeps what was deleted, for its history, sees the same.
    this.doc = new Y.Doc({ gc: index % 2 === 0 });
    this.text = this.doc.getText('content');
    this.seen = new Array<number>(count).fill(0);
    this.text.observe(({ delta }) => {
      let at = 0;
      const arriving = [...this.arriving];
      for (const { retain = 0, insert, delete: gone = 0 } of delta) {
        at += retain;
        this.standing.splice(at, gone);
        if (typeof insert !== 'string') continue;
        const characters = arriving.splice(0, insert.length);
        if (characters.map(({ value }) => value).join('') !== insert) throw new Error('The model lost track');
        this.standing.splice(at, 0, ...characters);
        at += insert.length;
      }
    });
  }

  insert(index: number, values: string): void {
    const inserted = [...values].map((value) => ({ id: this.room.nextId(), value }));
    this.edit(inserted, () => this.text.insert(index, values));
  }

  delete(index: number, length: number): void {
    this.edit([], () => this.text.delete(index, length));
  }

  /** Takes one edit of somebody else, any whose own past is here; false when there is none. */
  receive(random: SeededRandom): boolean {
    const next = this.room.operations.flatMap((ofAuthor, author) => ofAuthor[this.seen[author]!] ?? []);
    const ready = next.filter(({ after }) => after.every((count, author) => count <= this.seen[author]!));
    if (ready.length === 0) return false;
    const operation = random.pick(ready);
    this.arriving = operation.inserted;
    Y.applyUpdate(this.doc, operation.update);
    this.seen[operation.author]! += 1;
    return true;
  }

  has({ author, number }: Operation): boolean {
    return number < this.seen[author]!;
  }

  /** The edits that brought text: the state vector counts no others. */
  get written(): Operation[] {
    return this.past.filter(({ inserted }) => inserted.length > 0);
  }

  get past(): Operation[] {
    return this.room.operations.flatMap((ofAuthor, author) => ofAuthor.slice(0, this.seen[author]!));
  }

  indexOf(character: Character | null, none: number): number | undefined {
    if (!character) return none;
    const index = this.standing.findIndex(({ id }) => id === character.id);
    return index < 0 ? undefined : index;
  }

  /** The characters from `from` to before `to`, as text. */
  slice(from: number, to: number): string {
    return this.standing
      .slice(from, to)
      .map(({ value }) => value)
      .join('');
  }

  /** Of the line: up to 128 characters before `index`. */
  before(index: number): string {
    let from = index;
    while (from > 0 && index - from < 128 && this.standing[from - 1]!.value !== '\n') from -= 1;
    return this.slice(from, index);
  }

  /** Of the line: up to 128 characters from `index` on. */
  after(index: number): string {
    let to = index;
    while (to < this.standing.length && to - index < 128 && this.standing[to]!.value !== '\n') to += 1;
    return this.slice(index, to);
  }

  private edit(inserted: readonly Character[], work: () => void): void {
    const after = [...this.seen];
    this.arriving = inserted;
    const known = Y.encodeStateVector(this.doc);
    work();
    const update = Y.encodeStateAsUpdate(this.doc, known);
    const { index: author } = this;
    this.room.operations[author]!.push({ author, number: this.seen[author]!, update, inserted, after });
    this.seen[author]! += 1;
  }
}

/** Several copies of one text, whose edits travel as the test lets them. */
export class Room {
  /** By author. */
  readonly operations: Operation[][];
  readonly replicas: readonly Replica[];
  private ids = 0;

  constructor(count: number) {
    this.operations = Array.from({ length: count }, () => []);
    this.replicas = this.operations.map((_, index) => new Replica(this, index, count));
  }

  nextId(): number {
    this.ids += 1;
    return this.ids;
  }
}
