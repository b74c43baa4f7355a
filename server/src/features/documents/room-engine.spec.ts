import { afterEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS, type EventOf, type ServerEvent } from '@tandem/protocol';
import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import { pino } from 'pino';
import * as Y from 'yjs';
import { InProcessNodeBus, NodeHub } from '../../adapters/memory/in-process-node-bus.js';
import { InProcessNodes } from '../../adapters/memory/in-process-nodes.js';
import { MemoryQuarantine } from '../../adapters/memory/memory-quarantine.js';
import { MemoryUpdateLog } from '../../adapters/memory/memory-update-log.js';
import { WorkerCompactor } from '../../adapters/worker/worker-compactor.js';
import { WorkerDigests } from '../../adapters/worker/worker-digests.js';
import { BusChanges } from '../../core/access/bus-changes.js';
import { Memberships } from '../../core/access/memberships.js';
import { BusRoomBus } from '../../core/document/bus-room-bus.js';
import type { Frame, RoomPeer } from '../../core/document/room/room-session.js';
import { RoomFrames } from '../../core/document/room-frames.js';
import { type AppendBatch, type AppendResult, StoreUnavailable } from '../../core/document/update-log.js';
import { ROOM_CAPACITY } from '../../testing/room-capacity.js';
import { editText, fingerprint } from '../../testing/yjs-edits.js';
import { RoomEngine } from './room-engine.js';
import type { Joined } from './room-host.js';

const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';
const PROJECT = '00000000-0000-4000-8000-0000000000f1';

interface EventFrame extends Frame {
  readonly event: ServerEvent;
  readonly body: unknown;
}

class EventFrames extends RoomFrames {
  override encode<E extends ServerEvent>(event: E, body: EventOf<E>): EventFrame {
    return { event, body };
  }
}

class EverybodyEdits extends Memberships {
  readonly removed = new Set<string>();

  async role(userId: string) {
    return this.removed.has(userId) ? undefined : ('editor' as const);
  }
  async rolesAt(userIds: readonly string[]) {
    const members = userIds.filter((userId) => !this.removed.has(userId));
    return new Map(members.map((userId) => [userId, 'editor' as const]));
  }

  async document() {
    return { projectId: PROJECT, role: 'editor' as const, kind: 'text' as const, path: 'a.txt', accessVersion: 1 };
  }
  async documents() {
    return [];
  }
}

/** A log whose answers may be late, or lost before or after the write. */
class FaultyLog extends MemoryUpdateLog {
  faults: SeededRandom | undefined;
  /** Reads are answered, writes are not: a full disk. */
  isFull = false;
  appends = 0;

  override async append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    this.appends++;
    if (this.isFull) throw new StoreUnavailable('no space left');
    await turns(this.faults?.integer(4) ?? 1);
    if (this.faults?.chance(0.1)) throw new StoreUnavailable('lost before the write');
    const results = await super.append(batches, lane);
    await turns(this.faults?.integer(3) ?? 0);
    if (this.faults?.chance(0.1)) throw new StoreUnavailable('lost after the write');
    return results;
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

/** An editor that knows the rules: its outbox is emptied by acks only, and sent again after a reconnect. */
class Editor implements RoomPeer {
  readonly doc = new Y.Doc();
  readonly acknowledged: Uint8Array[] = [];
  readonly seen: Uint8Array[] = [];
  private outbox: Uint8Array[] = [];
  private joined: Joined | undefined;
  private generation = 0;

