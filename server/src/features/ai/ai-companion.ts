import type { OpenCompletion, Provenance } from '@tandem/protocol';
import type { Logger } from 'pino';
import { acceptedText } from '../../core/ai/accepted-text.js';
import type { AiRequests } from '../../core/ai/ai-requests.js';
import type { Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';
import type { DocumentCompanion } from '../documents/document-companion.js';
import type { AnalysisResults } from './analysis/analysis-results.js';
import type { AnalysisTrigger } from './analysis/analysis-trigger.js';
import type { Acceptances } from './completions/acceptances.js';
import type { LiveCompletions } from './completions/live-completions.js';
import type { Seats } from './seats.js';

/** The AI half at the side of the documents. */
export class AiCompanion implements DocumentCompanion {
  /** Ends the watch over the document's project; by room, as long as somebody is in it. */
  private readonly watches = new Map<Room, { readonly end: () => void; readonly ready: Promise<void> }>();

  constructor(
    private readonly seats: Seats,
    private readonly live: LiveCompletions,
    private readonly trigger: AnalysisTrigger,
    private readonly results: AnalysisResults,
    private readonly acceptances: Acceptances,
    private readonly requests: AiRequests,
    private readonly logger: Logger,
  ) {}

  opening(room: Room): Promise<void> | undefined {
    if (room.kind !== 'text') return undefined;
    let watch = this.watches.get(room);
    if (!watch) {
      watch = { end: this.live.watch(room.projectId), ready: this.lookUp(room.documentId) };
      this.watches.set(room, watch);
    }
    return watch.ready;
  }

  opened(room: Room, session: RoomSession): OpenCompletion[] {
    this.seats.take(room, session);
    this.results.opened(room, session);
    return this.live.open(room.documentId, session.userId);
  }

  left(room: Room, session: RoomSession | undefined): void {
    if (session) this.seats.leave(room, session);
    if (room.sessions.size > 0) return;
    this.watches.get(room)?.end();
    this.watches.delete(room);
  }

  committed(room: Room): void {
    this.trigger.edited(room);
  }

  attribute(room: Room, session: RoomSession, update: Uint8Array, provenance: Provenance) {
    const { completionId } = provenance;
    const text = acceptedText(update, provenance);
    if (text === undefined) return undefined;
    const note = (texts: readonly string[] | undefined) => {
      if (!texts?.some((suggested) => suggested.includes(text))) return undefined;
      this.acceptances.note(provenance);
      return provenance;
    };
    const known = this.live.texts(completionId, room.documentId, session.userId);
    if (known) return note(known);
    return this.requests.get(completionId).then((record) => {
      if (record?.documentId !== room.documentId || record.userId !== session.userId) return undefined;
      return note(record.texts);
    });
  }

  private async lookUp(documentId: string): Promise<void> {
    try {
      await this.live.lookUp(documentId);
    } catch (error) {
      // The document opens all the same; its suggestions come with their next news.
      this.logger.warn({ err: error, documentId }, 'open suggestions cannot be read');
    }
  }
}
