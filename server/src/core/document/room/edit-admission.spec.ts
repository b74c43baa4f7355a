import { describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS, type DocumentKind, type Limits } from '@tandem/protocol';
import * as Y from 'yjs';
import { craftUpdate, string } from '../../../../test/support/craft-update.js';
import { editFree, editText, pick, seeded, sessionOf } from '../../../testing/yjs-edits.js';
import { runNow, type Work } from '../../work.js';
import { DocumentState } from '../document-state.js';
import { decodeUpdate } from '../update/decode-update.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import type { Admission, Refusal } from './admission.js';
import type { EditOptions } from './edit-admission.js';
import { Room } from './room.js';
import { RoomDamage } from './room-damage.js';
import { RoomSession } from './room-session.js';

const ANN = '00000000-0000-4000-8000-00000000000a';
const BOB = '00000000-0000-4000-8000-00000000000b';
const RESYNC = { resync: true };

function roomOf(kind: DocumentKind = 'text', limits: Partial<Limits> = {}): Room {
  return new Room('d', 'p', kind, DocumentState.empty(kind), 1, 1, { ...DEFAULT_LIMITS, ...limits });
}

function join(room: Room, userId: string, clientId?: number): RoomSession {
  const identity = { id: userId, name: userId, color: '#000000', colorLight: '#00000033' };
  const session = new RoomSession({ write: () => true }, identity, 'editor', undefined, room.epoch);
  if (clientId !== undefined) room.clientIds.bind(clientId, userId);
  const opened = room.open(session, { clientId });
  if (opened.type !== 'opened') throw new Error(opened.type);
  return session;
}

function commit(room: Room): void {
  for (const pending of room.overlay.take()) room.appendRow(pending.update);
  room.overlay.settle();
}

function decoded(bytes: Uint8Array): DecodedUpdate {
  const update = decodeUpdate(bytes, 'text');
  if (typeof update === 'string') throw new Error(update);
  return update;
}

/** Ids belong to who uses them first. */
function admit(room: Room, session: RoomSession, once: () => Admission): Admission {
  for (;;) {
    const admission = once();
    if (admission.type !== 'unbound') return admission;
    for (const clientId of admission.clientIds) room.clientIds.bind(clientId, session.userId);
  }
}

const atOnce = (room: Room, session: RoomSession, bytes: Uint8Array, options: EditOptions = {}) =>
  admit(room, session, () => room.admit(session, bytes, options, () => undefined));

function inPieces(room: Room, session: RoomSession, bytes: Uint8Array, options: EditOptions = {}): Admission {
  const update = runNow(room.decoding(session, bytes, options));
  if ('type' in update) return update;
  return admit(room, session, () => runNow(room.admitting(session, update, options, () => undefined)));
}

/** In pieces; others have a turn after the first one of the judgement. */
function withTurn(
  room: Room,
  session: RoomSession,
  bytes: Uint8Array,
  turn: () => void,
  options: EditOptions = RESYNC,
) {
  const update = runNow(room.decoding(session, bytes, options)) as DecodedUpdate;
  const work: Work<Admission> = room.admitting(session, update, options, () => undefined);
  expect(work.next().done).toBe(false);
  turn();
  return runNow(work);
}

const codeOf = (admission: Admission | Refusal): string => {
  if (admission.type === 'refused') return admission.code;
  return admission.type === 'behind' ? admission.refusal.code : admission.type;
};

/** Typed at the end, so many structs. */
const typed = (client: number, count: number, from = 0) =>
  craftUpdate([
    {
      client,
      clock: from,
      structs: Array.from({ length: count }, (_, i) =>
        from + i === 0 ? string('x') : string('x', { origin: [client, from + i - 1] }),
      ),
    },
  ]);
/** Behind the first character of client 9, so many structs: each names what is not its own. */
const answers = (client: number, count: number, from = 0) =>
  craftUpdate([{ client, clock: from, structs: Array.from({ length: count }, () => string('y', { origin: [9, 0] })) }]);
/** Somebody has written that character. */
function begun(): Room {
  const room = roomOf();
  atOnce(room, join(room, BOB, 9), typed(9, 1));
  commit(room);
  return room;
}
const deletesOf = (client: number, count: number, step = 2) =>
  craftUpdate([], [[client, Array.from({ length: count }, (_, i) => [i * step, 1] as const)]]);
const textOf = (room: Room) => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, room.state.encode());
  expect(doc.store.pendingStructs).toBeNull();
  return doc.getText('content').toString();
};

