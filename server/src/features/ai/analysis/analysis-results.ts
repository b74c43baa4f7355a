import type { EventOf } from '@tandem/protocol';
import type { Logger } from 'pino';
import type { AiMessage, AiRelay, AnalysisProgressed } from '../../../core/ai/ai-relay.js';
import type { DiagnosticsStore, SourceResult } from '../../../core/ai/diagnostics-store.js';
import type { Room } from '../../../core/document/room/room.js';
import type { RoomPeer, RoomSession } from '../../../core/document/room/room-session.js';
import type { RoomFrames } from '../../../core/document/room-frames.js';
import type { Connection } from '../../../platform/sockets/connection.js';
import type { RoomDirectory } from '../../documents/room-directory.js';
import type { ProjectAudience } from '../../projects/project-audience.js';

/** Openers of one moment are shown what one query found, in milliseconds. */
const SHARED_MS = 100;
/** Runs whose end is remembered. */
const MAX_ENDED = 1_000;

/** Brings what the analyzers said to everybody who has the document or its project open, and to those who come later. */
export class AnalysisResults {
  private unsubscribe: (() => void) | undefined;
  private readonly shared = new Map<string, Promise<readonly SourceResult[]>>();
  /** A worker may say how far it is before it hears that its run was cancelled. */
  private readonly ended = new Set<string>();

  constructor(
    private readonly relay: AiRelay,
    private readonly store: DiagnosticsStore,
    private readonly rooms: RoomDirectory,
    private readonly audience: ProjectAudience,
    private readonly frames: RoomFrames,
    private readonly onOutdated: (room: Room) => void,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.unsubscribe = this.relay.subscribe((message) => this.receive(message));
    this.audience.onChange((connection, projectId, isIn) => {
      if (isIn) this.attempt(() => this.tellProject(connection, projectId));
    });
  }

  stop(): void {
    this.unsubscribe?.();
  }

  /** Somebody has opened the document. */
  opened(room: Room, session: RoomSession): void {
    if (room.kind !== 'text') return;
    this.attempt(async () => {
      const results = await this.ofDocument(room.documentId);
      // The answer to the open goes first. It may have left meanwhile, or may not read any more.
      if (session.isClosed) return;
      for (const result of results) this.write([session.peer], result);
      // A source that has nothing to do with the file any more stays at what it was asked last.
      if (results.every(({ seq }) => seq < room.state.seq)) this.onOutdated(room);
    });
  }

  private receive(message: AiMessage): void {
    if (message.type === 'analysis') {
      // Who is in the room by now is told; who comes later must not be shown what was before.
      this.shared.delete(message.documentId);
      this.attempt(() => this.tell(message.projectId, message.documentId, message.runId));
    }
    if (message.type === 'progress') this.tellProgress(message);
  }

  private tellProgress({ type: _type, ...body }: AnalysisProgressed): void {
    if (this.ended.has(body.runId)) return;
    if (body.state !== 'running') {
      this.ended.add(body.runId);
      const [oldest] = this.ended;
      if (this.ended.size > MAX_ENDED && oldest !== undefined) this.ended.delete(oldest);
    }
    const frame = this.frames.encode('analysis:progress', body);
    for (const { peer } of this.audience.of(body.projectId)) peer.write(frame, 'certain');
  }

  private async tell(projectId: string, documentId: string, runId: string): Promise<void> {
    if (this.readersOf(projectId, documentId).size === 0) return;
    const results = await this.store.ofDocument(documentId);
    // Somebody may have come or gone meanwhile.
    const peers = [...this.readersOf(projectId, documentId)];
    for (const result of results) if (result.runId === runId) this.write(peers, result);
  }

  private readersOf(projectId: string, documentId: string): Set<RoomPeer> {
    const peers = new Set<RoomPeer>();
    for (const session of this.rooms.get(documentId)?.sessions ?? []) if (!session.isClosed) peers.add(session.peer);
    for (const { peer } of this.audience.of(projectId)) peers.add(peer);
    return peers;
  }

  private ofDocument(documentId: string): Promise<readonly SourceResult[]> {
    const shared = this.shared.get(documentId);
    if (shared) return shared;
    const results = this.store.ofDocument(documentId);
    this.shared.set(documentId, results);
    const forget = () => {
      if (this.shared.get(documentId) === results) this.shared.delete(documentId);
    };
    results.catch(forget);
    setTimeout(forget, SHARED_MS).unref();
    return results;
  }

  private async tellProject(connection: Connection, projectId: string): Promise<void> {
    for (const result of await this.store.ofProject(projectId)) {
      await connection.hasRoom();
      if (!this.audience.of(projectId).has(connection)) return;
      this.write([connection.peer], result);
    }
  }

  private write(peers: readonly RoomPeer[], result: SourceResult): void {
    const body: EventOf<'analysis:result'> = { ...result, diagnostics: [...result.diagnostics] };
    const frame = this.frames.encode('analysis:result', body);
    for (const peer of peers) peer.write(frame, 'certain');
  }

  private attempt(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.logger.warn({ err: error }, 'diagnostics could not be shown'));
  }
}
