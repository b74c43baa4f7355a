import { afterAll, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS, type ServerEvent } from '@tandem/protocol';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import * as Y from 'yjs';
import { InProcessNodeBus } from '../../adapters/memory/in-process-node-bus.js';
import { InProcessNodes } from '../../adapters/memory/in-process-nodes.js';
import { MemoryQuarantine } from '../../adapters/memory/memory-quarantine.js';
import { MemoryUpdateLog } from '../../adapters/memory/memory-update-log.js';
import { WorkerCompactor } from '../../adapters/worker/worker-compactor.js';
import { WorkerDigests } from '../../adapters/worker/worker-digests.js';
import { BusChanges } from '../../core/access/bus-changes.js';
import { type DocumentAccess, Memberships } from '../../core/access/memberships.js';
import { BusRoomBus } from '../../core/document/bus-room-bus.js';
import type { Frame, RoomPeer } from '../../core/document/room/room-session.js';
import { RoomFrames } from '../../core/document/room-frames.js';
import type { AppendBatch } from '../../core/document/update-log.js';
import { ROOM_CAPACITY } from '../../testing/room-capacity.js';
import { RoomEngine } from './room-engine.js';
import type { Joined } from './room-host.js';
import { RoomMetrics } from './room-metrics.js';

const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';
const PROJECT = '00000000-0000-4000-8000-0000000000f1';

class EverybodyEdits extends Memberships {
  async role() {
    return 'editor' as const;
  }
  async rolesAt() {
    return new Map<string, 'editor'>();
  }
  async document(): Promise<DocumentAccess> {
    return { projectId: PROJECT, role: 'editor', kind: 'text', path: 'a.txt', accessVersion: 1 };
  }
  async documents() {
    return [];
  }
}

class EventFrames extends RoomFrames {
  override encode(event: ServerEvent): Frame {
    return { event };
  }
}

/** A log whose commits wait to be let go. */
class GatedLog extends MemoryUpdateLog {
  gate = Promise.resolve();

  override async append(batches: readonly AppendBatch[], lane: number) {
    await this.gate;
    return super.append(batches, lane);
  }
}

class Reader implements RoomPeer {
  takes = true;

  write(): boolean {
    return this.takes;
  }
}

const log = new GatedLog();
log.create(DOCUMENT, PROJECT);
const compactor = new WorkerCompactor();
const digests = new WorkerDigests();
const registry = new Registry();
const observer = new RoomMetrics(registry);
const fail = (error: unknown) => {
  throw error;
};
const nodeBus = new InProcessNodeBus(fail);
const engine = new RoomEngine(
  {
    log,
    bus: new BusRoomBus(nodeBus),
    nodes: new InProcessNodes(),
    compactor,
    quarantine: new MemoryQuarantine(log),
    digests,
    memberships: new EverybodyEdits(),
    changes: new BusChanges(nodeBus, fail),
    frames: new EventFrames(),
    logger: pino({ level: 'silent' }),
    observer,
  },
  { limits: DEFAULT_LIMITS, committers: 1, compactRows: 3, compactBytes: 1e6, capacity: ROOM_CAPACITY },
);
observer.watch(engine.rooms);

afterAll(async () => {
  await engine.flush(2000);
  await engine.stop();
  await Promise.all([compactor.close(), digests.close()]);
});

async function metric(name: string): Promise<number | undefined> {
  const text = await registry.metrics();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

function open(peer: RoomPeer, userId: string, clientId: number): Promise<Joined> {
  const identity = { id: userId, name: 'Ada', color: '#111111', colorLight: '#eeeeee' };
  return engine.host.open(peer, identity, DOCUMENT, { clientId }, async () => undefined);
}

test('what happens in the rooms is counted: edits, batches, loads, slow readers, snapshots', async () => {
  const doc = new Y.Doc();
  const slow = new Reader();
  const author = await open(new Reader(), '00000001-0000-4000-8000-000000000001', doc.clientID);
  const reader = await open(slow, '00000002-0000-4000-8000-000000000001', doc.clientID + 1);
  expect(await metric('tandem_document_load_seconds_count')).toBe(1);
  expect(await metric('tandem_room_open_rooms')).toBe(1);
  expect(await metric('tandem_room_sessions')).toBe(2);

  const commits = Promise.withResolvers<void>();
  log.gate = commits.promise;
  let bytes = 0;
  const answers: Promise<unknown>[] = [];
  doc.on('update', (update: Uint8Array) => {
    bytes += update.length;
    answers.push(new Promise((resolve) => void engine.host.edit(author.room, author.session, update, {}, resolve)));
  });
  for (const word of ['one', 'two', 'three']) doc.getText('content').insert(0, word);
  expect(await metric('tandem_edits_admitted_total')).toBe(3);
  expect(await metric('tandem_room_waiting_bytes')).toBe(bytes);
  expect(await metric('tandem_commit_batch_seconds_count')).toBe(0);

  slow.takes = false;
  commits.resolve();
  await Promise.all(answers);
  expect(await metric('tandem_room_waiting_bytes')).toBe(0);
  expect(await metric('tandem_commit_batch_rows_sum')).toBe(3);
  expect(await metric('tandem_commit_batch_rows_count')).toBe(1);
  expect(await metric('tandem_commit_batch_seconds_count')).toBe(1);

  expect(await metric('tandem_room_resyncs_total')).toBe(0);
  slow.takes = true;
  engine.host.drained(reader.room, reader.session);
  expect(await metric('tandem_room_resyncs_total')).toBe(1);

  await engine.compaction.whenIdle();
  expect(await metric('tandem_document_compaction_seconds_count')).toBe(1);
  engine.host.leave(author.room, author.session);
  expect(await metric('tandem_room_sessions')).toBe(1);
});

test('ids never become labels', async () => {
  const labels = [...(await registry.metrics()).matchAll(/\{([^}]*)\}/g)].map(([, label]) => label);
  expect(labels.length).toBeGreaterThan(0);
  for (const label of labels) expect(label).toMatch(/^le="[^"]*"$/);
});
