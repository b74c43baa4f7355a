import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, modifyAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { DocumentOpen, DocumentUpdate } from '../wire/document.js';
import type { Role } from '../wire/fields.js';
import type { Provenance } from '../wire/provenance.js';
import type { FakeConnection } from './fake-connection.js';
import type { Refusal } from './refusal.js';

interface Session {
  readonly clientId: number | undefined;
  readonly instance: string | undefined;
  awareness: Uint8Array | undefined;
}

interface Pending {
  readonly from: FakeConnection;
  readonly update: Uint8Array;
  readonly fresh: boolean;
  readonly answer: (answer: object) => void;
}

const NOTHING = new Uint8Array([0, 0]);
const stateOf = (doc: Y.Doc) => Y.encodeStateAsUpdate(doc);
const copyOf = (doc: Y.Doc, ...more: Uint8Array[]) => {
  const copy = new Y.Doc();
  for (const update of [stateOf(doc), ...more]) Y.applyUpdate(copy, update);
  return copy;
};

/** One document of the fake server: admission, commit, order. An honest model, with a `Y.Doc` where the real one has bytes. */
export class FakeDocument {
  seq = 0;
  epoch = 1;
  rows: { seq: number; update: Uint8Array }[] = [];
  committed = new Y.Doc();
  /** Rows are lost, and nobody can say what was in them. */
  isDamaged = false;
  readonly roles = new Map<string, Role>();
  readonly sessions = new Map<FakeConnection, Session>();
  /** What clients said of whose text is in their updates, in the order of arrival. */
  readonly provenance: Provenance[] = [];
  private readonly owners = new Map<number, string>();
  private readonly uploads = new Map<string, Uint8Array[]>();
  private pending: Pending[] = [];

  constructor(readonly id: string) {}

  get text(): string {
    return this.committed.getText('content').toString();
  }

  get waiting(): number {
    return this.pending.length;
  }

  open(from: FakeConnection, body: DocumentOpen): { answer: object; pieces: Uint8Array[] } | Refusal {
    const role = this.roles.get(from.userId);
    if (!role) return { code: 'not_found' };
    const stale = body.epoch !== undefined && body.epoch !== this.epoch;
    if (stale || (body.seq ?? 0) > this.seq) return { code: 'epoch_mismatch', details: { epoch: this.epoch } };
    const taken = body.clientId === undefined ? undefined : this.claim(from, body.clientId, body.instance);
    if (taken) return taken;
    this.sessions.set(from, { clientId: body.clientId, instance: body.instance, awareness: undefined });
    const update = this.missing(body);
    const pieces = from.server.pieceBytes ? cut(update, from.server.pieceBytes) : [];
    const answer = {
      ...(pieces.length > 0 ? { pieces: pieces.length } : { update }),
      stateVector: Y.encodeStateVector(this.committed),
      seq: this.seq,
      epoch: this.epoch,
      role,
      kind: 'text',
      awareness: this.othersAwareness(from),
      ...(this.isDamaged && { damaged: { clientIds: this.wantedFrom(from, body) } }),
    };
    return { answer, pieces };
  }

  /** Admits an update; `answer` is called at once for a refusal or a part, else at the commit. */
  update(from: FakeConnection, body: DocumentUpdate, answer: (answer: object) => void): Refusal | undefined {
    if (!this.sessions.has(from)) return { code: 'not_open' };
    const role = this.roles.get(from.userId);
    if (role === 'viewer' || role === 'commenter') return { code: 'forbidden' };
    const update = this.assemble(body);
    if (!update) {
      answer({});
      return undefined;
    }
    for (const client of Y.parseUpdateMeta(update).from.keys()) {
      const taken = this.claim(from, client, this.sessions.get(from)?.instance);
      if (taken) return taken;
    }
    const admitted = copyOf(this.committed, ...this.pending.map((entry) => entry.update));
    const after = copyOf(admitted, update);
    if (after.store.pendingStructs || after.store.pendingDs) {
      return { code: 'gap_resync', details: { stateVector: Y.encodeStateVector(this.committed), seq: this.seq } };
    }
    if (body.provenance) this.provenance.push(body.provenance);
    const fresh = !Y.equalSnapshots(Y.snapshot(admitted), Y.snapshot(after));
    this.pending.push({ from, update, fresh, answer });
    return undefined;
  }

  /** Stores what is admitted: acks, then one frame to everybody but a sole author. */
  commit(): void {
    const batch = this.pending;
    this.pending = [];
    const fromSeq = this.seq + 1;
    for (const { update, fresh, answer } of batch) {
      if (fresh) {
        this.seq += 1;
        this.rows.push({ seq: this.seq, update });
        Y.applyUpdate(this.committed, update);
      }
      answer(fresh ? { seq: this.seq } : { seq: this.seq, stored: false });
    }
    const stored = batch.filter(({ fresh }) => fresh);
    if (stored.length === 0) return;
    const frame = {
      documentId: this.id,
      update: Y.mergeUpdates(stored.map(({ update }) => update)),
      fromSeq,
      seq: this.seq,
      epoch: this.epoch,
    };
    const authors = new Set(stored.map(({ from }) => from));
    for (const session of this.sessions.keys()) {
      if (authors.size > 1 || !authors.has(session)) session.tell('document:update', frame);
    }
  }

