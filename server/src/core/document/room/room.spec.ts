import { describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS, type DocumentKind, type Limits, type Role } from '@tandem/protocol';
import * as Y from 'yjs';
import { editFree, editText, fingerprint, pick, seeded, sessionOf } from '../../../testing/yjs-edits.js';
import { DocumentState } from '../document-state.js';
import { decodeUpdate } from '../update/decode-update.js';
import type { Admission } from './admission.js';
import { Room } from './room.js';
import { RoomSession } from './room-session.js';

const ANN = '00000000-0000-4000-8000-00000000000a';
const BOB = '00000000-0000-4000-8000-00000000000b';

function roomOf(kind: DocumentKind = 'text', limits: Partial<Limits> = {}): Room {
  return new Room('d', 'p', kind, DocumentState.empty(kind), 1, 1, { ...DEFAULT_LIMITS, ...limits });
}

function join(
  room: Room,
  userId: string,
  options: { role?: Role; clientId?: number; instance?: string } = {},
): RoomSession {
  const identity = { id: userId, name: userId, color: '#000000', colorLight: '#00000033' };
  const session = new RoomSession(
    { write: () => true },
    identity,
    options.role ?? 'editor',
    options.instance,
    room.epoch,
  );
  if (options.clientId !== undefined) room.clientIds.bind(options.clientId, userId);
  const opened = room.open(session, { clientId: options.clientId });
  if (opened.type !== 'opened') throw new Error(opened.type);
  return session;
}

/** Stores what waits, as a committer would. */
function commit(room: Room): void {
  for (const pending of room.overlay.take()) room.appendRow(pending.update);
  room.overlay.settle();
}

/** Asks again after what the host would look up: ids belong to who uses them first. */
function admit(room: Room, session: RoomSession, bytes: Uint8Array): Admission {
  for (;;) {
    const admission = room.admit(session, bytes, {}, () => undefined);
    if (admission.type !== 'unbound') return admission;
    for (const clientId of admission.clientIds) room.clientIds.bind(clientId, session.userId);
  }
}

function codeOf(admission: Admission): string {
  if (admission.type === 'refused') return admission.code;
  return admission.type === 'behind' ? admission.refusal.code : admission.type;
}

function editor(
  clientId: number,
  change?: (doc: Y.Doc) => void,
): { doc: Y.Doc; next: (change: (doc: Y.Doc) => void) => Uint8Array } {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  let last = new Uint8Array();
  doc.on('update', (update: Uint8Array) => {
    last = new Uint8Array(update);
  });
  const next = (edit: (doc: Y.Doc) => void) => {
    edit(doc);
    return last;
  };
  if (change) next(change);
  return { doc, next };
}

const type = (text: string) => (doc: Y.Doc) => doc.getText('content').insert(doc.getText('content').length, text);