describe('an edit in pieces', () => {
  it.each<DocumentKind>(['text', 'free'])('is judged as one at once is, in a document of kind %s', (kind) => {
    const random = seeded(3);
    const edit = kind === 'text' ? editText : editFree;
    const counts = new Map<string, number>();
    for (let round = 0; round < 25; round++) {
      const { updates } = sessionOf(random, { editors: 2, edits: 40, edit });
      const rooms = [roomOf(kind, { maxClientIds: 1e9 }), roomOf(kind, { maxClientIds: 1e9 })] as const;
      const sessions = rooms.map((room) => join(room, ANN));
      for (let i = 0; i < 60; i++) {
        const bytes = random() < 0.7 ? pick(random, updates) : broken(pick(random, updates), random);
        const options = { resync: random() < 0.3 };
        const [one, other] = [
          atOnce(rooms[0], sessions[0]!, bytes, options),
          inPieces(rooms[1], sessions[1]!, bytes, options),
        ];
        expect(codeOf(other)).toBe(codeOf(one));
        if (one.type === 'known') expect(other).toMatchObject({ isCommitted: one.isCommitted });
        counts.set(codeOf(one), (counts.get(codeOf(one)) ?? 0) + 1);
        if (random() < 0.5) for (const room of rooms) commit(room);
      }
      for (const room of rooms) commit(room);
      expect(Buffer.from(rooms[1].state.encode()).equals(rooms[0].state.encode())).toBe(true);
    }
    for (const code of ['admitted', 'known', 'gap_resync', 'malformed_update'])
      expect(counts.get(code)).toBeGreaterThan(5);
  });

  it('LIM-2 LIM-3: is refused for its numbers as one at once, and as a resync is not', () => {
    const limits = { maxUpdateStructs: 100 };
    for (const bytes of [typed(1, 5000), deletesOf(1, 5000)]) {
      const room = roomOf('text', limits);
      const ann = join(room, ANN, 1);
      if (bytes[0] === 0) {
        inPieces(room, ann, typed(1, 10_000), RESYNC);
        commit(room);
      }
      expect(inPieces(room, ann, bytes)).toMatchObject({ code: 'too_large', details: { limit: 100 } });
      expect(codeOf(inPieces(room, ann, bytes, RESYNC))).toBe('admitted');
      commit(room);
      // V3: what is known counts against no limit.
      expect(inPieces(room, ann, bytes)).toMatchObject({ type: 'known', isCommitted: true });
    }
  });

  it.each<[string, string, (room: Room, session: RoomSession) => void]>([
    ['forbidden', 'may not write any more', (_, session) => void Object.assign(session, { memberRole: 'viewer' })],
    ['not_open', 'has left', (room, session) => void room.leave(session)],
    ['epoch_mismatch', 'wrote in what was reset', (room) => void room.epoch++],
  ])('D8: is %s when its author, meanwhile, %s', (code, _, turn) => {
    const room = begun();
    const ann = join(room, ANN, 1);
    expect(codeOf(withTurn(room, ann, answers(1, 5000), () => turn(room, ann)))).toBe(code);
    expect(room.overlay.isEmpty).toBe(true);
  });

  it('V1: is client_id_taken when somebody else has come to write under its id meanwhile', () => {
    const room = begun();
    const ann = join(room, ANN);
    expect(codeOf(withTurn(room, ann, answers(1, 5000), () => void join(room, ANN, 1)))).toBe('client_id_taken');
  });

  it('D4: brings only the rest when part of it was stored meanwhile', () => {
    const room = begun();
    const ann = join(room, ANN, 1);
    const admission = withTurn(room, ann, answers(1, 5000), () => void room.appendRow(decoded(answers(1, 3000))));
    if (admission.type !== 'admitted') throw new Error(codeOf(admission));
    expect(admission.pending.update.blocks).toMatchObject([{ client: 1, clock: 3000, end: 5000 }]);
    commit(room);
    expect(textOf(room)).toBe(`x${'y'.repeat(5000)}`);
  });

  it('D4: deletes what others have deleted in part meanwhile', () => {
    const room = roomOf();
    const [ann, bob] = [join(room, ANN, 1), join(room, BOB, 2)];
    atOnce(room, ann, typed(1, 10_000), RESYNC);
    commit(room);
    const admission = withTurn(room, ann, deletesOf(1, 4000), () => {
      expect(codeOf(atOnce(room, bob, deletesOf(1, 500, 4)))).toBe('admitted');
      commit(room);
    });
    expect(codeOf(admission)).toBe('admitted');
    commit(room);
    expect(room.state.deletes.equals(decoded(deletesOf(1, 4000)).deletes)).toBe(true);
    expect(textOf(room)).toHaveLength(6000);
  });

  it('A7: is a gap when what it builds on was given back meanwhile', () => {
    const room = roomOf();
    const [ann, bob] = [join(room, ANN, 1), join(room, BOB, 2)];
    atOnce(room, ann, typed(1, 1));
    // Those that name it are looked at before it goes.
    const structs = Array.from({ length: 4000 }, () => string('y', { origin: [1, 0] }));
    const admission = withTurn(room, bob, craftUpdate([{ client: 2, structs }]), () => room.giveBack('forbidden'));
    expect(codeOf(admission)).toBe('gap_resync');
    expect(room.overlay.isEmpty).toBe(true);
  });

  describe('D1 V3: that repeats what is on its way', () => {
    const underWay = () => {
      const room = roomOf();
      const ann = join(room, ANN, 1);
      atOnce(room, ann, typed(1, 10_000), RESYNC);
      commit(room);
      atOnce(room, ann, deletesOf(1, 4000), RESYNC);
      return { room, repeat: (turn: () => void) => withTurn(room, ann, deletesOf(1, 4000), turn) };
    };

    it('waits with it', () => {
      const { room, repeat } = underWay();
      const admission = repeat(() => undefined);
      if (admission.type !== 'known') throw new Error(codeOf(admission));
      expect(admission.isCommitted).toBe(false);
      const outcomes: unknown[] = [];
      room.awaitEcho(admission.update, (outcome) => outcomes.push(outcome));
      room.answerEchoes();
      expect(outcomes).toEqual([]);
      commit(room);
      room.answerEchoes();
      expect(outcomes).toEqual([{ type: 'committed', seq: 2, stored: false }]);
    });

    it('is answered when that is stored meanwhile', () => {
      const { room, repeat } = underWay();
      expect(repeat(() => commit(room))).toMatchObject({ type: 'known', isCommitted: true });
    });

    it('is taken when that is given back meanwhile', () => {
      const { room, repeat } = underWay();
      expect(codeOf(repeat(() => room.giveBack('store_unavailable')))).toBe('admitted');
      commit(room);
      expect(textOf(room)).toHaveLength(6000);
    });
  });
});

