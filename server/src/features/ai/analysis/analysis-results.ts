import type { EventOf } from '@tandem/protocol';
import type { Logger } from 'pino';
import type { AiMessage, AiRelay } from '../../../core/ai/ai-relay.js';
import type { DiagnosticsStore, SourceResult } from '../../../core/ai/diagnostics-store.js';
import type { Room } from '../../../core/document/room/room.js';
import type { RoomPeer, RoomSession } from '../../../core/document/room/room-session.js';
import type { RoomFrames } from '../../../core/document/room-frames.js';
import type { Connection } from '../../../platform/sockets/connection.js';
import type { RoomDirectory } from '../../documents/room-directory.js';
import type { ProjectAudience } from '../../projects/project-audience.js';

/** Brings what the analyzers said to everybody who has the document or its project open, and to those who come later. */
export class AnalysisResults {
  private unsubscribe: (() => void) | undefined;

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
      const results = await this.store.ofDocument(room.documentId);
      // The answer to the open goes first.
      for (const result of results) this.write([session.peer], result);
      if (results.length === 0 || results.some(({ seq }) => seq < room.state.seq)) this.onOutdated(room);
    });
  }

  private receive(message: AiMessage): void {
    if (message.type === 'analysis')
      this.attempt(() => this.tell(message.projectId, message.documentId, message.runId));
    if (message.type !== 'progress') return;
    const { type: _type, ...body } = message;
    const frame = this.frames.encode('analysis:progress', body);
    for (const { peer } of this.audience.of(message.projectId)) peer.write(frame, 'certain');
  }

  private async tell(projectId: string, documentId: string, runId: string): Promise<void> {
    const peers = new Set<RoomPeer>();
    for (const session of this.rooms.get(documentId)?.sessions ?? []) peers.add(session.peer);
    for (const { peer } of this.audience.of(projectId)) peers.add(peer);
    if (peers.size === 0) return;
    for (const result of await this.store.ofDocument(documentId)) {
      if (result.runId === runId) this.write([...peers], result);
    }
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
