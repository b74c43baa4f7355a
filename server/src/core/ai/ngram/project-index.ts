import { ContextIndex } from './context-index.js';
import { readSymbols } from './symbols.js';
import { BOUNDARY, TokenStore } from './token-store.js';
import type { Vocabulary } from './vocabulary.js';

interface Indexed {
  readonly number: number;
  head: number;
  tail: number;
  tokens: number;
}

/** Longer documents are read up to here: a bundle or a data file must not push out the project's own code. */
const MAX_DOCUMENT_LENGTH = 1_000_000;
const MAX_DOCUMENTS = 60_000;

/**
 * All tokens of a project's documents, findable by what stands before them. A changed document takes out and puts back only
 * the tokens that changed and the `depth` tokens after them, whose context changed.
 */
export class ProjectIndex {
  readonly store = new TokenStore();
  readonly index: ContextIndex;
  tokens = 0;
  /** Grows with every change of which documents there are. */
  version = 0;
  /** In the order of their last change. */
  private readonly documents = new Map<string, Indexed>();
  private readonly pinned = new Map<string, Indexed>();
  private readonly freeNumbers: number[] = [];
  private numbers = 0;

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly depth: number,
    private readonly maxTokens: number,
  ) {
    this.index = new ContextIndex(this.store, depth);
  }

  get size(): number {
    return this.documents.size;
  }

  get bytes(): number {
    return this.store.bytes + this.index.bytes;
  }

  /** One weight for each document number. */
  weights(weigh: (id: string, pinned: boolean) => number): Float64Array<ArrayBuffer> {
    const weights = new Float64Array(this.numbers);
    for (const [id, { number }] of this.pinned) weights[number] = weigh(id, true);
    for (const [id, { number }] of this.documents) weights[number] = weigh(id, false);
    return weights;
  }

  /** Text that is no document of the project: it is neither counted nor left out. */
  pin(id: string, text: string): void {
    const { tokens } = this;
    const document = this.create();
    this.pinned.set(id, document);
    this.replace(document, this.read(text));
    this.tokens = tokens;
  }

  set(documentId: string, text: string): void {
    const document = this.documents.get(documentId) ?? this.create();
    this.documents.delete(documentId);
    this.documents.set(documentId, document);
    this.replace(document, this.read(text));
    this.evict(documentId);
    this.vocabulary.compact();
  }

  remove(documentId: string): void {
    const document = this.documents.get(documentId);
    if (!document) return;
    this.replace(document, []);
    this.documents.delete(documentId);
    this.freeNumbers.push(document.number);
    this.version++;
    this.vocabulary.compact();
  }

  private read(text: string): number[] {
    const symbols: number[] = [];
    readSymbols(this.vocabulary, text.slice(0, MAX_DOCUMENT_LENGTH), 0, '', (symbol) => symbols.push(symbol));
    for (const symbol of symbols.splice(this.maxTokens)) this.vocabulary.release(symbol);
    return symbols;
  }

  private create(): Indexed {
    this.version++;
    return { number: this.freeNumbers.pop() ?? this.numbers++, head: BOUNDARY, tail: BOUNDARY, tokens: 0 };
  }

  /** Leaves out the documents that were changed longest ago. */
  private evict(keep: string): void {
    for (const id of this.documents.keys()) {
      if (this.tokens <= this.maxTokens && this.documents.size <= MAX_DOCUMENTS) return;
      if (id !== keep) this.remove(id);
    }
  }

  /** `symbols` are already counted in the vocabulary. */
  private replace(document: Indexed, symbols: readonly number[]): void {
    const { store, vocabulary } = this;
    let kept = 0;
    let before = BOUNDARY;
    let first = document.head;
    while (first !== BOUNDARY && kept < symbols.length && store.symbols[first] === symbols[kept]) {
      vocabulary.release(symbols[kept++]!);
      before = first;
      first = store.next[first]!;
    }
    let end = symbols.length;
    let last = document.tail;
    let after = BOUNDARY;
    while (last !== before && last !== BOUNDARY && end > kept && store.symbols[last] === symbols[end - 1]) {
      vocabulary.release(symbols[--end]!);
      after = last;
      last = store.previous[last]!;
    }
    const removed: number[] = [];
    for (let node = first; node !== after && node !== BOUNDARY; node = store.next[node]!) removed.push(node);
    if (removed.length === 0 && end === kept) return;
    const moved: number[] = [];
    for (let node = after; node !== BOUNDARY && moved.length < this.depth; node = store.next[node]!) moved.push(node);

    this.index.remove(Int32Array.from([...removed, ...moved]));
    for (const node of removed) {
      vocabulary.release(store.symbols[node]!);
      store.free(node);
    }
    const added: number[] = [];
    for (let i = kept; i < end; i++) {
      const node = store.add(symbols[i]!, document.number);
      store.link(before, node);
      if (before === BOUNDARY) document.head = node;
      added.push(node);
      before = node;
    }
    store.link(before, after);
    if (before === BOUNDARY) document.head = after;
    if (after === BOUNDARY) document.tail = before;
    this.index.insert(Int32Array.from([...added, ...moved]));
    document.tokens += added.length - removed.length;
    this.tokens += added.length - removed.length;
  }
}
