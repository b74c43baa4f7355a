import * as Y from 'yjs';

/** The root of a document of kind `text`. */
const ROOT = 'content';

/** Tells Yjs positions by offsets in a text of the past, though the document went on since. */
export class TextIds {
  /** `ids`: offset, client, clock of each run, by offset (`TextSnapshot`). */
  constructor(
    private readonly ids: Float64Array,
    private readonly length: number,
  ) {}

  /** Base64 relative positions of a range: bound to its first and its last character, which an insert beside it does not move. */
  anchors(start: number, end: number): { start: string; end: string } {
    return { start: this.anchor(start, 0), end: this.anchor(end, -1) };
  }

  /** The position `offset`, bound to the character on its right (`assoc` 0) or on its left (-1). */
  anchor(offset: number, assoc: 0 | -1): string {
    const item = this.idAt(assoc === 0 ? offset : offset - 1);
    const position = new Y.RelativePosition(null, item ? null : ROOT, item, assoc);
    return Buffer.from(Y.encodeRelativePosition(position)).toString('base64');
  }

  private idAt(offset: number): Y.ID | null {
    if (offset < 0 || offset >= this.length) return null;
    let low = 0;
    let high = this.ids.length / 3 - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.ids[middle * 3]! <= offset) low = middle;
      else high = middle - 1;
    }
    return Y.createID(this.ids[low * 3 + 1]!, this.ids[low * 3 + 2]! + offset - this.ids[low * 3]!);
  }
}
