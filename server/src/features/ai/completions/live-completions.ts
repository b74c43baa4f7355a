import type { OpenCompletion } from '@tandem/protocol';
import type { Logger } from 'pino';
import type { AiMessage, AiRelay, CompletionMessage, Visibility } from '../../../core/ai/ai-relay.js';
import type { AiRequests, RecordedCompletion } from '../../../core/ai/ai-requests.js';
import { LiveCompletion, type LiveEvent } from '../../../core/ai/live-completion.js';
import type { RoomPeer } from '../../../core/document/room/room-session.js';
import { closedMessage, doneMessage } from '../record-messages.js';
import type { CompletionDelivery, Concern } from './completion-delivery.js';

const TICK_MS = 500;
/** Without news for so long, the record is asked how a live completion stands, and whether a finished one was closed. */
const LIVE_SILENCE_MS = 4_000;
const OPEN_SILENCE_MS = 30_000;
/** How long an end waits for deltas that are missing before it. */
const HELD_MS = 1_000;
/** What is closed is remembered for so long, so that nothing comes after it. */
const CLOSED_MS = 60_000;

interface Entry extends Concern {
  readonly live: LiveCompletion;
  userId: string | undefined;
  visibility: Visibility;
  /** Of the last news, and of the last time that a replay was asked for. */
  heardAt: number;
  askedAt: number;
}

/** The suggestions that editors of this node can see, as the relay tells of them; what it loses is read from the record. */
export class LiveCompletions {
  private readonly entries = new Map<string, Entry>();
  private readonly watched = new Map<string, { count: number; end: () => void }>();
  private readonly stops: (() => void)[] = [];
  private ticking: Promise<void> | undefined;

  constructor(
    private readonly relay: AiRelay,
    private readonly requests: AiRequests,
    private readonly delivery: CompletionDelivery,
    private readonly logger: Logger,
  ) {}

