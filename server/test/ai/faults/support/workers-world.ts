import type { EventOf } from '@tandem/protocol';
import { eventually } from '../../../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../../../src/testing/postgres.js';
import type { ServerProcess } from '../../../../src/testing/server-process.js';
import type { PlainClient } from '../../../support/plain-client.js';
import type { PlainEditor } from '../../../support/plain-editor.js';
import { ask } from '../../support/ai-world.js';
import { FaultWorld } from './fault-world.js';
import { brokenRules, toldOf } from './stream-rules.js';
import { startWorkerProcess } from './worker-process.js';

/** How long a model may pause. */
const IDLE_MS = 4_000;

export interface Watched {
  readonly id: string;
  readonly editor: PlainEditor;
  /** Somebody else with the document. */
  readonly other: PlainClient;
}

/** A server that leaves AI requests to workers of other processes, and their scripted model. */
export class WorkersWorld {
  private readonly workers = new Set<ServerProcess>();

  private constructor(
    readonly faults: FaultWorld,
    private readonly database: TestDatabase,
    private readonly redisUrl: string | undefined,
  ) {}

  static async start(redisUrl?: string): Promise<WorkersWorld> {
    const database = await createTestDatabase();
    const settings = { databaseUrl: database.url, ...(redisUrl ? { redisUrl } : {}) };
    return new WorkersWorld(await FaultWorld.start({ settings, worker: 'none' }), database, redisUrl);
  }

  get model() {
    return this.faults.model;
  }

  async worker(): Promise<ServerProcess> {
    const worker = await startWorkerProcess({
      DATABASE_URL: this.database.url,
      AI_BASE_URL: this.model.url,
      AI_IDLE_TIMEOUT: String(IDLE_MS),
      ...(this.redisUrl ? { REDIS_URL: this.redisUrl } : {}),
    });
    this.workers.add(worker);
    return worker;
  }

  /** Asks in a new document, which one more person has open. */
  async ask(): Promise<Watched> {
    const { sync } = this.faults;
    const [ada, bob] = [await sync.person('Ada'), await sync.person('Bob')];
    const { documentId } = await sync.share(ada, [[bob, 'editor']], { text: 'const total = ' });
    const editor = await this.faults.open(ada, documentId);
    const { client } = await this.faults.open(bob, documentId);
    return { id: await ask(editor), editor, other: client };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.stop('SIGKILL')));
    await this.faults.stop();
    await this.database.drop();
  }
}

/** The first such event of the completion at its asker, now or soon. */
export async function hears<E extends 'completion:delta' | 'completion:restarted' | 'completion:done'>(
  { id, editor }: Watched,
  event: E,
  fits: (body: EventOf<E>) => boolean = () => true,
  timeoutMs?: number,
): Promise<EventOf<E>> {
  return editor.client.hears(event, (body) => body.completionId === id && fits(body), timeoutMs);
}

/** The broken rules of both people's streams; waits until the other has heard the end, too. */
export async function broken({ id, editor, other }: Watched): Promise<string[]> {
  await eventually('the other hears the end', () => toldOf(other, id).some(({ name }) => name === 'completion:done'));
  return [...brokenRules(toldOf(editor.client, id), 'asker'), ...brokenRules(toldOf(other, id), 'other')];
}

/** The attempts that were told of, in order. */
export function attempts({ id, editor }: Watched): number[] {
  const told = editor.client.told('completion:delta').filter(({ completionId }) => completionId === id);
  return [...new Set(told.map(({ attempt }) => attempt))];
}
