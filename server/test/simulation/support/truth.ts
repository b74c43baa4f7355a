import * as Y from 'yjs';
import { isSound, type MemoryDocument } from '../../../src/adapters/memory/memory-update-log.js';

/** What the rows of one life of a document say, by plain Yjs and with nothing forgotten. */
export class Truth {
  private readonly doc = new Y.Doc({ gc: false });
  private readonly checked = new WeakSet<Uint8Array>();
  private taken: number;

  constructor(private readonly document: MemoryDocument) {
    this.taken = Math.max(0, document.floor - 1);
  }

  /** The first text in `update` that stands under other ids in the rows, or under none; undefined when all is as stored. */
  lieIn(update: Uint8Array): string | undefined {
    if (this.checked.has(update) || !this.catchUp()) return undefined;
    this.checked.add(update);
    for (const struct of Y.decodeUpdate(update).structs) {
      if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) continue;
      const { client, clock } = struct.id;
      const { str } = struct.content;
      const stored = this.textAt(client, clock, str.length);
      if (stored !== undefined && stored !== str) return `${client}:${clock} is ${str}, stored: ${stored}`;
    }
    return undefined;
  }

  /** False when a row went bad: then nobody can say. */
  private catchUp(): boolean {
    const rows = this.document.rows.slice(this.taken);
    if (!rows.every(isSound)) return false;
    for (const { bytes } of rows) Y.applyUpdate(this.doc, bytes);
    this.taken += rows.length;
    return true;
  }

  /** Undefined where something else than text stands. */
  private textAt(client: number, from: number, length: number): string | undefined {
    const { store } = this.doc;
    let text = '';
    for (let clock = from; clock < from + length; ) {
      if (clock >= Y.getState(store, client)) return `${text}(nothing)`;
      const item = Y.getItem(store, Y.createID(client, clock));
      if (!(item instanceof Y.Item) || !(item.content instanceof Y.ContentString)) return undefined;
      text += item.content.str.slice(clock - item.id.clock);
      clock = item.id.clock + item.length;
    }
    return text.slice(0, length);
  }
}
