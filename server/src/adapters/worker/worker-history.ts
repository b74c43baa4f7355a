import { StoredDataCorrupt, type StoredSnapshot } from '../../core/document/update-log.js';
import { HistoryWork, WorkGivenUp } from '../../core/history/history-work.js';
import type { PastDocument } from '../../core/history/past-documents.js';
import type { FreshContent } from '../../core/history/resets.js';
import type { PackedPast, TaskOutcome } from './history-worker.js';
import { LaneClosed, LaneTimeout, WorkerLane } from './worker-lane.js';

/** Somebody waits for an answer; an honest document of 10 MB takes a second. */
const ASKED_MS = 10_000;
/** Nobody waits for retention. */
const UPKEEP_MS = 60_000;

const SCRIPT = './history-worker.js';

interface Limits {
  readonly askedMs?: number;
  readonly upkeepMs?: number;
}

/** Documents of the past in two worker threads: one for people, one for upkeep, so that the former never wait for the latter. */
export class WorkerHistory extends HistoryWork {
  private readonly asked: WorkerLane;
  private readonly upkeep: WorkerLane;

  constructor({ askedMs = ASKED_MS, upkeepMs = UPKEEP_MS }: Limits = {}) {
    super();
    this.asked = new WorkerLane(SCRIPT, askedMs);
    this.upkeep = new WorkerLane(SCRIPT, upkeepMs);
  }

  override text(past: PastDocument): Promise<string> {
    return run(this.asked, 'pastText', {}, past);
  }

  override compact(past: PastDocument, whoWaits: 'somebody' | 'nobody'): Promise<StoredSnapshot> {
    return run(whoWaits === 'somebody' ? this.asked : this.upkeep, 'compactPast', {}, past);
  }

  override isSame(past: PastDocument, snapshot: StoredSnapshot): Promise<boolean> {
    return run(this.upkeep, 'isSame', { snapshot }, past);
  }

  override restore(update: Uint8Array, past: PastDocument, clientId: number): Promise<Uint8Array | undefined> {
    return run(this.asked, 'restore', { update, clientId }, past);
  }

  override fresh(past: PastDocument | undefined): Promise<FreshContent> {
    return run(this.asked, 'fresh', {}, past);
  }

  override async close(): Promise<void> {
    await Promise.all([this.asked.close(), this.upkeep.close()]);
  }
}

async function run<Result>(
  lane: WorkerLane,
  name: string,
  task: object,
  past: PastDocument | undefined,
): Promise<Result> {
  const packed = past && pack(past);
  const transfer = packed ? [packed.rows.buffer, packed.ends.buffer] : [];
  const outcome = await lane.run<TaskOutcome<Result>>(name, { ...task, past: packed }, { transfer }).catch(giveUp);
  if ('corrupt' in outcome) throw new StoredDataCorrupt(outcome.corrupt);
  return outcome.result;
}

function giveUp(error: unknown): never {
  if (error instanceof LaneTimeout) throw new WorkGivenUp('timeout', { cause: error });
  if (error instanceof LaneClosed) throw new WorkGivenUp('closed', { cause: error });
  throw error;
}

/** The snapshot's bytes may lie among others, and are copied for the thread. */
function pack({ kind, seq, snapshot, rows }: PastDocument): PackedPast {
  const joined = new Uint8Array(rows.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const ends = new Float64Array(rows.length);
  let at = 0;
  for (const [index, { bytes }] of rows.entries()) {
    joined.set(bytes, at);
    at += bytes.length;
    ends[index] = at;
  }
  return { kind, seq, snapshot, rows: joined, ends };
}
