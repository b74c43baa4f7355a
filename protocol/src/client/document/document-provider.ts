import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { type ErrorCode, TandemError } from '../../errors.js';
import type { EventOf, ServerEvent } from '../../wire/events.js';
import type { Role } from '../../wire/fields.js';
import type { CompletionPort } from '../ai/completion-port.js';
import type { CompletionStream } from '../ai/completion-stream.js';
import type { CompleteOptions } from '../ai/completions.js';
import type { Diagnostics } from '../ai/diagnostics.js';
import { DocumentAi } from '../ai/document-ai.js';
import type { Suggestions } from '../ai/suggestions.js';
import type { KeptText } from '../outbox/kept-text.js';
import type { OutboxLane } from '../outbox/outbox-store.js';
import { Announcements } from './announcements.js';
import { BoundDoc } from './bound-doc.js';
import type { DocumentLink } from './document-link.js';
import { DocumentMachine } from './document-machine.js';
import { DocumentRequests } from './document-requests.js';
import { KeptTexts } from './kept-texts.js';
import { LocalEdits } from './local-edits.js';
import type { Effect, MachineEvent } from './machine-events.js';
import type { ProviderEvents, ProviderStatus, ProviderView } from './provider-events.js';
import { toMachineEvent } from './server-events.js';

const STATUS = {
  offline: 'offline',
  opening: 'opening',
  receiving: 'opening',
  waiting: 'opening',
  open: 'open',
  refused: 'refused',
  destroyed: 'destroyed',
} as const;

/** One document of a `TandemClient`: keeps a `Y.Doc` and the server's document the same. Made by `openDocument`. */
export class DocumentProvider {
  private readonly machine: DocumentMachine;
  private readonly told: Announcements;
  private readonly edits: LocalEdits;
  private readonly requests: DocumentRequests;
  private readonly keptTexts: KeptTexts;
  private readonly ai: DocumentAi;
  /** Settled once there was an outbox; it waits as long as nobody knows whose edits these are. */
  private readonly laneOpening: Promise<void>;
  private bound: BoundDoc;
  private lane: OutboxLane | undefined;
  private cancelTimer: (() => void) | undefined;

  constructor(
    readonly documentId: string,
    private readonly link: DocumentLink,
    private readonly options: { readonly doc?: Y.Doc; readonly awareness?: boolean } = {},
  ) {
    this.machine = new DocumentMachine(link.random);
    this.edits = new LocalEdits((edits) => this.dispatch({ type: 'edited', ...edits }));
    this.requests = new DocumentRequests(documentId, link, (answer) => this.dispatch(answer));
    this.keptTexts = new KeptTexts(link.report);
    this.ai = new DocumentAi(this.aiPort());
    this.told = new Announcements(() => this.view());
    this.bound = this.bind(options.doc ?? new Y.Doc());
    const before = this.bound.ownState();
    if (before) this.edits.add(before);
    this.laneOpening = link
      .openLane(documentId)
      .then((lane) => this.onLane(lane))
      .catch(link.report);
  }

  get doc(): Y.Doc {
    return this.bound.doc;
  }
  /** The text of a document of kind `text`. */
  get text(): Y.Text {
    return this.doc.getText('content');
  }
  get awareness(): Awareness {
    return this.bound.awareness;
  }
  get status(): ProviderStatus {
    const { phase, connected } = this.machine;
    return phase === 'offline' && connected ? 'opening' : STATUS[phase];
  }
  /** On this connection, everything up to the open is in `doc`. */
  get synced(): boolean {
    return this.machine.phase === 'open';
  }
  /** Every local edit is stored on the server. */
  get saved(): boolean {
    return this.pending === 0;
  }
  /** Local edits that are not acknowledged. */
  get pending(): number {
    return this.machine.pending + this.edits.count;
  }
  /** The server cannot store at the moment; edits wait. */
  get stalled(): boolean {
    return this.machine.stalled;
  }
  get seq(): number {
    return this.machine.seq;
  }
  get epoch(): number | undefined {
    return this.machine.epoch;
  }
  get role(): Role | undefined {
    return this.machine.role;
  }
  get canEdit(): boolean {
    return this.machine.canEdit;
  }
  /**
   * Texts of this document that were frozen and that nobody discarded, oldest first: nothing that a user typed goes
   * away unseen. Of earlier visits of the same user too, once the outbox is open (event `kept`).
   */
  get kept(): readonly KeptText[] {
    return this.keptTexts.all;
  }
  /** What models propose here, to this provider and to others. */
  get suggestions(): Suggestions {
    return this.ai.completions.suggestions;
  }
  /** What analyzers say of the text. */
  get diagnostics(): Diagnostics {
    return this.ai.diagnostics;
  }
  /** The last refusal that still stands. */
  get error(): TandemError | undefined {
    return this.machine.error;
  }

  on<E extends keyof ProviderEvents>(event: E, listener: (payload: ProviderEvents[E]) => void): () => void {
    return this.told.events.on(event, listener);
  }

  /** Resolves when open; rejects with the refusal when the document cannot be opened, or when it is destroyed. */
  whenSynced(): Promise<void> {
    return this.told.wait('synced');
  }

  /**
   * Resolves when every local edit of now is stored on the server. Rejects with the refusal when they never will be:
   * the server refused them for good, or the document was reset (`replaced` then carries the text).
   */
  whenSaved(): Promise<void> {
    return this.told.wait('saved');
  }

  /**
   * Asks for a suggestion; the one before is cancelled. Its text comes in the stream and in `suggestions`. Throws a
   * RangeError for an index that is not in the text.
   */
  complete(options: CompleteOptions = {}): CompletionStream {
    return this.ai.completions.complete(options);
  }