describe('what is kept of an edit', () => {
  const MIB = 1024 * 1024;
  const inMessage = (bytes: Uint8Array) => {
    const message = Buffer.alloc(MIB, 7);
    message.set(bytes, 1000);
    return message.subarray(1000, 1000 + bytes.length);
  };

  it('A21: not the message that it came in', () => {
    const room = roomOf();
    const ann = join(room, ANN, 1);
    const held = new Set<ArrayBufferLike>();
    for (let i = 0; i < 200; i++) {
      expect(codeOf(atOnce(room, ann, inMessage(typed(1, 1, i))))).toBe('admitted');
      commit(room);
      // One row is answered as it lies.
      held.add(room.state.encodeSince(i)!.buffer);
    }
    expect([...held].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(100_000);
    expect(textOf(room)).toBe('x'.repeat(200));
  });

  it('A21: nor when it waits for what a damaged document lacks', () => {
    const room = roomOf();
    const ann = join(room, ANN, 1);
    room.damage = new RoomDamage({ recorded: 0, mark: 0, rows: [] }, room.state, false);
    const offered: Uint8Array[] = [];
    room.damage.offer = (_, bytes) => void offered.push(bytes);
    const gap = typed(1, 1, 5);
    expect(codeOf(atOnce(room, ann, inMessage(gap), RESYNC))).toBe('gap_resync');
    expect(offered).toHaveLength(1);
    expect(offered[0]!.buffer.byteLength).toBe(gap.length);
  });
});

describe('A11: a full document', () => {
  const full = () => {
    const room = roomOf('text', { maxDocumentBytes: 1000 });
    const ann = join(room, ANN, 1);
    atOnce(room, ann, craftUpdate([{ client: 1, structs: [string('x'.repeat(980))] }]));
    commit(room);
    return { room, ann };
  };

  it('takes an edit that only deletes, and no other', () => {
    const { room, ann } = full();
    expect(atOnce(room, ann, typed(1, 1, 980))).toMatchObject({ code: 'doc_full', details: { limit: 1000 } });
    const both = craftUpdate(
      [{ client: 1, clock: 980, structs: [string('y', { origin: [1, 979] })] }],
      [[1, [[0, 500]]]],
    );
    expect(codeOf(atOnce(room, ann, both))).toBe('doc_full');
    expect(codeOf(atOnce(room, ann, deletesOf(1, 100)))).toBe('admitted');
    commit(room);
    expect(textOf(room)).toHaveLength(880);
  });

  it('does not take deletes that are large themselves', () => {
    const room = roomOf('text', { maxDocumentBytes: 100_100 });
    const ann = join(room, ANN, 1);
    atOnce(room, ann, craftUpdate([{ client: 1, structs: [string('x'.repeat(100_000))] }]));
    commit(room);
    expect(codeOf(atOnce(room, ann, deletesOf(1, 15_000)))).toBe('admitted');
    expect(
      codeOf(
        atOnce(
          room,
          ann,
          craftUpdate([], [[1, Array.from({ length: 18_000 }, (_, i) => [31_000 + i * 3, 1] as const)]]),
        ),
      ),
    ).toBe('doc_full');
  });
});

function broken(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[Math.floor(random() * copy.length)]! ^= 1 << Math.floor(random() * 8);
  return random() < 0.3 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
}
