import { expect, it } from '@jest/globals';
import { TandemError } from '@tandem/protocol';
import { DocumentState } from '../../core/document/document-state.js';
import type { Room } from '../../core/document/room/room.js';
import { RoomContents } from './room-contents.js';

const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';

function contents(catchUp: (room: { state: DocumentState }) => Promise<void>) {
  const room = { state: DocumentState.empty('text', 3), damage: undefined };
  const compactor = { textOf: async () => 'text', encodeText: () => Promise.reject(new Error('not asked for')) };
  const host = { catchUpAfterPause: () => catchUp(room) };
  return new RoomContents({ open: async () => room as Room }, host, compactor);
}

it('D5 V5: after a pause of the process a text is read from what the log holds by then', async () => {
  const caughtUp = contents(async (room) => {
    room.state = DocumentState.empty('text', 7);
  });
  expect(await caughtUp.text(DOCUMENT)).toEqual({ text: 'text', seq: 7 });
});

it('D2: what may be of before is not given away when the log cannot be read', async () => {
  const cutOff = contents(async () => {
    throw new TandemError('store_unavailable');
  });
  await expect(cutOff.text(DOCUMENT)).rejects.toMatchObject({ code: 'store_unavailable' });
});
