import type { Role, TandemError } from '@tandem/protocol';
import type { Diagnostics, DocumentProvider, KeptText, ProviderStatus, Suggestions } from '@tandem/protocol/client';
import { UndoManager } from 'yjs';
import { Scope } from '../base/scope.js';
import { type Readable, signal } from '../base/signal.js';
import type { Binding } from '../editor/binding.js';

/** What can be said about a document right now. */
export interface DocumentState {
  readonly status: ProviderStatus;
  readonly synced: boolean;
  /** Local edits that the server has not acknowledged. */
  readonly pending: number;
  readonly stalled: boolean;
  readonly role: Role | undefined;
  readonly canEdit: boolean;
  readonly error: TandemError | undefined;
}

/** A text that could not be stored, as its author saw it last. */
export type Kept = Pick<KeptText, 'text' | 'reason' | 'truncated'>;

/** Edits closer together than this, in milliseconds, are one step of undo. */
const UNDO_STEP_MS = 500;

/** A document that is open, for views: its state as a value to watch, and what an editor binds to. */
export class OpenDocument {
  readonly #scope = new Scope();
  readonly #state;
  readonly #bound;
  readonly #kept = signal<KeptText | undefined>(undefined);

  constructor(readonly provider: DocumentProvider) {
    this.#state = signal(this.#read());
    this.#bound = signal(this.#bind());
    const events = ['status', 'synced', 'pending', 'stalled', 'role', 'error'] as const;
    for (const event of events) this.#scope.add(provider.on(event, () => this.#refresh()));
    this.#scope.add(provider.on('replaced', () => this.#onReplaced()));
    this.#scope.add(provider.on('kept', (texts) => (this.#kept.value = texts.at(-1))));
  }

  get documentId(): string {
    return this.provider.documentId;
  }

  get suggestions(): Suggestions {
    return this.provider.suggestions;
  }

  get diagnostics(): Diagnostics {
    return this.provider.diagnostics;
  }

  get state(): Readable<DocumentState> {
    return this.#state;
  }

  /** Another one after the server refused an edit for good: the old text is frozen (rule V4). */
  get bound(): Readable<Binding> {
    return this.#bound;
  }

  /** The newest refused text, of this visit or an earlier one, that its author has not dealt with. */
  get kept(): Readable<KeptText | undefined> {
    return this.#kept;
  }

  /** For good; a browser that cannot delete it offers it at the next visit again. */
  forgetKept(id: string): void {
    this.provider.discardKept(id).catch(() => {});
  }

  /** Leaves the document; unsaved edits stay in the outbox and go out at its next open. */
  async close(): Promise<void> {
    this.#scope.dispose();
    await this.provider.destroy();
  }

  #onReplaced(): void {
    this.#bound.value = this.#bind();
    this.#refresh();
  }

  #bind(): Binding {
    const { text, awareness } = this.provider;
    // A suggestion is accepted under an origin that is a plain object of its own; the editor adds itself.
    const trackedOrigins = new Set<unknown>([Object]);
    return { text, awareness, undo: new UndoManager(text, { captureTimeout: UNDO_STEP_MS, trackedOrigins }) };
  }

  #read(): DocumentState {
    const { status, synced, pending, stalled, role, canEdit, error } = this.provider;
    return { status, synced, pending, stalled, role, canEdit, error };
  }

  #refresh(): void {
    const before = this.#state.peek();
    const now = this.#read();
    const keys = Object.keys(now) as (keyof DocumentState)[];
    if (keys.some((key) => now[key] !== before[key])) this.#state.value = now;
  }
}
