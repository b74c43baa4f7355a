import type { Answer, Limits } from '@tandem/protocol';
import type { SeededRandom } from '@tandem/protocol/testing';
import type { Logger } from 'pino';
import { BusChanges } from '../../core/access/bus-changes.js';
import type { Change } from '../../core/access/changes.js';
import { BusRoomBus } from '../../core/document/bus-room-bus.js';
import type { Compactor } from '../../core/document/compactor.js';
import type { UpdateLog } from '../../core/document/update-log.js';
import { DocumentsSocket } from '../../features/documents/documents.socket.js';
import type { RoomCapacity } from '../../features/documents/room-capacity.js';
import { RoomEngine } from '../../features/documents/room-engine.js';
import type { Connection } from '../../platform/sockets/connection.js';
import type { Handlers } from '../../platform/sockets/socket-feature.js';
import { ROOM_CAPACITY } from '../room-capacity.js';
import { DatabaseLink } from './database-link.js';
import { EventFrames } from './event-frame.js';
import { SimulatedBus, type SimulatedCarrier } from './simulated-bus.js';
import type { SimulatedConnection } from './simulated-connection.js';
import type { SimulatedDatabase } from './simulated-database.js';
import { SimulatedDigests } from './simulated-digests.js';
import { SimulatedMemberships, SimulatedNodes } from './simulated-directory.js';
import { type Request, serve } from './simulated-door.js';
import { SimulatedQuarantine } from './simulated-quarantine.js';
import { Process, type VirtualLoop } from './virtual-loop.js';

export interface NodeParts {
  readonly loop: VirtualLoop;
  readonly database: SimulatedDatabase;
  readonly carrier: SimulatedCarrier;
  readonly random: SeededRandom;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly compactRows: number;
  log(link: DatabaseLink): UpdateLog;
  compactor(): Compactor;
  note(event: string): void;
  /** A listener threw. */
  report(error: unknown): void;
}

/** So little that a plan gets there: some edits, and two who come at once. */
const CAPACITY: RoomCapacity = {
  ...ROOM_CAPACITY,
  opensAtOnce: 2,
  loadsAtOnce: 1,
  commitQueueBytes: 40_000,
  roomQueueBytes: 20_000,
};

/** As long as `DocumentsModule` waits for commits. */
const FLUSH_MS = 4_000;

/** One run of a server process: the engine and the door of documents as they are, over simulated ports. */
export class SimulatedNode {
  readonly process: Process;
  readonly database: DatabaseLink;
  readonly engine: RoomEngine;
  private readonly changes: BusChanges;
  readonly connections = new Map<SimulatedConnection, Handlers>();
  /** SIGTERM came, or it was killed: nobody new is let in. */
  isAccepting = true;
  /** When it last went on after a pause, in virtual milliseconds. */
  resumedAt = Number.NEGATIVE_INFINITY;
  private readonly documents: DocumentsSocket;
  private readonly bus: SimulatedBus;

  constructor(
    readonly name: string,
    private readonly parts: NodeParts,
  ) {
    const { loop, database, carrier, random, logger, limits, compactRows } = parts;
    this.process = new Process(name);
    this.database = new DatabaseLink(database, this.process, random, parts.note);
    this.bus = new SimulatedBus(carrier, this.process, parts.report);
    this.changes = new BusChanges(this.bus, parts.report);
    const ports = {
      log: parts.log(this.database),
      bus: new BusRoomBus(this.bus),
      nodes: new SimulatedNodes(this.database),
      compactor: parts.compactor(),
      quarantine: new SimulatedQuarantine(this.database),
      digests: new SimulatedDigests(),
      memberships: new SimulatedMemberships(this.database),
      changes: this.changes,
      frames: new EventFrames(),
      logger,
    };
    this.engine = new RoomEngine(ports, { limits, committers: 2, compactRows, compactBytes: 1e9, capacity: CAPACITY });
    this.documents = new DocumentsSocket(this.engine.host, limits, this.engine.companions, this.engine.flow);
    const { current } = loop;
    loop.current = this.process;
    this.engine.start();
    loop.current = current;
  }

  get isUp(): boolean {
    return this.process.state !== 'dead';
  }

  /** A socket that has signed in. */
  accept(connection: SimulatedConnection): void {
    if (!this.isAccepting) {
      connection.link.closeAtServer();
      return;
    }
    this.connections.set(connection, this.documents.connect(connection as unknown as Connection));
    const { limits } = this.parts;
    connection.emit('server:hello', {
      node: this.name,
      protocol: 1,
      limits: { ...limits },
      now: Date.now(),
      userId: connection.userId,
    });
  }

  receive(connection: SimulatedConnection, request: Request, answered: (answer: Answer<object>) => void): void {
    const handlers = this.connections.get(connection);
    if (handlers) serve(connection, handlers, request, answered, this.parts.logger);
  }

  disconnected(connection: SimulatedConnection): void {
    if (!this.connections.delete(connection)) return;
    connection.ended();
    this.documents.disconnect(connection as unknown as Connection);
  }

  /** It was written down, and this node tells the others. */
  tell(change: Change): void {
    const transaction = this.parts.database.nextTransaction();
    this.changes.publish({ id: transaction, transaction, change });
  }

  /** SIGSTOP. */
  pause(): boolean {
    if (this.process.state !== 'running') return false;
    this.process.state = 'stopped';
    return true;
  }

  /** SIGCONT. */
  resume(): boolean {
    if (this.process.state !== 'stopped') return false;
    this.resumedAt = this.parts.loop.now;
    this.parts.loop.resume(this.process);
    return true;
  }

  /** SIGKILL: memory is gone, and the kernel ends its connections. */
  kill(): void {
    this.isAccepting = false;
    this.parts.loop.kill(this.process);
    this.parts.carrier.nodes.delete(this.bus);
    for (const { link } of this.connections.keys()) link.cut({ clientMs: 1, serverMs: 0, isLossy: true });
    this.connections.clear();
  }

  /** SIGTERM, as `DocumentsModule` goes about it. */
  async stop(): Promise<void> {
    this.isAccepting = false;
    for (const connection of this.connections.keys()) connection.emit('server:drain', { reconnectAfterMs: 200 });
    await this.engine.flush(FLUSH_MS);
    for (const connection of [...this.connections.keys()]) {
      connection.link.closeAtServer();
      this.disconnected(connection);
    }
    await this.engine.stop();
    await this.bus.close();
  }
}
