import type { ErrorCode, Role, TandemError } from '@tandem/protocol';
import type { DocumentProvider, ProviderStatus } from '@tandem/protocol/client';
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
export interface Kept {
  readonly text: string;
  readonly reason: ErrorCode;
}

/** Edits closer together than this, in milliseconds, are one step of undo. */
const UNDO_STEP_MS = 500;

/** A document that is open, for views: its state as a value to watch, and what an editor binds to. */
export class OpenDocument {
  readonly #scope = new Scope();
  readonly #state;
  readonly #bound;
  readonly #kept = signal<Kept | undefined>(undefined);
  #keptSeen = 0;

  constructor(private readonly provider: DocumentProvider) {
    this.#state = signal(this.#read());
    this.#bound = signal(this.#bind());
    this.#watchEdits(this.#bound.peek());
    const events = ['status', 'synced', 'saved', 'stalled', 'role', 'error'] as const;
    for (const event of events) this.#scope.add(provider.on(event, () => this.#refresh()));
    this.#scope.add(provider.on('replaced', () => this.#onReplaced()));
  }

  get documentId(): string {
    return this.provider.documentId;
  }

  get state(): Readable<DocumentState> {
    return this.#state;
  }

  /** Another one after the server refused an edit for good: the old text is frozen (rule V4). */
  get bound(): Readable<Binding> {
    return this.#bound;
  }

  /** Set while there is a refused text that its author has not dealt with. */
  get kept(): Readable<Kept | undefined> {
    return this.#kept;
  }

  forgetKept(): void {
    this.#kept.value = undefined;
  }

  /** Leaves the document; unsaved edits stay in the outbox and go out at its next open. */
  async close(): Promise<void> {
    this.#scope.dispose();
    await this.provider.destroy();
  }

  #onReplaced(): void {
    const kept = this.provider.kept.at(-1);
    if (kept && this.provider.kept.length > this.#keptSeen) this.#kept.value = kept;
    this.#keptSeen = this.provider.kept.length;
    this.#bound.value = this.#bind();
    this.#watchEdits(this.#bound.peek());
    this.#refresh();
  }

  #bind(): Binding {
    const { text, awareness } = this.provider;
    return { text, awareness, undo: new UndoManager(text, { captureTimeout: UNDO_STEP_MS }) };
  }

  /** The provider tells when the count of waiting edits leaves or reaches zero; the status line counts them. */
  #watchEdits({ text }: Binding): void {
    const { doc } = text;
    const refresh = () => this.#refresh();
    doc?.on('update', refresh);
    this.#scope.add(() => doc?.off('update', refresh));
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
