import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type DocumentKind, TandemError } from '@tandem/protocol';
import * as encoding from 'lib0/encoding';
import type { Room } from '../../src/core/document/room/room.js';
import type { RoomSession } from '../../src/core/document/room/room-session.js';
import { patience } from '../../src/testing/patience.js';
import { turnsOf } from '../integrity/support/longest-turn.js';
import { craftUpdate, item, string } from '../support/craft-update.js';
import { accepted } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { deletesAt, inTurns, typedAtEnd } from './support/large-updates.js';

const MIB = 1024 * 1024;
const CLIENT = 7;
/** lib0's types of values. */
const ARRAY = 117;
const NULL = 126;

let world: SyncWorld;
let ada: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

interface Upload {
  readonly update: Uint8Array;
  readonly resync?: boolean;
  /** What the document has before. */
  readonly before?: readonly Uint8Array[];
  /** A code, or whether something was stored. */
  readonly answer: string | boolean;
}

const text = (length: number) => craftUpdate([{ client: CLIENT, structs: [string('x'.repeat(length))] }]);
const structs = (bytes: number, from = 0) => typedAtEnd(CLIENT, bytes / 8, from);
/** A struct of a free document. */
const values = (ref: number, write: (to: encoding.Encoder) => void) =>
  craftUpdate([{ client: CLIENT, structs: [item(ref, { parent: 'list' }, write)] }]);

const UPLOADS: [what: string, kind: DocumentKind, make: () => Upload][] = [
  ['structs, more than may be', 'text', () => ({ update: structs(8 * MIB), answer: 'too_large' })],
  ['deletes of what nobody wrote', 'text', () => ({ update: deletesAt(CLIENT, 1_500_000), answer: 'too_large' })],
  ['deletes in no order', 'text', () => ({ update: deletesAt(CLIENT, 1_500_000, 'descending'), answer: 'too_large' })],
  ['a resync of structs', 'text', () => ({ update: structs(8 * MIB), resync: true, answer: true })],
  ['a resync with a gap', 'text', () => ({ update: structs(8 * MIB, 5), resync: true, answer: 'gap_resync' })],
  [
    'a resync of which half is known',
    'text',
    () => ({ update: structs(8 * MIB), resync: true, before: [structs(4 * MIB)], answer: true }),
  ],
  ['a resync of two that typed in turns', 'text', () => ({ update: inTurns(300_000), resync: true, answer: true })],
  [
    'a resync of deletes',
    'text',
    () => ({ update: deletesAt(CLIENT, 1_000_000), resync: true, before: [text(2_000_000)], answer: true }),
  ],
  [
    'deletes that are known',
    'text',
    () => ({
      update: deletesAt(CLIENT, 700_000),
      before: [text(2_000_000), deletesAt(CLIENT, 700_000)],
      answer: false,
    }),
  ],
  [
    'numbers as JSON',
    'free',
    () => ({
      update: values(5, (to) => encoding.writeVarString(to, `[${'1,'.repeat(4 * MIB)}1]`)),
      answer: true,
    }),
  ],
  [
    'values in one struct',
    'free',
    () => ({
      update: values(8, (to) => {
        for (const value of [1, ARRAY, 8 * MIB]) encoding.writeVarUint(to, value);
        encoding.writeUint8Array(to, new Uint8Array(8 * MIB).fill(NULL));
      }),
      answer: true,
    }),
  ],
];

async function inRoom(kind: DocumentKind = 'text'): Promise<{ room: Room; session: RoomSession; documentId: string }> {
  const { documentId } = await world.share(ada, [], { kind });
  await PlainEditor.open(await world.connect(ada), documentId);
  const room = world.engine.rooms.get(documentId)!;
  return { room, session: [...room.sessions][0]!, documentId };
}

function send({ room, session }: { room: Room; session: RoomSession }, update: Uint8Array, resync: boolean) {
  return new Promise<{ seq: number; stored: boolean } | TandemError>((resolve) => {
    void world.engine.host.edit(room, session, update, { resync }, resolve);
  });
}

describe('D7 F16 G8: an upload of many megabytes', () => {
  it.each(UPLOADS)(
    'holds up nobody: %s',
    async (_, kind, make) => {
      const place = await inRoom(kind);
      const { update, resync = false, before = [], answer } = make();
      for (const bytes of before) expect(await send(place, bytes, true)).toMatchObject({ stored: true });
      let outcome: unknown;
      const { longestMs } = await turnsOf(async () => {
        outcome = await send(place, update, resync);
      });
      expect(outcome).toMatchObject(typeof answer === 'string' ? { code: answer } : { stored: answer });
      expect(longestMs).toBeLessThan(250 * patience());
      world.engine.rooms.evict(place.room);
    },
    120_000,
  );

  it('others edit the same document meanwhile, and what they wrote is stored before it', async () => {
    const place = await inRoom();
    const other = await PlainEditor.open(await world.connect(ada), place.documentId);
    let isOver = false;
    const update = structs(8 * MIB);
    const upload = send(place, update, true).finally(() => {
      isOver = true;
    });
    let typed = 0;
    for (; !isOver; typed++) await other.type('y');
    const answer = await upload;
    if (answer instanceof TandemError) throw answer;
    expect(answer.seq).toBeGreaterThan(10);
    await other.shows((content) => content.length === typed + MIB);
  }, 120_000);

  it('LIM-2: it is not read on behind what is too much of it', async () => {
    const place = await inRoom();
    const lie = Buffer.concat([structs(4 * MIB), Buffer.alloc(1000, 0xff)]);
    expect(await send(place, lie, false)).toMatchObject({ code: 'too_large' });
    expect(await send(place, lie, true)).toMatchObject({ code: 'malformed_update' });
  }, 120_000);
});

it('DOC-16 D4: what an editor sends behind a large edit stays behind it', async () => {
  const { documentId } = await world.share(ada);
  const client = await world.connect(ada);
  const editor = await PlainEditor.open(client, documentId);
  const updates: Uint8Array[] = [];
  for (const word of ['x'.repeat(200_000), 'a', 'b', 'y'.repeat(300_000), 'c']) {
    updates.push(editor.prepare((content) => content.insert(content.length, word)));
  }
  // A gap, if one of them overtook another.
  const answers = updates.map((update) => accepted(client.ask('document:update', { documentId, update })));
  const closed = client.ask('document:close', { documentId });
  expect((await Promise.all(answers)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect((await closed).ok).toBe(true);
  const late = await PlainEditor.open(await world.connect(ada), documentId);
  expect(late.text).toBe(editor.text);
});

it('F19: who is gone while a large edit of his is judged leaves nothing under way', async () => {
  const place = await inRoom();
  const upload = send(place, structs(8 * MIB), true);
  world.engine.host.leave(place.room, place.session);
  expect(await upload).toMatchObject({ code: 'not_open' });
  expect(place.room.overlay.isEmpty).toBe(true);
});
