import { type Answer, ERRORS, type EventOf, type ServerEvent, type WireError } from '@tandem/protocol';
import * as Y from 'yjs';
import type { SimulatedConnection } from '../../../src/testing/simulation/simulated-connection.js';
import type { SimulatedNode } from '../../../src/testing/simulation/simulated-node.js';
import type { Ledger } from './ledger.js';
import type { Truth } from './truth.js';

/** What one connection was told of one document. */
interface View {
  epoch: number;
  seq: number;
  isOpen: boolean;
  /** Parts of a large update that have been sent. */
  readonly parts: Map<string, Uint8Array[]>;
}

/** What was asked and is to be answered once. */
export interface Asked {
  readonly event: string;
  readonly connection: SimulatedConnection;
  readonly documentId: string | undefined;
  readonly epoch: number;
  /** The whole of what an ack acknowledges. */
  readonly update: Uint8Array | undefined;
  readonly wantsAnswer: boolean;
  answers: number;
}

export interface MonitorOptions {
  /** What this one writes is no token. */
  readonly liarId: string;
  readonly ledger: Ledger;
  note(event: string): void;
  /** Told of everything that is said, for whoever looks for a fault. */
  readonly trace?: ((line: string) => void) | undefined;
  violate(kind: string, detail: string): void;
  /** Where the log stands; undefined when there is no such document. */
  headOf(documentId: string): { head: number; epoch: number; truth: Truth } | undefined;
  /** Since when somebody must not hear anything any more, if so. */
  silencedSince(connection: SimulatedConnection, node: SimulatedNode): number | undefined;
}

interface UpdateBody {
  documentId: string;
  update?: Uint8Array;
  uploadId?: string;
  part?: number;
  parts?: number;
}

/** Reads along at the door of every node, and holds the server to the rules of PROTOCOL.md that end in `S`. */
export class WireMonitor {
  private readonly views = new Map<SimulatedConnection, Map<string, View>>();
  private readonly open = new Set<Asked>();

  constructor(private readonly options: MonitorOptions) {}

  asked(connection: SimulatedConnection, event: string, body: unknown, wantsAnswer: boolean): Asked {
    const { documentId, update } = (body ?? {}) as Partial<UpdateBody>;
    const view = typeof documentId === 'string' ? this.viewOf(connection, documentId) : undefined;
    const asked: Asked = {
      event,
      connection,
      documentId: typeof documentId === 'string' ? documentId : undefined,
      epoch: view?.epoch ?? 0,
      update:
        event === 'document:update' && view && update instanceof Uint8Array
          ? whole(view, body as UpdateBody)
          : undefined,
      wantsAnswer: wantsAnswer && event !== 'awareness:update',
      answers: 0,
    };
    if (asked.wantsAnswer) this.open.add(asked);
    this.options.trace?.(`${connection.name} asks ${event} ${brief(body)}`);
    return asked;
  }

  /** CON-6, D1, DOC-10. */
  answered(asked: Asked, answer: Answer<object>): void {
    const { note, violate, ledger, headOf } = this.options;
    const { event, connection, documentId } = asked;
    asked.answers++;
    this.open.delete(asked);
    this.options.trace?.(`${connection.name} gets ${event} ${brief(answer)}`);
    if (asked.answers > 1) violate('CON-6 answered twice', `${event} of ${connection.userId}`);
    if (!answer.ok) {
      this.refused(asked, answer.error);
      return;
    }
    note(`answered ${event}`);
    if (!documentId) return;
    const view = this.viewOf(connection, documentId);
    if (event === 'document:open') this.opened(connection, view, documentId, answer as never);
    if (event === 'document:close') view.isOpen = false;
    if (event !== 'document:update') return;
    const { seq, stored } = answer as { seq?: number; stored?: false };
    if (seq === undefined) {
      note('part of an update');
      return;
    }
    note(stored === false ? 'V3 nothing new' : 'stored');
    if (connection.userId === this.options.liarId && stored !== false) ledger.hasLies = true;
    // One that was sent behind the open that it belongs to has its epoch from the answer.
    const epoch = asked.epoch || view.epoch;
    const log = headOf(documentId);
    if (log?.epoch === epoch && seq > log.head)
      violate('D1 acknowledged before the commit', `seq ${seq} of ${log.head}`);
    if (stored !== false && view.epoch === epoch && seq === view.seq + 1) view.seq = seq;
    if (asked.update) ledger.promisesOf(documentId, epoch).add(asked.update);
  }

  /** DOC-4, DOC-11, DOC-21, D8. */
  wrote(connection: SimulatedConnection, node: SimulatedNode, event: ServerEvent, body: unknown): void {
    const { documentId } = (body ?? {}) as { documentId?: string };
    this.options.note(event === 'document:status' ? `status ${(body as { state: string }).state}` : event);
    this.options.trace?.(`${connection.name} hears ${event} ${brief(body)}`);
    if (documentId === undefined) return;
    const view = this.viewOf(connection, documentId);
    if (event === 'document:update' || event === 'document:resync') {
      this.hears(connection, node, event);
      this.frame(view, event, body as never);
    } else if (event === 'awareness:update') this.hears(connection, node, event);
    else if (event === 'document:reset' || (event === 'document:status' && isClosed(body))) view.isOpen = false;
  }