  constructor(
    private readonly userId: string,
    private readonly instance: string,
  ) {
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'server') return;
      this.outbox.push(update);
      if (this.joined) this.send(update);
    });
  }

  get isSaved(): boolean {
    return this.outbox.length === 0;
  }

  readonly statuses: string[] = [];

  write(frame: Frame): boolean {
    const { event, body } = frame as EventFrame;
    if (event === 'document:status') this.statuses.push((body as EventOf<'document:status'>).state);
    if (event === 'document:update' || event === 'document:resync') {
      const { update } = body as EventOf<'document:update'>;
      this.seen.push(update);
      Y.applyUpdate(this.doc, update, 'server');
    }
    return true;
  }

  async connect(engine: RoomEngine): Promise<void> {
    this.disconnect();
    const generation = this.generation;
    const identity = { id: this.userId, name: this.userId, color: '#000000', colorLight: '#00000033' };
    const request = { clientId: this.doc.clientID, instance: this.instance };
    const joined = await engine.host.open(this, identity, DOCUMENT, request, async () => undefined);
    if (generation !== this.generation) return engine.host.leave(joined.room, joined.session);
    Y.applyUpdate(this.doc, joined.update, 'server');
    this.seen.push(joined.update);
    this.joined = joined;
    this.leave = () => engine.host.leave(joined.room, joined.session);
    this.edit = (update, answer) => engine.host.edit(joined.room, joined.session, update, { resync: true }, answer);
    for (const update of [...this.outbox]) this.send(update);
  }

  /** The server may learn of it later, or at the next connection. */
  disconnect(options: { halfOpen?: boolean } = {}): void {
    this.generation++;
    if (this.joined && !options.halfOpen) this.leave();
    this.joined = undefined;
  }

  private leave: () => void = () => undefined;
  private edit: RoomEngine['host']['edit'] extends (
    a: never,
    b: never,
    bytes: infer B,
    d: never,
    answer: infer A,
  ) => unknown
    ? (bytes: B, answer: A) => unknown
    : never = () => undefined;

  private send(update: Uint8Array): void {
    const { generation } = this;
    this.edit(update, (outcome) => {
      if (generation !== this.generation) return;
      if (outcome instanceof Error) {
        if (!['store_unavailable', 'gap_resync', 'not_open', 'forbidden'].includes(outcome.code)) throw outcome;
        this.refused = true;
        return;
      }
      this.acknowledged.push(update);
      this.outbox = this.outbox.filter((waiting) => waiting !== update);
    });
  }

  /** Something has to be sent again on a new open. */
  refused = false;
}

const fail = (error: unknown) => {
  throw error;
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function cluster(nodes: number, options: { lossyBus?: SeededRandom; log?: FaultyLog } = {}) {
  const log = options.log ?? new FaultyLog();
  if (!options.log) log.create(DOCUMENT, PROJECT);
  const hub = new NodeHub();
  const leases = new InProcessNodes();
  const compactor = new WorkerCompactor();
  const digests = new WorkerDigests();
  const quarantine = new MemoryQuarantine(log);
  const memberships = new EverybodyEdits();
  const engines = Array.from({ length: nodes }, () => {
    const nodeBus = new InProcessNodeBus(fail, hub);
    const bus = new BusRoomBus(nodeBus);
    const publish = bus.publish.bind(bus);
    bus.publish = (edits) => {
      if (!options.lossyBus?.chance(0.3)) publish(edits);
    };
    const ports = {
      log,
      bus,
      nodes: leases,
      compactor,
      quarantine,
      digests,
      memberships,
      changes: new BusChanges(nodeBus, fail),
      frames: new EventFrames(),
      logger: pino({ level: 'silent' }),
    };
    const settings = {
      limits: DEFAULT_LIMITS,
      committers: 2,
      compactRows: 40,
      compactBytes: 1e6,
      capacity: ROOM_CAPACITY,
    };
    const engine = new RoomEngine(ports, settings);
    engine.start();
    return engine;
  });
  stops.push(async () => {
    for (const engine of engines) {
      await engine.flush(2000);
      await engine.stop();
    }
    await Promise.all([compactor.close(), digests.close()]);
  });
  return { log, engines, memberships };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not come to rest');
    await new Promise(setImmediate);
  }
}

function replay(log: FaultyLog): Y.Doc {
  const doc = new Y.Doc({ gc: false });
  for (const { bytes } of log.documents.get(DOCUMENT)!.rows) Y.applyUpdate(doc, bytes);
  return doc;
}

