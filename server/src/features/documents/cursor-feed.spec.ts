import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_LIMITS } from '@tandem/protocol';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { DocumentState } from '../../core/document/document-state.js';
import { Room } from '../../core/document/room/room.js';
import { RoomSession } from '../../core/document/room/room-session.js';
import { CursorFeed } from './cursor-feed.js';

interface Sent {
  readonly at: number;
  readonly update: Uint8Array;
  readonly except: RoomSession | undefined;
}

/** A room with so many editors, whose cursors are sent to nowhere but `sent`. */
function crowd(editors: number, padding = '') {
  const room = new Room('d', 'p', 'text', DocumentState.empty('text'), 1, 1, DEFAULT_LIMITS);
  const sent: Sent[] = [];
  const feed = new CursorFeed((_room, update, except) => sent.push({ at: performance.now(), update, except }));
  const members = Array.from({ length: editors }, (_, index) => {
    const identity = { id: `u${index}`, name: 'n', color: '#000000', colorLight: '#00000033' };
    const session = new RoomSession({ write: () => true }, identity, 'editor', undefined, 1);
    const doc = new Y.Doc();
    doc.clientID = index + 1;
    const awareness = new Awareness(doc);
    room.clientIds.bind(doc.clientID, identity.id);
    room.open(session, {});
    return {
      session,
      awareness,
      move(cursor: number) {
        awareness.setLocalState({ cursor, padding });
        const moved = room.moveCursor(session, encodeAwarenessUpdate(awareness, [doc.clientID]), Date.now());
        if (moved.type !== 'moved') throw new Error(moved.type);
        feed.moved(room, moved.clientIds, session);
      },
    };
  });
  return { room, sent, members };
}

/** What a reader of all that was sent has. */
function seen(sent: readonly Sent[]): Map<number, number> {
  const awareness = new Awareness(new Y.Doc());
  for (const { update } of sent) applyAwarenessUpdate(awareness, update, 'server');
  const cursors = new Map<number, number>();
  for (const [client, state] of awareness.getStates()) {
    if (state.cursor !== undefined) cursors.set(client, state.cursor as number);
  }
  awareness.destroy();
  return cursors;
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('F27 cursors of a crowded document', () => {
  it('AWR-3: the first of a room at rest goes at once, to the others', () => {
    const { sent, members } = crowd(2);
    members[0]!.move(1);
    expect(sent).toHaveLength(1);
    expect(sent[0]!.except).toBe(members[0]!.session);
  });

  it('AWR-3: a hundred who all move are shown ten times in a second, each where it is', () => {
    const { sent, members } = crowd(100);
    for (let step = 1; step <= 100; step++) {
      for (const member of members) member.move(step);
      jest.advanceTimersByTime(10);
    }
    jest.advanceTimersByTime(100);
    expect(sent.length).toBeGreaterThanOrEqual(10);
    expect(sent.length).toBeLessThanOrEqual(13);
    expect(new Set(seen(sent).values())).toEqual(new Set([100]));
    expect(seen(sent).size).toBe(100);
  });

  it('two editors see each other without a wait that anybody notices', () => {
    const { sent, members } = crowd(2);
    for (let step = 1; step <= 100; step++) {
      members[step % 2]!.move(step);
      jest.advanceTimersByTime(10);
    }
    expect(sent.length).toBe(100);
  });

  it('five hundred with large states cost a bounded number of bytes', () => {
    const { sent, members } = crowd(500, 'x'.repeat(1000));
    for (let step = 1; step <= 50; step++) {
      for (const member of members) member.move(step);
      jest.advanceTimersByTime(100);
    }
    const bytes = sent.reduce((sum, { update }) => sum + update.length * 500, 0);
    // One frame may be under way beyond the budget of 50,000 bytes in a millisecond.
    expect(bytes).toBeLessThan(5000 * 50_000 + 2 * sent.at(-1)!.update.length * 500);
  });

  it('AWR-4: who left while its move was waiting is gone in what is sent', () => {
    const { sent, members, room } = crowd(50);
    members[0]!.move(1);
    members[1]!.move(1);
    room.leave(members[1]!.session);
    jest.advanceTimersByTime(100);
    expect(seen(sent)).toEqual(new Map([[1, 1]]));
  });
});
