import {
  type Abandoned,
  AiRequests,
  type ClaimedAnalysis,
  type ClaimedCompletion,
  type CompletionResult,
  type EarlyEnd,
  type NewAnalysis,
  type NewCompletion,
  type RecordedCompletion,
  type Resolution,
  type Superseded,
} from '../../core/ai/ai-requests.js';
import {
  ABANDONED,
  ACCEPTED,
  CANCEL,
  CLAIM,
  type ClaimRow,
  EXPIRE,
  FINISH,
  FINISH_ANALYSIS,
  FORGET,
  GET,
  GIVE_UP,
  KEEP_ALIVE,
  OPEN_IN,
  RELEASE,
  RESOLVE,
  START_ANALYSIS,
  START_COMPLETION,
  toClaim,
  toRecord,
} from './ai-requests-sql.js';
import type { StatementPool } from './statement-pool.js';
import { TranslatesOutages } from './store-errors.js';

/** Whoever asks at the same time may come first; each try that fails has let one of them through. */
const START_TRIES = 50;
const FORGET_AT_ONCE = 5_000;

@TranslatesOutages
export class PostgresAiRequests extends AiRequests {
  constructor(private readonly pool: StatementPool) {
    super();
  }

  override async startCompletion({ userId, projectId, documentId, question, key }: NewCompletion) {
    // Those of a try that found no place are closed all the same.
    const superseded: Superseded[] = [];
    for (let tries = 0; tries < START_TRIES; tries++) {
      const [row] = await this.query<{ id: string | null; isNew: boolean; superseded: Superseded[] }>(
        START_COMPLETION,
        [key, userId, projectId, documentId, JSON.stringify(question)],
      );
      superseded.push(...(row?.superseded ?? []));
      if (row?.id) return { id: row.id, isNew: row.isNew, superseded };
    }
    throw new Error('equal requests keep coming and going');
  }

  override async startAnalysis({ userId, projectId, documentId }: NewAnalysis) {
    // Edits do not end what a person asked for.
    const key = `analysis:${userId === null ? 'edits' : 'asked'}:${documentId ?? projectId}`;
    const cancelled: string[] = [];
    for (let tries = 0; tries < START_TRIES; tries++) {
      const [row] = await this.query<{ id: string | null; isNew: boolean; cancelled: string[] }>(START_ANALYSIS, [
        key,
        userId,
        projectId,
        documentId,
      ]);
      cancelled.push(...(row?.cancelled ?? []));
      if (row?.id) return { id: row.id, isNew: row.isNew, cancelled };
    }
    throw new Error('equal runs keep coming and going');
  }

  override async claim(
    id: string,
    staleMs: number,
    attempt?: number,
  ): Promise<ClaimedCompletion | ClaimedAnalysis | undefined> {
    const [row] = await this.query<ClaimRow>(CLAIM, [id, staleMs, attempt ?? null]);
    return row && toClaim(row);
  }

  override async keepAlive(claims: readonly { id: string; attempt: number }[]): Promise<readonly string[]> {
    if (claims.length === 0) return [];
    const rows = await this.query<{ id: string }>(KEEP_ALIVE, [
      claims.map(({ id }) => id),
      claims.map(({ attempt }) => attempt),
    ]);
    const ours = new Set(rows.map(({ id }) => id));
    return claims.map(({ id }) => id).filter((id) => !ours.has(id));
  }

  override async release(claims: readonly { id: string; attempt: number }[]): Promise<void> {
    await this.query(RELEASE, [claims.map(({ id }) => id), claims.map(({ attempt }) => attempt)]);
  }

  override async finish(id: string, attempt: number, result: CompletionResult): Promise<boolean> {
    const { outcome, suggestion, visibility, texts, deltas, model, usage, note } = result;
    const rows = await this.query(FINISH, [
      id,
      attempt,
      outcome,
      suggestion ? JSON.stringify(suggestion) : null,
      visibility,
      JSON.stringify(texts),
      deltas,
      model,
      JSON.stringify(usage),
      note ?? null,
    ]);
    return rows.length > 0;
  }

  override async finishAnalysis(
    id: string,
    attempt: number,
    outcome: 'complete' | 'failed',
    note?: string,
  ): Promise<boolean> {
    return (await this.query(FINISH_ANALYSIS, [id, attempt, outcome, note ?? null])).length > 0;
  }

  override async cancel(
    id: string,
    userId: string | null,
    { outcome, acceptedLength, alternative, texts }: EarlyEnd = { outcome: 'cancelled' },
  ): Promise<RecordedCompletion | undefined> {
    return this.record(CANCEL, [
      id,
      userId,
      outcome,
      texts ? JSON.stringify(texts) : null,
      acceptedLength ?? null,
      alternative ?? null,
    ]);
  }

  override async get(id: string): Promise<RecordedCompletion | undefined> {
    return this.record(GET, [id]);
  }

  override async openIn(documentId: string): Promise<readonly RecordedCompletion[]> {
    return this.records(OPEN_IN, [documentId]);
  }

  override async resolve(id: string, resolution: Resolution): Promise<RecordedCompletion | undefined> {
    const { outcome, by, acceptedLength, alternative } = resolution;
    return this.record(RESOLVE, [id, outcome, by, acceptedLength ?? null, alternative ?? null]);
  }

  override async accepted(id: string, range: { client: number; clock: number; length: number }): Promise<void> {
    await this.query(ACCEPTED, [id, JSON.stringify([range])]);
  }

  override async abandoned(staleMs: number): Promise<readonly Abandoned[]> {
    return this.query<Abandoned>(ABANDONED, [staleMs]);
  }

  override async giveUp(id: string, attempt: number, note: string): Promise<RecordedCompletion | undefined> {
    return this.record(GIVE_UP, [id, note, attempt]);
  }

  override async expire(openMs: number): Promise<readonly RecordedCompletion[]> {
    return this.records(EXPIRE, [openMs]);
  }

  override async forget(keepMs: number): Promise<void> {
    // One statement at a time stays short; there may be any number of them to do.
    for (let count = FORGET_AT_ONCE; count >= FORGET_AT_ONCE; ) {
      const [row] = await this.query<{ count: string }>(FORGET, [keepMs, FORGET_AT_ONCE]);
      count = Number(row?.count);
    }
  }

  override async close(): Promise<void> {
    await this.pool.close();
  }

  private async record(sql: string, values: unknown[]): Promise<RecordedCompletion | undefined> {
    return (await this.records(sql, values))[0];
  }

  private async records(sql: string, values: unknown[]): Promise<RecordedCompletion[]> {
    return (await this.query<Parameters<typeof toRecord>[0]>(sql, values)).map(toRecord);
  }

  private query<Row extends object>(sql: string, values: unknown[]): Promise<Row[]> {
    return this.pool.query<Row>(sql, values);
  }
}
