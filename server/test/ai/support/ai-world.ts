import type { EventOf, RequestOf } from '@tandem/protocol';
import * as Y from 'yjs';
import type { AiConfig, AppConfig } from '../../../src/config/app-config.js';
import { eventually } from '../../../src/testing/eventually.js';
import { FakeModelServer, type ModelScript } from '../../../src/testing/fake-model-server.js';
import { accepted, type PlainClient } from '../../support/plain-client.js';
import { PlainEditor } from '../../support/plain-editor.js';
import { type Person, type Shared, SyncWorld } from '../../support/sync-world.js';

export const MODEL = 'scripted';

/** A server whose language model is a script, on its own queue with its own worker. */
export class AiWorld {
  /** What the model answers next; asked for each request that reaches it. */
  script: (seen: string) => ModelScript = () => ({ tokens: ['one', ' two', ' three'] });

  private constructor(
    readonly sync: SyncWorld,
    readonly model: FakeModelServer,
  ) {}

  static async start(settings: Partial<AppConfig> = {}, ai: Partial<AiConfig> = {}): Promise<AiWorld> {
    let world: AiWorld | undefined;
    const model = await FakeModelServer.start(({ body }) => world!.script(JSON.stringify(body)));
    const sync = await SyncWorld.start({
      ...settings,
      ai: { worker: 'inline', analysis: 'request', languageModel: scripted(model.url), ...ai },
    });
    world = new AiWorld(sync, model);
    return world;
  }

  /** Ada with a document, open in a stock client. */
  async scene(text = 'const total = ', members: Parameters<SyncWorld['share']>[1] = []): Promise<Scene> {
    const ada = await this.sync.person('Ada');
    const shared = await this.sync.share(ada, members, { text });
    return { ada, ...shared, editor: await this.open(ada, shared.documentId) };
  }

  async open(person: Person, documentId: string): Promise<PlainEditor> {
    return PlainEditor.open(await this.sync.connect(person), documentId);
  }

  async stop(): Promise<void> {
    await this.sync.stop();
    await this.model.stop();
  }
}

export interface Scene extends Shared {
  readonly ada: Person;
  readonly editor: PlainEditor;
}

export function scripted(url: string): NonNullable<AiConfig['languageModel']> {
  return {
    baseUrl: url,
    model: MODEL,
    api: 'completions',
    template: 'none',
    timeouts: { firstTokenMs: 10_000, idleMs: 5_000, totalMs: 30_000 },
  };
}

type Start = RequestOf<'completion:start'>;

/** Asks at `offset`, by default at the end; resolves to the id. */
export async function ask(editor: PlainEditor, options: Partial<Start> & { at?: number } = {}): Promise<string> {
  return (await accepted(editor.client.ask('completion:start', question(editor, options)))).completionId;
}

export function question(
  { doc, documentId, text }: PlainEditor,
  { at, ...options }: Partial<Start> & { at?: number },
): Start {
  const place =
    options.offset !== undefined || options.anchor !== undefined
      ? {}
      : {
          anchor: Y.encodeRelativePosition(
            Y.createRelativePositionFromTypeIndex(doc.getText('content'), at ?? text.length, -1),
          ),
        };
  return { documentId, stateVector: Y.encodeStateVector(doc), ...place, ...options };
}

/** What a client was told of one completion, in order. */
export function heard(client: PlainClient, completionId: string) {
  const mine = client.events.filter(
    ({ name, body }) =>
      name.startsWith('completion:') && (body as { completionId?: string }).completionId === completionId,
  );
  return {
    names: mine.map(({ name }) => name.slice('completion:'.length)),
    deltas: mine
      .filter(({ name }) => name === 'completion:delta')
      .map(({ body }) => body as EventOf<'completion:delta'>),
    dones: mine.filter(({ name }) => name === 'completion:done').map(({ body }) => body as EventOf<'completion:done'>),
    closed: mine.find(({ name }) => name === 'completion:closed')?.body as EventOf<'completion:closed'> | undefined,
    text: mine
      .filter(({ name }) => name === 'completion:delta')
      .map(({ body }) => (body as EventOf<'completion:delta'>).text)
      .join(''),
  };
}

/** Resolves to `completion:done` of it. */
export function isDone(
  client: PlainClient,
  completionId: string,
  timeoutMs?: number,
): Promise<EventOf<'completion:done'>> {
  return client.hears('completion:done', (body) => body.completionId === completionId, timeoutMs);
}

/** Resolves when the model has seen so many requests. */
export function modelAsked(world: AiWorld, requests: number): Promise<void> {
  return eventually(`the model is asked ${requests} times`, () => world.model.requests.length >= requests);
}
