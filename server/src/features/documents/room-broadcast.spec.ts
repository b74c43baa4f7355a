import { describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS, type EventOf, type ServerEvent } from '@tandem/protocol';
import { DocumentState } from '../../core/document/document-state.js';
import { Room } from '../../core/document/room/room.js';
import { type Frame, type RoomPeer, RoomSession } from '../../core/document/room/room-session.js';
import { RoomFrames } from '../../core/document/room-frames.js';
import { RoomBroadcast } from './room-broadcast.js';
import { NO_OBSERVER } from './room-observer.js';

class Frames extends RoomFrames {
  override encode<E extends ServerEvent>(event: E, _body: EventOf<E>): Frame {
    return { event };
  }
}

const roomOf = () => new Room('d', 'p', 'text', DocumentState.empty('text'), 1, 1, DEFAULT_LIMITS);

function sessionOf(name: string, write: RoomPeer['write'] = () => true): RoomSession {
  const identity = { id: name, name, color: '#000000', colorLight: '#ffffff' };
  return new RoomSession({ write }, identity, 'editor', undefined, 1);
}

/** Two rooms of one document: the editors of the first are seen in the second. */
function twoNodes() {
  const [there, here] = [roomOf(), roomOf()];
  const deliveries: (string | undefined)[] = [];
  here.sessions.add(sessionOf('reader', (_frame, delivery) => deliveries.push(delivery) > 0));
  const broadcast = new RoomBroadcast(new Frames(), NO_OBSERVER);
  const hear = (update: Uint8Array | undefined) =>
    broadcast.remoteCursors(here, here.awareness.applyRemote('there', update!, 0));
  return { there, hear, deliveries };
}

describe('cursors of editors on other nodes', () => {
  const move = (clientId: number, clock: number) => ({ clientId, clock, state: `{"at":${clock}}` });

  it('D6: that move are left out for a slow reader, as those of this node', () => {
    const { there, hear, deliveries } = twoNodes();
    const mover = sessionOf('mover');
    for (let clock = 1; clock <= 3; clock++) {
      there.awareness.apply(mover, [move(7, clock), move(8, clock)], 0);
      hear(there.awareness.encodeOwn());
    }
    expect(deliveries).toEqual(['droppable', 'droppable', 'droppable']);
  });

  it('AWR-4: of which one has gone are told to everybody', () => {
    const { there, hear, deliveries } = twoNodes();
    const [goes, stays] = [sessionOf('goes'), sessionOf('stays')];
    there.awareness.apply(goes, [move(7, 1)], 0);
    there.awareness.apply(stays, [move(8, 1)], 0);
    hear(there.awareness.encodeOwn());
    there.awareness.remove(goes);
    there.awareness.apply(stays, [move(8, 2)], 0);
    hear(there.awareness.encodeOf([8, 7]));
    expect(deliveries).toEqual(['droppable', 'certain']);
  });
});