  closed(connection: SimulatedConnection): void {
    this.views.delete(connection);
    for (const asked of this.open) if (asked.connection === connection) this.open.delete(asked);
  }

  /** What nobody has answered. */
  get unanswered(): Asked[] {
    return [...this.open];
  }

  private refused({ event, update }: Asked, error: WireError): void {
    const { note, violate } = this.options;
    note(`${event} refused: ${error.code}`);
    if (!(error.code in ERRORS)) violate('ERR-2 an unknown code', error.code);
    if (error.code === 'internal') violate('the server failed', `${event} with ${update?.length ?? 0} bytes`);
  }

  private opened(connection: SimulatedConnection, view: View, documentId: string, answer: OpenAnswer): void {
    const { epoch, seq, update, pieces } = answer;
    view.epoch = epoch;
    view.seq = seq;
    view.isOpen = true;
    if (pieces) this.options.note('opened in pieces');
    this.shown(documentId, epoch, seq, update);
    const log = this.options.headOf(documentId);
    if (log?.epoch === epoch && seq > log.head) {
      this.options.violate('DOC-1 an open ahead of the log', `seq ${seq} of ${log.head} for ${connection.userId}`);
    }
  }

  private frame(view: View, event: string, frame: EventOf<'document:update'> | EventOf<'document:resync'>): void {
    const { violate } = this.options;
    const { documentId, update, seq, epoch } = frame;
    if (!view.isOpen) violate('DOC-7 a frame of a document that is not open', `${event} ${seq}`);
    if (view.isOpen && epoch !== view.epoch) violate('DOC-39 a frame of another epoch', `${epoch} in ${view.epoch}`);
    if ('fromSeq' in frame) {
      const { fromSeq } = frame;
      if (fromSeq > seq || fromSeq < 1) violate('DOC-11 a frame of nothing', `${fromSeq} to ${seq}`);
      if (fromSeq > view.seq + 1) violate('DOC-4 a hole between frames', `${fromSeq} after ${view.seq}`);
    }
    view.seq = Math.max(view.seq, seq);
    this.shown(documentId, epoch, seq, update);
  }

  /** Nobody sees what is not committed. */
  private shown(documentId: string, epoch: number, seq: number, update: Uint8Array | undefined): void {
    const { headOf, violate, ledger } = this.options;
    const log = headOf(documentId);
    if (log?.epoch === epoch && seq > log.head) violate('DOC-11 shown before the commit', `seq ${seq} of ${log.head}`);
    if (!update) return;
    ledger.promisesOf(documentId, epoch).add(update);
    const lie = log?.epoch === epoch ? log.truth.lieIn(update) : undefined;
    if (lie) violate('D1 shown otherwise than stored', lie);
  }

  private hears(connection: SimulatedConnection, node: SimulatedNode, event: string): void {
    const since = this.options.silencedSince(connection, node);
    if (since !== undefined) this.options.violate('D8 told to who may not read', `${event}, ${since} ms after`);
  }

  private viewOf(connection: SimulatedConnection, documentId: string): View {
    let views = this.views.get(connection);
    if (!views) {
      views = new Map();
      this.views.set(connection, views);
    }
    let view = views.get(documentId);
    if (!view) {
      view = { epoch: 0, seq: 0, isOpen: false, parts: new Map() };
      views.set(documentId, view);
    }
    return view;
  }
}

interface OpenAnswer {
  epoch: number;
  seq: number;
  update?: Uint8Array;
  pieces?: number;
}

const isClosed = (body: unknown) => (body as { state: string }).state === 'closed';

/** Undefined for a part that is not the last. */
function whole(view: View, { update, uploadId, part, parts }: UpdateBody): Uint8Array | undefined {
  if (uploadId === undefined || part === undefined || parts === undefined) return update;
  const held = part === 0 ? [] : (view.parts.get(uploadId) ?? []);
  held.push(update!);
  view.parts.set(uploadId, held);
  if (held.length < parts) return undefined;
  view.parts.delete(uploadId);
  return Buffer.concat(held);
}

/** One line of a body: numbers and words as they are, of bytes what Yjs reads in them. */
function brief(body: unknown): string {
  return JSON.stringify(body, (key, value: unknown) => {
    if (key === 'documentId') return String(value).slice(-2);
    if (value instanceof Uint8Array) return key === 'update' ? briefUpdate(value) : `${value.length} bytes`;
    return value;
  });
}

function briefUpdate(update: Uint8Array): string {
  try {
    const { structs, ds } = Y.decodeUpdate(update);
    const ids = structs.map(({ id, length }) => `${id.client}:${id.clock}+${length}`);
    const deletes = [...ds.clients].flatMap(([client, ranges]) =>
      ranges.map(({ clock, len }) => `-${client}:${clock}+${len}`),
    );
    return [...ids, ...deletes].join(' ').slice(0, 300);
  } catch {
    return `${update.length} bytes`;
  }
}
