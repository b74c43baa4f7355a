import { setTimeout as delay } from 'node:timers/promises';
import type { ModelScript } from '../../../../src/testing/fake-model-server.js';
import type { PlainClient } from '../../../support/plain-client.js';
import { PlainEditor } from '../../../support/plain-editor.js';
import { question } from '../../support/ai-world.js';
import type { FaultWorld } from './fault-world.js';

/** Somebody with a document of many carets, and somebody else who looks at it. */
export interface Lane {
  readonly editor: PlainEditor;
  /** Another connection of the same person, without the document. */
  readonly second: PlainClient;
  readonly other: PlainClient;
  /** One for each request. */
  readonly carets: readonly Caret[];
}

export interface Caret {
  /** Stands in the prompt, before the caret. */
  readonly tag: number;
  readonly at: number;
}

const PEOPLE = 5;

/** `lanes` documents of five people with `each` carets, all of them open at one more person. */
export async function openLanes(world: FaultWorld, lanes: number, each: number): Promise<Lane[]> {
  const { sync } = world;
  const guest = await sync.person('Bob');
  const other = await sync.connect(guest);
  const people = await Promise.all(Array.from({ length: Math.min(PEOPLE, lanes) }, () => sync.person('Ada')));
  return Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const person = people[lane % people.length]!;
      const lines = Array.from({ length: each }, (_, n) => `const tag${lane * each + n} = `);
      const { documentId } = await sync.share(person, [[guest, 'editor']], { text: lines.join('\n') });
      const editor = await world.open(person, documentId);
      await PlainEditor.open(other, documentId);
      let at = -1;
      const carets = lines.map((line, n) => {
        at += 1 + line.length;
        return { tag: lane * each + n, at };
      });
      return { editor, second: await sync.connect(person), other, carets };
    }),
  );
}

/** Which caret a request to the model is about. */
export function tagOf(body: Readonly<Record<string, unknown>>): number {
  return Number(/tag(\d+) = $/.exec(String(body.prompt))?.[1]);
}

/** Words of one line, which no filter changes. */
export function words(count: number, name = 'w'): string[] {
  return Array.from({ length: count }, (_, n) => `${n === 0 ? '' : ' '}${name}${n}`);
}

/** Answers each caret by its own plan, one script for each try; the last one stays. */
export function answerByPlan(world: FaultWorld, planOf: (tag: number) => readonly ModelScript[]): void {
  const tries = new Map<number, number>();
  world.model.onRequest = ({ body }) => {
    const tag = tagOf(body);
    const plan = planOf(tag);
    const n = tries.get(tag) ?? 0;
    tries.set(tag, n + 1);
    return plan[Math.min(n, plan.length - 1)]!;
  };
}

/** Asks at the pace that the server allows; `sentAt` is of the try that was accepted. */
export async function askPatiently(
  editor: PlainEditor,
  place: { at: number },
): Promise<{ id: string; sentAt: number }> {
  for (;;) {
    const sentAt = performance.now();
    const answer = await editor.client.ask('completion:start', question(editor, place));
    if (answer.ok) return { id: answer.completionId, sentAt };
    if (answer.error.code !== 'rate_limited') throw new Error(`refused: ${answer.error.code}`);
    await delay(answer.error.retryAfterMs);
  }
}
