import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { runNow } from '../../work.js';
import { DocumentState } from '../document-state.js';
import type { SetAsideRow } from '../quarantine.js';
import { decodeUpdate } from '../update/decode-update.js';
import { trimUpdate } from '../update/trim-update.js';
import type { AppendRow } from '../update-log.js';
import { RoomDamage } from './room-damage.js';
import { RoomSession } from './room-session.js';

const session = (id: string) =>
  new RoomSession({ write: () => true } as never, { id, name: id, color: '#000', colorLight: '#000' }, 'editor', id, 1);

function append(state: DocumentState, rows: readonly { readonly bytes: Uint8Array }[]): void {
  for (const { bytes } of rows) {
    const update = decodeUpdate(bytes, 'text');
    if (typeof update === 'string') throw new Error(update);
    const fresh = trimUpdate(update, state, 'text');
    if (fresh) state.append(fresh);
    else state.appendNothing();
  }
}

/** Ada and Bob typed in turns; each word is a row. */
function inTurns(words: number) {
  const [ada, bob] = [new Y.Doc(), new Y.Doc()];
  const rows: SetAsideRow[] = [];
  for (let i = 0; i < words; i++) {
    const [from, to, userId] = i % 2 === 0 ? [ada, bob, 'ada'] : [bob, ada, 'bob'];
    const before = Y.encodeStateVector(from);
    from.getText('content').insert(from.getText('content').length, `${i} `);
    const bytes = Y.encodeStateAsUpdate(from, before);
    Y.applyUpdate(to, bytes);
    rows.push({ seq: i + 1, userId, provenance: undefined, bytes });
  }
  const own = (doc: Y.Doc, other: Y.Doc) => {
    const vector = new Map([[other.clientID, Y.getState(doc.store, other.clientID)]]);
    return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(vector));
  };
  return {
    rows,
    text: ada.getText('content').toString(),
    vector: Y.decodeStateVector(Y.encodeStateVector(ada)),
    adas: own(ada, bob),
    bobs: own(bob, ada),
  };
}

const aside = (rows: readonly SetAsideRow[]) => ({ rows, mark: 1, recorded: 0 });
const lost = ({ seq, userId }: SetAsideRow): SetAsideRow => ({ seq, userId, provenance: undefined, bytes: undefined });
const textOf = (state: DocumentState) => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, state.encode());
  return doc.getText('content').toString();
};