  start(): void {
    const timer = setInterval(() => {
      this.ticking ??= this.tick(performance.now()).finally(() => {
        this.ticking = undefined;
      });
    }, TICK_MS);
    this.stops.push(
      () => clearInterval(timer),
      this.relay.subscribe((message) => this.receive(message)),
    );
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0)) stop();
    for (const { end } of this.watched.values()) end();
    await this.ticking;
  }

  /** Somebody here has (a document of) the project open; the returned call says that they have not any more. */
  watch(projectId: string): () => void {
    const watched = this.watched.get(projectId) ?? { count: 0, end: this.relay.watch(projectId) };
    watched.count++;
    this.watched.set(projectId, watched);
    let isWatching = true;
    return () => {
      if (!isWatching) return;
      isWatching = false;
      if (--watched.count > 0) return;
      this.watched.delete(projectId);
      watched.end();
    };
  }

  /** A request that was written down here: it is followed to its end, whatever becomes of the relay. */
  expect(concern: Pick<Concern, 'completionId' | 'projectId' | 'documentId'> & { userId: string }): void {
    if (!this.entries.has(concern.completionId)) this.add({ ...concern, visibility: 'off' });
  }

  /** What stands open in a document that nobody here had open before. */
  async lookUp(documentId: string): Promise<void> {
    for (const record of await this.requests.openIn(documentId)) {
      if (record.state === 'complete') this.learn(record);
      else this.relay.command({ type: 'replay', requestId: record.id });
    }
  }

  /** What an opener is shown of the document. */
  open(documentId: string, userId: string): OpenCompletion[] {
    const open: OpenCompletion[] = [];
    for (const entry of this.entries.values()) {
      if (entry.documentId !== documentId || !seesText(entry, userId)) continue;
      const completion = entry.live.toOpen(entry.completionId);
      if (completion) open.push(completion);
    }
    return open;
  }

  /** The texts so far of somebody's suggestion in the document. */
  texts(completionId: string, documentId: string, userId: string): readonly string[] | undefined {
    const entry = this.entries.get(completionId);
    if (entry?.documentId !== documentId || entry.userId !== userId) return undefined;
    return entry.live.done?.texts ?? entry.live.toOpen(completionId)?.texts;
  }

  /** The document of a suggestion, which is read from the record if need be. */
  async documentOf(completionId: string): Promise<string | undefined> {
    if (!this.entries.has(completionId)) {
      const record = await this.requests.get(completionId);
      if (record) this.learn(record);
    }
    return this.entries.get(completionId)?.documentId;
  }

  /** Tells one editor what it missed. False: no such suggestion, or not for this person. */
  resume(completionId: string, attempt: number, index: number, userId: string, peer: RoomPeer): boolean {
    const entry = this.entries.get(completionId);
    if (!entry || !seesText(entry, userId)) return false;
    for (const event of entry.live.resume(attempt, index)) this.delivery.tell(entry, event, peer);
    return true;
  }

  private receive(message: AiMessage, isNews = true): void {
    if (message.type === 'analysis' || message.type === 'progress') return;
    if (message.type === 'unavailable') {
      this.delivery.unavailable(message);
      return;
    }
    const known = this.entries.get(message.completionId);
    if (!known && !this.watched.has(message.projectId)) return;
    const entry = known ?? this.add({ ...message, userId: undefined, visibility: 'off' });
    this.identify(entry, message);
    entry.heardAt = performance.now();
    const { events, isMissing } = entry.live.receive(message);
    if (isNews) this.tell(entry, events);
    if (isMissing) this.askAgain(entry);
  }

  private learn(record: RecordedCompletion): void {
    const { id, projectId, documentId, attempt, suggestion, visibility } = record;
    // What was forgotten here was told when it happened.
    const isNews = this.entries.has(id);
    const ids = { completionId: id, projectId, documentId };
    if (suggestion) this.receive({ ...ids, type: 'started', attempt, suggestion, visibility }, isNews);
    const entry = this.entries.get(id) ?? this.add({ ...ids, userId: record.userId, visibility });
    entry.userId = record.userId;
    if (record.state === 'waiting' || record.state === 'running') return;
    // The deltas are gone; the end holds the whole text.
    this.receive({ ...doneMessage(record), deltas: 0 }, isNews);
    if (record.closed) this.receive(closedMessage(record), isNews);
  }

  private identify(entry: Entry, message: Exclude<CompletionMessage, { type: 'unavailable' }>): void {
    const started = message.type === 'replay' ? message.started : message;
    if (started.type === 'started') {
      entry.userId = started.suggestion.userId;
      entry.visibility = started.visibility;
    } else if (started.type === 'done') entry.userId ??= started.userId;
  }

  private tell(entry: Entry, events: readonly LiveEvent[]): void {
    for (const event of events) this.delivery.tell(entry, event);
  }

  private askAgain(entry: Entry): void {
    const now = performance.now();
    if (now - entry.askedAt < TICK_MS / 2) return;
    entry.askedAt = now;
    this.relay.command({ type: 'replay', requestId: entry.completionId });
  }

  private async tick(now: number): Promise<void> {
    for (const [id, entry] of this.entries) {
      const silence = now - entry.heardAt;
      const { live } = entry;
      if (live.closed ? silence > CLOSED_MS : live.done && !this.watched.has(entry.projectId)) this.entries.delete(id);
      else if (live.isWaiting && silence > HELD_MS) this.tell(entry, live.giveUpWaiting());
      else if (!live.closed && silence > (live.done ? OPEN_SILENCE_MS : LIVE_SILENCE_MS)) await this.ask(entry);
    }
  }

  private async ask(entry: Entry): Promise<void> {
    entry.heardAt = performance.now();
    try {
      const record = await this.requests.get(entry.completionId);
      if (record) this.learn(record);
      // With its document or its asker, or by a database that crashed right after.
      else this.forgotten(entry);
    } catch (error) {
      this.logger.debug({ err: error }, 'the record of completions cannot be read');
    }
  }

  private forgotten(entry: Entry): void {
    const { completionId, projectId, documentId, userId } = entry;
    const ids = { completionId, projectId, documentId };
    const usage = { promptTokens: 0, completionTokens: 0, estimated: false };
    const done = { outcome: 'failed', attempt: 0, texts: [], deltas: 0, model: '', usage } as const;
    this.receive({ ...ids, ...done, type: 'done', userId: userId ?? '' });
    this.receive({ ...ids, type: 'closed', outcome: 'failed', by: null, accepted: [] });
  }

  private add(concern: Concern): Entry {
    const { completionId, projectId, documentId, userId, visibility } = concern;
    const now = performance.now();
    const entry: Entry = {
      completionId,
      projectId,
      documentId,
      userId,
      visibility,
      live: new LiveCompletion(),
      heardAt: now,
      askedAt: Number.NEGATIVE_INFINITY,
    };
    this.entries.set(completionId, entry);
    return entry;
  }
}

function seesText({ userId, visibility }: Concern, who: string): boolean {
  return visibility === 'text' || who === userId;
}