describe('RoomEngine', () => {
  const first = Number(process.env.SEED ?? 1);
  const seeds = Array.from({ length: process.env.SEED ? 1 : Number(process.env.ROUNDS ?? 8) }, (_, i) => first + i);

  it.each(seeds)(
    'D1 D3 D4 D5: faulty commits, lost acks, takeovers and a lossy bus on two nodes lose nothing (SEED=%i)',
    async (seed) => {
      const random = seededRandom(seed);
      const { log, engines } = cluster(2, { lossyBus: random });
      log.faults = random;
      const editors = [0, 1, 2, 3].map((i) => new Editor(`0000000${i}-0000-4000-8000-000000000001`, `tab${i}`));
      for (const editor of editors) editor.doc.clientID = random.integer(2 ** 32);
      for (const editor of editors) await editor.connect(random.pick(engines));
      for (let step = 0; step < 250; step++) {
        const editor = random.pick(editors);
        if (random.chance(0.04)) {
          editor.disconnect({ halfOpen: random.chance(0.5) });
          await editor.connect(random.pick(engines));
        } else if (editor.refused) {
          editor.refused = false;
          await editor.connect(random.pick(engines));
        } else editText(editor.doc, random.next);
        if (random.chance(0.5)) await turns(random.integer(4));
      }
      log.faults = undefined;
      for (const editor of editors) await editor.connect(random.pick(engines));
      await until(() => {
        for (const editor of editors.filter((one) => one.refused)) {
          editor.refused = false;
          void editor.connect(engines[0]!);
        }
        return editors.every((editor) => editor.isSaved);
      });
      const stored = fingerprint(replay(log));
      for (const editor of editors) {
        const known = [...editor.acknowledged, ...editor.seen];
        const doc = replay(log);
        for (const update of known) Y.applyUpdate(doc, update);
        expect(fingerprint(doc)).toEqual(stored);
      }
      for (const engine of engines) await engine.compaction.whenIdle();
      expect(log.documents.get(DOCUMENT)!.snapshot).toBeDefined();
      const reader = new Editor('00000009-0000-4000-8000-000000000001', 'reader');
      await reader.connect(cluster(1, { log }).engines[0]!);
      expect(fingerprint(reader.doc).text).toBe(stored.text);
    },
  );

  it('F6: a log that can be read and not written is tried with growing pauses, and told once', async () => {
    const { log, engines } = cluster(1);
    const editor = new Editor('00000001-0000-4000-8000-000000000001', 'tab');
    await editor.connect(engines[0]!);
    log.isFull = true;
    editor.doc.getText('content').insert(0, 'x');
    await until(() => log.appends >= 4);
    expect(editor.statuses).toEqual(['stalled']);
    const began = performance.now();
    const before = log.appends;
    await until(() => performance.now() - began > 300);
    expect(log.appends - before).toBeLessThan(5);
    log.isFull = false;
    await until(() => editor.isSaved);
    expect(editor.statuses).toEqual(['stalled', 'ok']);
  });

  it('D8: somebody who turns out to be no member is out of the room, and what they sent is not stored', async () => {
    const { log, engines, memberships } = cluster(1);
    const [stays, goes] = ['1', '2'].map((n) => new Editor(`0000000${n}-0000-4000-8000-000000000001`, n));
    for (const editor of [stays!, goes!]) await editor.connect(engines[0]!);
    memberships.removed.add('00000002-0000-4000-8000-000000000001');
    log.documents.get(DOCUMENT)!.accessVersion++;
    goes!.doc.getText('content').insert(0, 'late');
    await until(() => goes!.statuses.includes('closed'));
    stays!.doc.getText('content').insert(0, 'on time');
    await until(() => stays!.isSaved);
    expect(replay(log).getText('content').toString()).toBe('on time');
    expect([...engines[0]!.rooms][0]!.sessions.size).toBe(1);
  });
});
