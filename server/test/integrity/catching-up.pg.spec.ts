import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { UpdateLog } from '../../src/core/document/update-log.js';
import { eventually } from '../../src/testing/eventually.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { typedUpdates } from './support/large-documents.js';

const ROWS = 40_000;

let world: SyncWorld;
let ada: Person;
beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
});
afterAll(() => world?.stop());

it('D7: a room that missed tens of thousands of rows catches up in pieces, and its editor misses none', async () => {
  const { documentId } = await world.share(ada);
  const editor = await PlainEditor.open(await world.connect(ada), documentId);
  const { epoch, accessVersion, state } = world.engine.rooms.get(documentId)!;
  const updates = typedUpdates(ROWS);
  const log = world.server.app.get(UpdateLog, { strict: false });
  const rows = updates.map((bytes) => ({ userId: ada.user.id, bytes, provenance: undefined }));
  await log.append([{ documentId, epoch, accessVersion, rows }], 0);
  // The look that comes each second may have begun it.
  for (let looks = 0; state.seq < ROWS && looks < 10; looks++) await world.engine.look(documentId);
  expect(state.seq).toBe(ROWS);
  await eventually('all of it is shown', () => editor.frames.at(-1)?.seq === ROWS);
  // A frame for each piece of the work: others have their turns in between.
  expect(editor.frames.length).toBeGreaterThan(10);
  expect(editor.frames[0]!.fromSeq).toBe(1);
  for (const [index, frame] of editor.frames.slice(1).entries()) {
    expect(frame.fromSeq).toBe(editor.frames[index]!.seq + 1);
  }
});