describe('RoomDamage', () => {
  it('one lost row that an editor brings back lets all the others follow, under their authors', () => {
    const { rows, text, adas } = inTurns(40);
    const state = DocumentState.empty('text');
    const damage = new RoomDamage(aside([lost(rows[0]!), ...rows.slice(1)]), state, false);
    expect(runNow(damage.applying())).toEqual([]);
    damage.offer(session('ada'), adas);
    const back: AppendRow[] = runNow(damage.applying());
    expect(back.map(({ userId }) => userId)).toEqual(rows.map(({ userId }) => userId));
    append(state, back);
    expect(textOf(state)).toBe(text);
    runNow(damage.settling());
    // Nobody has said yet that the lost row held nothing else.
    expect(damage.isHealed).toBe(false);
  });

  it('two who typed in turns, of whom all is lost, complete each other', () => {
    const { rows, text, adas, bobs } = inTurns(12);
    const state = DocumentState.empty('text');
    const damage = new RoomDamage(aside(rows.map(lost)), state, true);
    damage.offer(session('bob'), bobs);
    damage.offer(session('ada'), adas);
    for (let tries = 0; tries < 4; tries++) append(state, runNow(damage.applying()));
    expect(textOf(state)).toBe(text);
  });

  it('a witness of the lost row proves that it is back, once all that he had is there', () => {
    const { rows, vector } = inTurns(6);
    const state = DocumentState.empty('text');
    append(state, rows.slice(0, 4) as { bytes: Uint8Array }[]);
    const damage = new RoomDamage(aside([lost(rows[4]!), lost(rows[5]!)]), state, false);
    const [early, late] = [session('early'), session('late')];
    damage.cameWith(early, 5, new Map());
    damage.cameWith(late, 6, vector);
    damage.hasSent(early);
    expect(damage.isHealed).toBe(false);
    damage.hasSent(late);
    expect(damage.isHealed).toBe(false);
    append(state, rows.slice(4) as { bytes: Uint8Array }[]);
    expect(damage.isHealed).toBe(true);
  });

  it('who came with as much and has sent nothing proves nothing: deletes may be missing', () => {
    const { rows, vector } = inTurns(2);
    const state = DocumentState.empty('text');
    append(state, rows as { bytes: Uint8Array }[]);
    const damage = new RoomDamage(aside([{ ...lost(rows[0]!), seq: 3 }]), state, false);
    damage.cameWith(session('ada'), 3, vector);
    expect(damage.isHealed).toBe(false);
  });

  it('an author who has brought all that he ever wrote proves it too, also when he never heard of his ack', () => {
    const { rows, vector } = inTurns(3);
    const [adas, bobs] = [...vector.keys()] as [number, number];
    const owners = new Map([
      [adas, 'ada'],
      [bobs, 'bob'],
    ]);
    const came = (id: string, clientId: number, damage: RoomDamage) => {
      const one = session(id);
      one.clientIds.add(clientId);
      damage.cameWith(one, 0, vector);
      damage.hasSent(one);
    };
    const state = DocumentState.empty('text');
    const damage = new RoomDamage(aside([lost(rows[0]!), lost(rows[1]!)]), state, true, false, owners);
    came('ada', adas, damage);
    expect([damage.isHealed, damage.isHollow]).toEqual([false, true]);
    append(state, rows.slice(0, 2) as { bytes: Uint8Array }[]);
    // Ada has typed a third word.
    expect([damage.isHealed, damage.isHollow]).toEqual([false, false]);
    append(state, rows.slice(2) as { bytes: Uint8Array }[]);
    expect(damage.isHealed).toBe(false);
    came('bob', bobs, damage);
    expect(damage.isHealed).toBe(true);
  });

  it('an author who had a second tab, which has not come, proves nothing', () => {
    const { rows, vector } = inTurns(1);
    const [adas] = [...vector.keys()] as [number];
    const state = DocumentState.empty('text');
    append(state, rows as { bytes: Uint8Array }[]);
    const owners = new Map([
      [adas, 'ada'],
      [adas + 1, 'ada'],
    ]);
    const damage = new RoomDamage(aside([lost(rows[0]!)]), state, false, false, owners);
    const ada = session('ada');
    ada.clientIds.add(adas);
    damage.cameWith(ada, 0, vector);
    damage.hasSent(ada);
    expect(damage.isHealed).toBe(false);
  });

  it('a document whose base is lost stays hollow, whatever is written after it', () => {
    const { rows } = inTurns(1);
    const state = DocumentState.empty('text', 9);
    append(state, rows as { bytes: Uint8Array }[]);
    expect(new RoomDamage(aside([]), state, true, true)).toMatchObject({ isHollow: true, isHealed: false });
  });

  it('takes no offer of who may not write any more', () => {
    const { rows, adas } = inTurns(3);
    const damage = new RoomDamage(aside([lost(rows[0]!)]), DocumentState.empty('text'), false);
    const ada = session('ada');
    damage.offer(ada, adas);
    ada.role = 'viewer';
    expect(runNow(damage.applying())).toEqual([]);
  });

  it('looks at nothing twice as long as nothing has changed', () => {
    const { rows } = inTurns(3);
    let looks = 0;
    const counted = {
      ...rows[1]!,
      get bytes() {
        looks++;
        return rows[1]!.bytes;
      },
    };
    const damage = new RoomDamage(aside([lost(rows[0]!), counted]), DocumentState.empty('text'), false);
    runNow(damage.applying());
    const after = looks;
    for (let i = 0; i < 5; i++) runNow(damage.applying());
    expect(looks).toBe(after);
  });
});