  /** V6: the bound on waiting is passed. */
  failCommit(refusal: Refusal): void {
    const batch = this.pending;
    this.pending = [];
    for (const { from, answer } of batch) answer(from.server.refusal(refusal));
  }

  /** The process died: what was not committed is gone. */
  crash(): void {
    this.pending = [];
    this.uploads.clear();
    this.sessions.clear();
  }

  /** V5: back to `keep` updates under a new epoch. */
  restore(keep: number, tell: boolean): void {
    this.rows = this.rows.slice(0, keep);
    this.committed = new Y.Doc();
    for (const { update } of this.rows) Y.applyUpdate(this.committed, update);
    this.pending = [];
    this.seq = this.rows.length;
    this.epoch += 1;
    for (const session of this.sessions.keys()) {
      if (tell) session.tell('document:reset', { documentId: this.id, epoch: this.epoch });
    }
    this.sessions.clear();
  }

  /** The stored row cannot be read any more: what builds on it goes with it. */
  lose(seq: number): void {
    this.rows[seq - 1] = { seq, update: NOTHING };
    this.committed = new Y.Doc();
    for (const { update } of this.rows) {
      const after = copyOf(this.committed, update);
      if (!after.store.pendingStructs && !after.store.pendingDs) this.committed = after;
    }
    this.isDamaged = true;
  }

  /** It is read anew: everybody has to open it again. */
  reopen(): void {
    for (const session of this.sessions.keys()) {
      session.tell('document:status', { documentId: this.id, state: 'closed', reopen: true });
    }
    this.sessions.clear();
  }

  setRole(userId: string, role: Role): void {
    this.roles.set(userId, role);
    for (const session of this.sessions.keys()) {
      if (session.userId === userId) session.tell('document:role', { documentId: this.id, role });
    }
  }

  /** To every session of one user. */
  tellUser(userId: string, event: string, body: object): void {
    for (const session of this.sessions.keys()) if (session.userId === userId) session.tell(event, body);
  }

  awareness(from: FakeConnection, update: Uint8Array): void {
    const session = this.sessions.get(from);
    if (!session) return;
    session.awareness = update;
    for (const other of this.sessions.keys()) {
      if (other !== from) other.tell('awareness:update', { documentId: this.id, update });
    }
  }

  leave(from: FakeConnection): void {
    const session = this.sessions.get(from);
    this.sessions.delete(from);
    if (!session?.awareness) return;
    const update = modifyAwarenessUpdate(session.awareness, () => null);
    for (const other of this.sessions.keys()) other.tell('awareness:update', { documentId: this.id, update });
  }

  /** V1. */
  private claim(from: FakeConnection, clientId: number, instance: string | undefined): Refusal | undefined {
    if ((this.owners.get(clientId) ?? from.userId) !== from.userId) return { code: 'not_your_client_id' };
    for (const [other, session] of this.sessions) {
      if (other === from || session.clientId !== clientId) continue;
      if (session.instance !== instance) return { code: 'client_id_taken' };
      this.sessions.delete(other);
    }
    this.owners.set(clientId, from.userId);
    return undefined;
  }

  private wantedFrom(from: FakeConnection, { stateVector }: DocumentOpen): number[] {
    const had = stateVector ? Y.decodeStateVector(stateVector) : new Map<number, number>();
    const more = [...had].filter(([client, end]) => end > Y.getState(this.committed.store, client));
    return more.map(([client]) => client).filter((client) => this.owners.get(client) === from.userId);
  }

  private missing({ seq, epoch, stateVector }: DocumentOpen): Uint8Array {
    if (seq !== undefined && epoch === this.epoch && !this.isDamaged) {
      const rows = this.rows.filter((row) => row.seq > seq).map(({ update }) => update);
      return rows.length === 0 ? new Uint8Array([0, 0]) : Y.mergeUpdates(rows);
    }
    return Y.encodeStateAsUpdate(this.committed, stateVector);
  }

  private othersAwareness(from: FakeConnection): Uint8Array | undefined {
    const states = [...this.sessions].flatMap(([other, { awareness }]) =>
      other !== from && awareness ? [awareness] : [],
    );
    if (states.length === 0) return undefined;
    const gathered = new Awareness(new Y.Doc());
    gathered.setLocalState(null);
    for (const state of states) applyAwarenessUpdate(gathered, state, this);
    const update = encodeAwarenessUpdate(gathered, [...gathered.getStates().keys()]);
    gathered.destroy();
    return update;
  }

  private assemble({ update, uploadId, part, parts }: DocumentUpdate): Uint8Array | undefined {
    if (uploadId === undefined || part === undefined || parts === undefined) return update;
    const held = this.uploads.get(uploadId) ?? [];
    held[part] = update;
    this.uploads.set(uploadId, held);
    if (part < parts - 1) return undefined;
    this.uploads.delete(uploadId);
    return Uint8Array.from(held.flatMap((bytes) => [...bytes]));
  }
}

const cut = (update: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(update.length / size) }, (_, i) => update.slice(i * size, (i + 1) * size));
