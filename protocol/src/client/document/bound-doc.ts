import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { Clock } from '../clock.js';
import { randomId } from '../random-id.js';
import { AwarenessLink } from './awareness-link.js';
import { resyncUpdate } from './resync-update.js';

export interface BoundDocOptions {
  /** The transaction origin of what came from the server. */
  readonly origin: object;
  readonly clock: Clock;
  readonly awareness: boolean;
  readonly onEdit: (update: Uint8Array) => void;
  readonly sendAwareness: (update: Uint8Array) => void;
}

/** A `Y.Doc` while the provider works with it: its edits, its awareness, and the id of its writer (V1). */
export class BoundDoc {
  /** One for each `Y.Doc`: with it a reconnect takes over its own client id from a half-open socket. */
  readonly instance = randomId();
  readonly link: AwarenessLink;

  constructor(
    readonly doc: Y.Doc,
    private readonly options: BoundDocOptions,
  ) {
    this.link = new AwarenessLink(doc, options.clock, options.sendAwareness, options.awareness);
    doc.on('update', this.onUpdate);
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

  /** Stops listening; the `Y.Doc` itself stays readable for its editor. */
  release(): void {
    this.doc.off('update', this.onUpdate);
    this.link.destroy();
  }

  private readonly onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this.options.origin) this.options.onEdit(update);
  };
}
