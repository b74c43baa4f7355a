import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { Provenance } from '../../wire/provenance.js';
import type { Clock } from '../clock.js';
import { randomId } from '../random-id.js';
import { AwarenessLink } from './awareness-link.js';
import { clockRanges } from './merge-updates.js';
import { resyncUpdate } from './resync-update.js';

export interface BoundDocOptions {
  /** The transaction origin of what came from the server. */
  readonly origin: object;
  readonly clock: Clock;
  readonly awareness: boolean;
  readonly onEdit: (update: Uint8Array, provenance?: Provenance) => void;
  /** The text may be another one, whoever wrote; before its observers hear of it. */
  readonly onChange: () => void;
  readonly sendAwareness: (update: Uint8Array) => void;
}

/** A `Y.Doc` while the provider works with it: its edits, its awareness, and the id of its writer (V1). */
export class BoundDoc {
  /** One for each `Y.Doc`: with it a reconnect takes over its own client id from a half-open socket. */
  readonly instance = randomId();
  readonly link: AwarenessLink;
  /** Inserted, and not yet told as an update. */
  private claims: Provenance[] = [];

  constructor(
    readonly doc: Y.Doc,
    private readonly options: BoundDocOptions,
  ) {
    this.link = new AwarenessLink(doc, options.clock, options.sendAwareness, options.awareness);
    doc.on('update', this.onUpdate);
    doc.on('beforeObserverCalls', options.onChange);
  }

  get awareness(): Awareness {
    return this.link.awareness;
  }

  /** What was written into the `Y.Doc` under its client id before it was bound. */
  ownState(): Uint8Array | undefined {
    const { doc } = this;
    return Y.getState(doc.store, doc.clientID) > 0 ? resyncUpdate(doc, new Uint8Array([0]), [doc.clientID]) : undefined;
  }

  apply(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, this.options.origin);
  }

  /**
   * Inserts text of a suggestion, in a transaction of its own. The update that brings it names the structs that hold it;
   * within another transaction that is the update of that one.
   */
  insert(index: number, text: string, completionId: string): void {
    const { doc } = this;
    const clock = Y.getState(doc.store, doc.clientID);
    this.claims.push({ completionId, client: doc.clientID, clock, length: text.length });
    doc.transact(() => doc.getText('content').insert(index, text), { type: 'completion', completionId });
  }

  rename(): void {
    this.doc.clientID = new Y.Doc().clientID;
    this.link.rename();
  }

  /** Empty for a document whose root `content` is no text. */
  textNow(): string {
    const content = this.doc.share.get('content');
    if (content === undefined || (content instanceof Y.Text === false && content.constructor !== Y.AbstractType))
      return '';
    return this.doc.getText('content').toString();
  }

  /**
   * The text, and what waits for edits that never came: what an earlier tab left behind of a document that was reset
   * meanwhile. Nobody sees it, and it may be all that is left of it.
   */
  wholeText(): string {
    const waiting = this.doc.store.pendingStructs;
    const structs = waiting ? Y.decodeUpdateV2(waiting.update).structs : [];
    const strings = structs.flatMap((struct) =>
      struct instanceof Y.Item && struct.content instanceof Y.ContentString ? [struct.content.str] : [],
    );
    return [this.textNow(), strings.join('')].filter((text) => text !== '').join('\n');
  }

  /** Stops listening; the `Y.Doc` itself stays readable for its editor. */
  release(): void {
    this.doc.off('update', this.onUpdate);
    this.doc.off('beforeObserverCalls', this.options.onChange);
    this.link.destroy();
  }

  private readonly onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this.options.origin) this.edited(update);
  };

  private edited(update: Uint8Array): void {
    const claimed = this.claims.length > 0 ? this.claimedIn(update) : [];
    // A message names one suggestion: where one transaction took two, it travels twice, and the second is known.
    for (const claim of claimed) this.options.onEdit(update, claim);
    if (claimed.length === 0) this.options.onEdit(update);
  }

  private claimedIn(update: Uint8Array): Provenance[] {
    const ranges = clockRanges(update);
    const isIn = ({ client, clock }: Provenance) => (ranges.get(client)?.[1] ?? 0) > clock;
    const claimed = this.claims.filter(isIn);
    this.claims = this.claims.filter((claim) => !isIn(claim));
    return claimed;
  }
}
