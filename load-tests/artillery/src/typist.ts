import * as Y from 'yjs';

/** Presses keys one after the other at a place in the text, which others move about. */
export class Typist {
  readonly #text: Y.Text;
  #cursor: Y.RelativePosition;

  constructor(doc: Y.Doc) {
    this.#text = doc.getText('content');
    this.#cursor = this.#at(Math.floor(Math.random() * (this.#text.length + 1)));
  }

  press(key: string): void {
    const doc = this.#text.doc as Y.Doc;
    const index = Y.createAbsolutePositionFromRelativePosition(this.#cursor, doc)?.index ?? this.#text.length;
    this.#text.insert(index, key);
    this.#cursor = this.#at(index + key.length);
  }

  #at(index: number): Y.RelativePosition {
    // To the left: what others insert at this place comes after the cursor.
    return Y.createRelativePositionFromTypeIndex(this.#text, index, -1);
  }
}
