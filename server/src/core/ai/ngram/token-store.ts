import { grown } from './typed-array.js';

/** Before the first token of every document; its own predecessor. */
export const BOUNDARY = 0;

/**
 * The tokens of all documents as linked nodes in typed arrays. An edit relinks: the nodes of the text that stayed, and
 * what points to them, stay. 14 bytes a token.
 */
export class TokenStore {
  symbols = new Int32Array(1024);
  previous = new Int32Array(1024);
  next = new Int32Array(1024);
  documents = new Uint16Array(1024);
  private end = 1;
  private freeHead = BOUNDARY;

  constructor() {
    this.symbols[BOUNDARY] = -1;
  }

  get bytes(): number {
    return this.symbols.byteLength + this.previous.byteLength + this.next.byteLength + this.documents.byteLength;
  }

  add(symbol: number, document: number): number {
    let node = this.freeHead;
    if (node !== BOUNDARY) this.freeHead = this.next[node]!;
    else node = this.end++;
    if (node >= this.symbols.length) {
      this.symbols = grown(this.symbols, node + 1);
      this.previous = grown(this.previous, this.symbols.length);
      this.next = grown(this.next, this.symbols.length);
      this.documents = grown(this.documents, this.symbols.length);
    }
    this.symbols[node] = symbol;
    this.previous[node] = BOUNDARY;
    this.next[node] = BOUNDARY;
    this.documents[node] = document;
    return node;
  }

  free(node: number): void {
    this.next[node] = this.freeHead;
    this.freeHead = node;
  }

  /** BOUNDARY on either side is the end of a document. */
  link(before: number, after: number): void {
    if (before !== BOUNDARY) this.next[before] = after;
    if (after !== BOUNDARY) this.previous[after] = before;
  }
}