  /** Lets a kept text go for good. Resolves when it is gone from the browser, too; a repeat is harmless. */
  async discardKept(id: string): Promise<void> {
    const gone = this.keptTexts.discard(id);
    this.announce();
    await gone;
  }

  /**
   * Ends it here and on the server. Unsaved edits stay in the outbox, for the next open of this document. Where it
   * cannot be found out whose they are, they stay in memory until a connection tells, and the client reports it.
   */
  async destroy(): Promise<void> {
    if (this.status === 'destroyed') return;
    this.bound.release();
    this.edits.flush();
    this.ai.completions.close();
    this.dispatch({ type: 'destroy' });
    this.link.released(this.documentId);
    if (await this.link.knowsUser()) {
      await this.laneOpening;
      await this.lane?.close();
    } else if (!this.saved) {
      const why = 'Nobody knows whose unsaved edits these are: they are lost with this page, unless it connects';
      this.link.report(new TandemError('unauthorized', why));
    }
  }

  /** For `TandemClient`: a connection is there. */
  connected(): void {
    this.dispatch({ type: 'connected', limits: this.link.limits });
  }

  /** For `TandemClient`: the connection is gone. */
  disconnected(): void {
    this.dispatch({ type: 'disconnected' });
  }

  /** For `TandemClient`: the server said something about this document. */
  receive<E extends ServerEvent>(event: E, body: EventOf<E>): void;
  receive(event: ServerEvent, body: never): void {
    if (event === 'awareness:update') {
      this.bound.link.receive((body as EventOf<'awareness:update'>).update);
      return;
    }
    const told = toMachineEvent(event, body);
    if (told) this.dispatch(told);
    else this.ai.receive(event, body);
  }

  private aiPort(): CompletionPort {
    const provider = this;
    const { documentId, link } = this;
    return {
      documentId,
      clock: link.clock,
      report: link.report,
      request: (event, body, answered) => link.request(event, body, answered),
      get doc() {
        return provider.doc;
      },
      get isOpen() {
        return provider.synced;
      },
      insert: (index, text, completionId) => this.bound.insert(index, text, completionId),
      holds: (completionId) => this.edits.holds(completionId) || this.machine.holds(completionId),
    };
  }

  private async onLane(lane: OutboxLane): Promise<void> {
    if (this.status === 'destroyed') {
      // Edits made before the outbox was there must not be lost with it.
      await lane.write({ add: this.machine.entries, remove: [] });
      await lane.close();
      return;
    }
    this.lane = lane;
    this.keptTexts.loaded(lane);
    this.dispatch({ type: 'loaded', entries: lane.adopted });
  }

  private bind(doc: Y.Doc): BoundDoc {
    return new BoundDoc(doc, {
      origin: this,
      clock: this.link.clock,
      awareness: this.options.awareness ?? true,
      onEdit: (update, provenance) => {
        this.edits.add(update, provenance);
        this.announce();
      },
      onChange: () => this.ai.changed(),
      sendAwareness: (update) => this.link.sendAwareness(this.documentId, update),
    });
  }

  private dispatch(event: MachineEvent): void {
    // Edits of this tick come first: what follows may freeze their document.
    if (event.type !== 'edited') this.edits.flush();
    const after: (() => void)[] = [];
    for (const effect of this.machine.step(event, this.link.clock.now())) this.perform(effect, after);
    this.schedule();
    for (const tell of after) tell();
    this.announce();
  }

  private perform(effect: Effect, after: (() => void)[]): void {
    switch (effect.type) {
      case 'open':
        this.requests.open(effect, this.bound);
        break;
      case 'send':
        this.requests.send(effect);
        break;
      case 'send-missing':
        this.requests.sendMissing(effect, this.bound);
        break;
      case 'close':
        this.requests.close();
        break;
      case 'apply':
        this.apply(effect.update);
        break;
      case 'write-outbox':
        this.lane?.write(effect.change).catch(this.link.report);
        break;
      case 'rename':
        this.bound.rename();
        break;
      case 'replace':
        after.push(this.replace(effect.reason, effect.lost));
        break;
      case 'arrive':
        this.bound.link.arrive(effect.awareness);
        this.ai.opened(effect.completions);
        break;
      case 'leave':
        this.bound.link.leave();
        this.ai.left(this.status === 'refused');
    }
  }

  private apply(update: Uint8Array): void {
    try {
      this.bound.apply(update);
    } catch (error) {
      this.link.report(error);
    }
  }

  private replace(reason: ErrorCode, lost: boolean): () => void {
    const old = this.bound;
    const keptText = old.wholeText();
    const state = old.awareness.getLocalState();
    old.release();
    this.bound = this.bind(new Y.Doc());
    this.bound.awareness.setLocalState(state);
    if (lost) {
      this.keptTexts.keep(keptText, reason, this.link.clock.now());
      this.told.reject('saved', this.machine.error ?? new TandemError(reason));
    }
    this.ai.replaced(reason === 'epoch_mismatch');
    const { doc, awareness, text } = this;
    return () => this.told.events.emit('replaced', { doc, text, awareness, reason, keptText });
  }

  private schedule(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    const { wakeAt } = this.machine;
    if (wakeAt === undefined || this.status === 'destroyed') return;
    const wait = Math.max(0, wakeAt - this.link.clock.now());
    this.cancelTimer = this.link.clock.after(wait, () => this.dispatch({ type: 'tick' }));
  }

  private view(): ProviderView {
    const { status, synced, saved, pending, stalled, role, canEdit, kept, error } = this;
    return { status, synced, saved, pending, stalled, role, canEdit, kept, error };
  }

  private announce(): void {
    this.ai.completions.settle();
    this.told.tell();
  }
}
