import type { Logger } from 'pino';
import type { Changes } from '../../core/access/changes.js';
import type { Memberships } from '../../core/access/memberships.js';
import type { AiQueue } from '../../core/ai/ai-queue.js';
import type { AiRelay } from '../../core/ai/ai-relay.js';
import type { AiRequests } from '../../core/ai/ai-requests.js';
import type { DiagnosticsStore } from '../../core/ai/diagnostics-store.js';
import type { Models } from '../../core/ai/models.js';
import type { RoomFrames } from '../../core/document/room-frames.js';
import type { SocketFeature } from '../../platform/sockets/socket-feature.js';
import type { RoomDirectory } from '../documents/room-directory.js';
import type { ProjectAudience } from '../projects/project-audience.js';
import { AiCompanion } from './ai-companion.js';
import { AnalysisSocket } from './analysis/analysis.socket.js';
import { AnalysisDesk } from './analysis/analysis-desk.js';
import { AnalysisResults } from './analysis/analysis-results.js';
import { AnalysisTrigger } from './analysis/analysis-trigger.js';
import { Acceptances } from './completions/acceptances.js';
import { CompletionDelivery } from './completions/completion-delivery.js';
import { CompletionDesk } from './completions/completion-desk.js';
import { CompletionsSocket } from './completions/completions.socket.js';
import { LiveCompletions } from './completions/live-completions.js';
import { Seats } from './seats.js';
import { Sweeper } from './sweeper.js';

export interface AiGatewayPorts {
  readonly requests: AiRequests;
  readonly queue: AiQueue;
  readonly relay: AiRelay;
  readonly store: DiagnosticsStore;
  readonly models: Models;
  readonly memberships: Memberships;
  readonly changes: Changes;
  readonly rooms: RoomDirectory;
  readonly audience: ProjectAudience;
  readonly frames: RoomFrames;
  readonly logger: Logger;
  readonly analysis: 'edits' | 'request';
}

/** The editors' side of the AI half on one node, started and stopped as one. */
export class AiGateway {
  readonly sockets: readonly SocketFeature[];
  readonly companion: AiCompanion;
  private readonly live: LiveCompletions;
  private readonly trigger: AnalysisTrigger;
  private readonly results: AnalysisResults;
  private readonly sweeper: Sweeper;
  private unsubscribe: (() => void) | undefined;
  private readonly watches = new Map<string, () => void>();

  constructor(private readonly ports: AiGatewayPorts) {
    const { requests, queue, relay, store, models, memberships, rooms, audience, frames, logger } = ports;
    const seats = new Seats();
    const analyses = new AnalysisDesk(requests, queue, relay, memberships);
    this.live = new LiveCompletions(relay, requests, new CompletionDelivery(rooms, audience, frames), logger);
    const acceptances = new Acceptances(requests, logger);
    const desk = new CompletionDesk(requests, queue, relay, this.live, acceptances, (name) => models.has(name), logger);
    this.trigger = new AnalysisTrigger(analyses, ports.analysis === 'edits', logger);
    const outdated = (room: Parameters<AnalysisTrigger['missing']>[0]) => this.trigger.missing(room);
    this.results = new AnalysisResults(relay, store, rooms, audience, frames, outdated, logger);
    this.sweeper = new Sweeper(requests, queue, relay, logger);
    this.companion = new AiCompanion(seats, this.live, this.trigger, this.results, acceptances, requests, logger);
    this.sockets = [new CompletionsSocket(desk, this.live, seats), new AnalysisSocket(analyses)];
  }

  start(): void {
    const { audience, changes, rooms } = this.ports;
    this.live.start();
    this.results.start();
    this.sweeper.start();
    // Rules may have been switched: what is open is looked at again.
    this.unsubscribe = changes.subscribe((change) => {
      if (change.type !== 'project.changed') return;
      for (const room of rooms) if (room.projectId === change.projectId) this.trigger.edited(room);
    });
    audience.onChange((_connection, projectId) => this.watch(projectId, audience.of(projectId).size > 0));
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.trigger.stop();
    this.results.stop();
    for (const end of this.watches.values()) end();
    await Promise.all([this.live.stop(), this.sweeper.stop()]);
  }

  /** News of a project are wanted as long as somebody here has it open. */
  private watch(projectId: string, isWanted: boolean): void {
    const end = this.watches.get(projectId);
    if (isWanted) {
      if (!end) this.watches.set(projectId, this.live.watch(projectId));
      return;
    }
    end?.();
    this.watches.delete(projectId);
  }
}
