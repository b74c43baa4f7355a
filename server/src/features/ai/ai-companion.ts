import { setTimeout as delay } from 'node:timers/promises';
import type { OpenCompletion, Provenance } from '@tandem/protocol';
import type { Logger } from 'pino';
import { can } from '../../core/access/permissions.js';
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

/** An accepted suggestion is a line or a block. */
const MAX_CLAIM_BYTES = 64 * 1024;
/** How long an open waits to be told of suggestions; what comes later follows as news. */
const PATIENCE_MS = 500;

interface Watch {
  readonly end: () => void;
  readonly ready: Promise<void>;
  /** Who is on the way in. */
  openers: number;
}

/** The AI half at the side of the documents. */
export class AiCompanion implements DocumentCompanion {
  /** Ends the watch over the document's project; by room, as long as somebody is in it. */
  private readonly watches = new Map<Room, Watch>();

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
      const ready = Promise.race([this.lookUp(room.documentId), delay(PATIENCE_MS, undefined, { ref: false })]);
      watch = { end: this.live.watch(room.projectId), ready, openers: 0 };
      this.watches.set(room, watch);
    }
    watch.openers++;
    return watch.ready;
  }

  opened(room: Room, session: RoomSession): OpenCompletion[] {
    this.arrived(room);
    this.seats.take(room, session);
    this.results.opened(room, session);
    return this.live.open(room.documentId, session.userId);
  }

  left(room: Room, session: RoomSession | undefined): void {
    if (session) this.seats.leave(room, session);
    else this.arrived(room);
    const watch = this.watches.get(room);
    if (!watch || room.sessions.size > 0 || watch.openers > 0) return;
    watch.end();
    this.watches.delete(room);
  }

  committed(room: Room): void {
    this.trigger.edited(room);
  }

  /** The text is looked for last: who may not write, or has no such suggestion, costs a look-up. */
  attribute(room: Room, session: RoomSession, update: Uint8Array, provenance: Provenance) {
    if (!can(session.role, 'document.write') || update.length > MAX_CLAIM_BYTES) return undefined;
    const judge = (texts: readonly string[] | undefined) => {
      if (!texts?.some((suggested) => suggested.length >= provenance.length)) return undefined;
      const text = acceptedText(update, provenance);
      return text !== undefined && texts.some((suggested) => suggested.includes(text)) ? provenance : undefined;
    };
    const known = this.live.texts(provenance.completionId, room.documentId, session.userId);
    return known ? judge(known) : this.recordedTexts(room, session, provenance.completionId).then(judge);
  }

  attributed(provenance: Provenance): void {
    this.acceptances.note(provenance);
  }

  private async recordedTexts(room: Room, session: RoomSession, completionId: string) {
    try {
      const record = await this.requests.get(completionId);
      return record?.documentId === room.documentId && record.userId === session.userId ? record.texts : undefined;
    } catch (error) {
      // The edit is stored without its claim.
      this.logger.warn({ err: error, completionId }, 'a claim could not be looked up');
      return undefined;
    }
  }

  private arrived(room: Room): void {
    const watch = this.watches.get(room);
    if (watch) watch.openers--;
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
