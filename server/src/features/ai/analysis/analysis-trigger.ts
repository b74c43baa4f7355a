import type { Logger } from 'pino';
import type { Room } from '../../../core/document/room/room.js';
import type { AnalysisDesk } from './analysis-desk.js';

/** An analysis begins when edits have rested for so long, and while they go on, after so long at the latest. */
const SETTLED_MS = 400;
const LATEST_MS = 2_500;

interface Waiting {
  readonly since: number;
  timer: NodeJS.Timeout;
}

/** Has documents looked at after their edits have settled. */
export class AnalysisTrigger {
  private readonly waiting = new Map<string, Waiting>();
  /** The state of a room that somebody missed results of. */
  private readonly missed = new WeakMap<Room, number>();

  constructor(
    private readonly desk: Pick<AnalysisDesk, 'afterEdits'>,
    private readonly isOn: boolean,
    private readonly logger: Logger,
  ) {}

  /** Called at each commit: one look-up and one timer. */
  edited(room: Room): void {
    if (!this.isOn || room.kind !== 'text') return;
    const now = performance.now();
    const waiting = this.waiting.get(room.documentId);
    if (!waiting) this.wait(room, now, SETTLED_MS);
    else if (now - waiting.since + SETTLED_MS < LATEST_MS) waiting.timer.refresh();
  }

  /** Without waiting for an edit: nobody has looked at the document as it is. Once for each state: there may be nothing to say of it. */
  missing(room: Room): void {
    if (!this.isOn || room.kind !== 'text' || this.missed.get(room) === room.state.seq) return;
    this.missed.set(room, room.state.seq);
    if (!this.waiting.has(room.documentId)) this.wait(room, performance.now(), 0);
  }

  stop(): void {
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }

  private wait(room: Room, since: number, pause: number): void {
    const { documentId, projectId } = room;
    const timer = setTimeout(() => {
      this.waiting.delete(documentId);
      this.desk.afterEdits(projectId, documentId).catch((error: unknown) => {
        this.missed.delete(room);
        this.logger.warn({ err: error, documentId }, 'an analysis could not be asked for');
      });
    }, pause);
    this.waiting.set(documentId, { since, timer: timer.unref() });
  }
}
