import type { EventOf } from '@tandem/protocol';
import type { CompletionStarted, CompletionUnavailable, Visibility } from '../../../core/ai/ai-relay.js';
import type { LiveEvent } from '../../../core/ai/live-completion.js';
import type { Frame, RoomPeer } from '../../../core/document/room/room-session.js';
import type { RoomFrames } from '../../../core/document/room-frames.js';
import type { RoomDirectory } from '../../documents/room-directory.js';
import type { ProjectAudience } from '../../projects/project-audience.js';

/** Whom a suggestion concerns. */
export interface Concern {
  readonly completionId: string;
  readonly projectId: string;
  readonly documentId: string;
  readonly userId: string | undefined;
  readonly visibility: Visibility;
}

/**
 * Who hears what of a suggestion: its text goes to where the document is open, that it is there and how it ended to the
 * whole project; to others than its asker only as far as the asker and the project share it.
 */
export class CompletionDelivery {
  constructor(
    private readonly rooms: RoomDirectory,
    private readonly audience: ProjectAudience,
    private readonly frames: RoomFrames,
  ) {}

  /** `only`: one editor that missed it, instead of everybody. */
  tell(concern: Concern, event: LiveEvent, only?: RoomPeer): void {
    const peers = only ? [only] : isForProject(event) ? this.project(concern) : this.readers(concern);
    if (peers.length === 0) return;
    const frame = this.frame(concern, event);
    // A reader that is behind gets the whole text with `done`.
    const delivery = event.type === 'delta' ? 'droppable' : 'certain';
    for (const peer of peers) peer.write(frame, delivery);
  }

  private frame({ completionId, documentId }: Concern, event: LiveEvent): Frame {
    const ids = { completionId, documentId };
    switch (event.type) {
      case 'started':
        return this.frames.encode('completion:started', startedBody(event.started));
      case 'delta': {
        const { attempt, index, alternative, text } = event;
        return this.frames.encode('completion:delta', { ...ids, attempt, index, alternative, text });
      }
      case 'restarted':
        return this.frames.encode('completion:restarted', { ...ids, attempt: event.attempt });
      case 'retracted':
        return this.frames.encode('completion:retracted', { ...ids, reason: event.reason });
      case 'done':
        return this.frames.encode('completion:done', { ...ids, ...doneBody(event.done) });
      case 'closed': {
        const { outcome, by, accepted } = event.closed;
        return this.frames.encode('completion:closed', { ...ids, outcome, by, accepted: [...accepted] });
      }
    }
  }

  unavailable({ completionId, documentId, userId, reason, message, retryAt }: CompletionUnavailable): void {
    const body = { completionId, documentId, reason: reason as EventOf<'ai:unavailable'>['reason'], message, retryAt };
    const frame = this.frames.encode('ai:unavailable', body);
    for (const session of this.sessions(documentId))
      if (session.userId === userId) session.peer.write(frame, 'certain');
  }

  /** Where the document is open, and the text may be seen. */
  private readers({ documentId, userId, visibility }: Concern): readonly RoomPeer[] {
    const peers: RoomPeer[] = [];
    for (const session of this.sessions(documentId)) {
      if (visibility === 'text' || session.userId === userId) peers.push(session.peer);
    }
    return peers;
  }

  /** Where the document or its project is open; each connection once. */
  private project({ projectId, documentId, userId, visibility }: Concern): readonly RoomPeer[] {
    const peers = new Set<RoomPeer>();
    const mayHear = (who: string) => visibility !== 'off' || who === userId;
    for (const session of this.sessions(documentId)) if (mayHear(session.userId)) peers.add(session.peer);
    for (const connection of this.audience.of(projectId)) if (mayHear(connection.userId)) peers.add(connection.peer);
    return [...peers];
  }

  private sessions(documentId: string) {
    return this.rooms.get(documentId)?.sessions ?? [];
  }
}

function isForProject({ type }: LiveEvent): boolean {
  return type === 'started' || type === 'closed';
}

function startedBody({ completionId, documentId, suggestion }: CompletionStarted): EventOf<'completion:started'> {
  const { anchor, end, stateVector, ...described } = suggestion;
  return {
    completionId,
    documentId,
    ...described,
    anchor: Buffer.from(anchor, 'base64'),
    end: Buffer.from(end, 'base64'),
    stateVector: Buffer.from(stateVector, 'base64'),
  };
}

function doneBody({ outcome, texts, model, usage }: Extract<LiveEvent, { type: 'done' }>['done']) {
  return { outcome, text: texts[0] ?? '', texts: [...texts], model, usage };
}