describe('Room', () => {
  it('admits edits in order before any is committed, and shows none of them to who opens meanwhile', () => {
    const room = roomOf();
    const ann = join(room, ANN, { clientId: 1 });
    const { next } = editor(1);
    expect(codeOf(admit(room, ann, next(type('a'))))).toBe('admitted');
    expect(codeOf(admit(room, ann, next(type('b'))))).toBe('admitted');
    const late = room.open(new RoomSession({ write: () => true }, ann.identity, 'viewer', undefined, 1), {});
    expect(late).toMatchObject({ type: 'opened', seq: 0 });
    commit(room);
    expect(room.state.seq).toBe(2);
  });

  it('V1: the ids of another user, and of a living editor, are not free', () => {
    const room = roomOf();
    const ann = join(room, ANN, { clientId: 1 });
    const bob = join(room, BOB, { clientId: 2 });
    const secondTab = join(room, ANN);
    const update = editor(1).next(type('x'));
    expect(codeOf(admit(room, bob, update))).toBe('not_your_client_id');
    expect(codeOf(admit(room, secondTab, update))).toBe('client_id_taken');
    expect(codeOf(admit(room, ann, update))).toBe('admitted');
  });

  it('V1: the same editor takes over from its half-open connection, another instance does not', () => {
    const room = roomOf();
    const old = join(room, ANN, { clientId: 1, instance: 'tab' });
    const other = new RoomSession(old.peer, old.identity, 'editor', 'copy', 1);
    expect(room.open(other, { clientId: 1 })).toMatchObject({ type: 'refused', code: 'client_id_taken' });
    const again = new RoomSession(old.peer, old.identity, 'editor', 'tab', 1);
    expect(room.open(again, { clientId: 1 })).toMatchObject({
      type: 'opened',
      fenced: { session: { instance: 'tab', isClosed: true } },
    });
  });

  it('V1, F19: what an older connection of an editor asked for does not take over from its newer one', () => {
    const room = roomOf();
    const on = (order: number) => {
      const peer = { write: () => true, order };
      const identity = { id: ANN, name: ANN, color: '#000000', colorLight: '#00000033' };
      return new RoomSession(peer, identity, 'editor', 'tab', 1);
    };
    room.clientIds.bind(1, ANN);
    expect(room.open(on(2), { clientId: 1 }).type).toBe('opened');
    expect(room.open(on(1), { clientId: 1 })).toMatchObject({ type: 'refused', code: 'client_id_taken' });
    expect(room.open(on(3), { clientId: 1 })).toMatchObject({
      type: 'opened',
      fenced: { session: { isClosed: true } },
    });
  });

  it('V1: a later session delivers what an older one of the same user left behind', () => {
    const room = roomOf();
    const first = join(room, ANN, { clientId: 1 });
    const { next } = editor(1);
    admit(room, first, next(type('a')));
    const left = next(type('b'));
    room.leave(first);
    commit(room);
    expect(codeOf(admit(room, join(room, ANN, { clientId: 9 }), left))).toBe('admitted');
  });

  it('V2, A7: a gap is told with where the server stands', () => {
    const room = roomOf();
    const ann = join(room, ANN, { clientId: 1 });
    const { next } = editor(1);
    admit(room, ann, next(type('a')));
    commit(room);
    next(type('lost'));
    const admission = admit(room, ann, next(type('c')));
    expect(admission).toMatchObject({ type: 'behind', refusal: { code: 'gap_resync', details: { seq: 1 } } });
    expect(room.overlay.isEmpty).toBe(true);
  });

  it('V2, A7: a delete of what nobody wrote is a gap', () => {
    const room = roomOf();
    const ann = join(room, ANN, { clientId: 1 });
    expect(codeOf(admit(room, ann, new Uint8Array([0, 1, 7, 1, 0, 3])))).toBe('gap_resync');
  });

  it('A7: two blocks that need each other in a circle are a gap, in a line they are not', () => {
    const room = roomOf();
    const ann = join(room, ANN);
    const struct = (client: number, clock: number) => [0x84, client, clock, 1, 97];
    const circle = [2, 1, 2, 0, ...struct(1, 0), 1, 1, 0, ...struct(2, 0), 0];
    expect(codeOf(admit(room, ann, new Uint8Array(circle)))).toBe('gap_resync');
    const root = [4, 1, 7, ...Buffer.from('content'), 1, 97];
    const line = [2, 1, 2, 0, ...struct(1, 0), 1, 1, 0, ...root, 0];
    expect(codeOf(admit(room, ann, new Uint8Array(line)))).toBe('admitted');
  });

  it('A7: the rest of a struct that is known in part needs its right neighbour all the same', () => {
    const room = roomOf();
    const ann = join(room, ANN);
    const root = [4, 1, 7, ...Buffer.from('content')];
    admit(room, ann, new Uint8Array([1, 1, 1, 0, ...root, 2, 97, 98, 0]));
    // Clocks 0 to 3 of client 1, between itself and a struct of client 2 that nobody has.
    const longer = [1, 1, 1, 0, 0xc4, 1, 9, 2, 5, 4, 97, 98, 99, 100, 0];
    expect(codeOf(admit(room, ann, new Uint8Array(longer)))).toBe('gap_resync');
  });

  it('A7: a struct that needs itself or a later one of its own is a gap', () => {
    const room = roomOf();
    const ann = join(room, ANN);
    for (const clock of [0, 1, 5]) {
      expect(codeOf(admit(room, ann, new Uint8Array([1, 1, 1, 0, 0x84, 1, clock, 1, 97, 0])))).toBe('gap_resync');
    }
  });

  it('V3: what is known already is answered and not stored, deletes included', () => {
    const room = roomOf();
    const ann = join(room, ANN, { clientId: 1 });
    const { doc, next } = editor(1);
    const first = next(type('hello'));
    const cut = next((d) => d.getText('content').delete(0, 2));
    admit(room, ann, first);
    admit(room, ann, cut);
    const repeat = admit(room, ann, first);
    expect(repeat).toMatchObject({ type: 'known' });
    expect(repeat).toMatchObject({ isCommitted: false });
    commit(room);
    expect(admit(room, ann, cut)).toMatchObject({ type: 'known', isCommitted: true });
    expect(codeOf(admit(room, ann, Y.encodeStateAsUpdate(doc)))).toBe('known');
    expect(room.state.seq).toBe(2);
  });

  it('V5: an update under another epoch is refused with the present one', () => {
    const room = roomOf();
    const session = new RoomSession({ write: () => true }, join(room, ANN).identity, 'editor', undefined, 2);
    const update = editor(1).next(type('x'));
    expect(room.admit(session, update, {}, () => undefined)).toMatchObject({
      code: 'epoch_mismatch',
      details: { epoch: 1 },
    });
    expect(room.open(session, { epoch: 2 })).toMatchObject({ code: 'epoch_mismatch', details: { epoch: 1 } });
    expect(room.open(session, { epoch: 1, seq: 7 })).toMatchObject({
      type: 'behind',
      refusal: { code: 'epoch_mismatch' },
    });
  });

  it('V6: what was put back after an unknown commit is known when the log turns out to hold it', () => {
    const room = roomOf();
    const ann = join(room, ANN, { clientId: 1 });
    const { next } = editor(1);
    const updates = [next(type('a')), next(type('b'))];
    for (const bytes of updates) admit(room, ann, bytes);
    room.overlay.take();
    room.overlay.putBack();
    const row = decodeUpdate(updates[0]!, 'text');
    if (typeof row === 'string') throw new Error(row);
    room.appendRow(row);
    expect(room.takeKnown()).toHaveLength(1);
    commit(room);
    expect(room.state.seq).toBe(2);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, room.state.encode());
    expect(doc.getText('content').toString()).toBe('ab');
  });

  it('A7: what was built on an edit that is given back goes too, as a gap', () => {
    const room = roomOf();
    const [ann, bob] = [join(room, ANN, { clientId: 1 }), join(room, BOB, { clientId: 2 })];
    const outcomes: unknown[] = [];
    const answer = (name: string) => (outcome: unknown) => outcomes.push([name, outcome]);
    const root = [4, 1, 7, ...Buffer.from('content'), 1, 97];
    room.admit(ann, new Uint8Array([1, 1, 1, 0, ...root, 0]), {}, answer('ann'));
    room.admit(bob, new Uint8Array([1, 1, 2, 0, 0x84, 1, 0, 1, 98, 0]), {}, answer('bob'));
    room.giveBack('forbidden', (pending) => pending.session !== ann);
    expect(outcomes).toEqual([
      ['ann', { type: 'refused', code: 'forbidden' }],
      ['bob', { type: 'refused', code: 'gap_resync' }],
    ]);
    expect(room.overlay.isEmpty).toBe(true);
  });

  it('D1: a repeat of an edit that is given back is given back, not acknowledged', () => {
    const room = roomOf();
    const ann = join(room, ANN, { clientId: 1 });
    const update = editor(1).next(type('x'));
    admit(room, ann, update);
    const repeat = admit(room, ann, update);
    if (repeat.type !== 'known') throw new Error(repeat.type);
    const outcomes: unknown[] = [];
    room.awaitEcho(repeat.update, (outcome) => outcomes.push(outcome));
    room.giveBack('store_unavailable');
    expect(outcomes).toEqual([{ type: 'refused', code: 'store_unavailable' }]);
  });

  it('A3: an update under very many new client ids is refused before it costs anything', () => {
    const room = roomOf();
    const ann = join(room, ANN);
    const root = [4, 1, 7, ...Buffer.from('content'), 1, 97];
    const blocks = Array.from({ length: 100 }, (_, client) => [1, client, 0, ...root]);
    expect(codeOf(admit(room, ann, new Uint8Array([100, ...blocks.flat(), 0])))).toBe('too_large');
  });

  it.each<Role>(['viewer', 'commenter'])('A44: a %s reads and does not write', (role) => {
    const room = roomOf();
    const session = join(room, ANN, { role, clientId: 1 });
    expect(codeOf(admit(room, session, editor(1).next(type('x'))))).toBe('forbidden');
  });

  it('A11: a document does not grow past its limit', () => {
    const room = roomOf('text', { maxDocumentBytes: 1000 });
    const ann = join(room, ANN, { clientId: 1 });
    const { next } = editor(1);
    expect(codeOf(admit(room, ann, next(type('x'.repeat(900)))))).toBe('admitted');
    expect(admit(room, ann, next(type('y'.repeat(200))))).toMatchObject({ code: 'doc_full', details: { limit: 1000 } });
  });

  it('A10: a small update of very many structs is refused, as part of a resync it is not', () => {
    const room = roomOf('text', { maxUpdateStructs: 10 });
    const ann = join(room, ANN, { clientId: 1 });
    const { doc, next } = editor(1);
    for (let i = 0; i < 20; i++) next((d) => d.getText('content').insert(0, 'x'));
    const whole = Y.encodeStateAsUpdate(doc);
    expect(codeOf(admit(room, ann, whole))).toBe('too_large');
    expect(room.admit(ann, whole, { resync: true }, () => undefined).type).toBe('admitted');
  });

  const FUZZ = Number(process.env.FUZZ ?? 20_000);
  it.each<DocumentKind>(['text', 'free'])(
    `M17: of ${FUZZ} mutated updates to a %s document none leaves Yjs in doubt`,
    (kind) => {
      const seed = Number(process.env.SEED ?? 6);
      const random = seeded(seed);
      const corpus = Array.from(
        { length: 8 },
        () => sessionOf(random, { editors: 2, edits: 40, edit: kind === 'text' ? editText : editFree }).updates,
      ).flat();
      let room = roomOf(kind);
      let session = join(room, ANN);
      let replica = new Y.Doc();
      let admitted = 0;
      for (let i = 0; i < FUZZ; i++) {
        if (i % 200 === 0) {
          room = roomOf(kind, { maxClientIds: 1e9 });
          session = join(room, ANN);
          replica = new Y.Doc();
        }
        const bytes = random() < 0.5 ? pick(random, corpus) : mutate(pick(random, corpus), random);
        if (admit(room, session, bytes).type !== 'admitted') continue;
        admitted++;
        try {
          for (const pending of room.overlay.take()) {
            room.appendRow(pending.update);
            Y.applyUpdate(replica, pending.update.bytes);
          }
          room.overlay.settle();
          expect(replica.store.pendingStructs).toBeNull();
          expect(replica.store.pendingDs).toBeNull();
          if (i % 200 > 195) {
            const cold = new Y.Doc();
            Y.applyUpdate(cold, room.state.encode());
            expect(fingerprint(cold)).toEqual(fingerprint(replica));
          }
        } catch (error) {
          throw new Error(`SEED=${seed}, mutation ${i}: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
        }
      }
      expect(admitted).toBeGreaterThan(FUZZ / 100);
    },
  );
});

function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
    const at = Math.floor(random() * copy.length);
    if (random() < 0.5) copy[at] = copy[at]! ^ (1 << Math.floor(random() * 8));
    else copy[at] = Math.floor(random() * 256);
  }
  return random() < 0.2 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
}
