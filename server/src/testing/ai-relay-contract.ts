import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { AiCommand, AiMessage, AiRelay, CompletionDelta, CompletionDone } from '../core/ai/ai-relay.js';
import { BusAiRelay } from '../core/ai/bus-ai-relay.js';
import { eventually } from './eventually.js';
import type { OpenNodes } from './node-bus-contract.js';

export interface RelaysUnderTest {
  /** Two nodes that reach each other. */
  readonly a: AiRelay;
  readonly b: AiRelay;
  /** What they reported. */
  readonly errors: unknown[];
  /** Closes both. */
  stop(): Promise<void>;
}

/** The relay over two nodes. */
export const relaysOver = (open: OpenNodes) => async (): Promise<RelaysUnderTest> => {
  const { a: ofA, b: ofB, errors, ...nodes } = await open();
  const [a, b] = [ofA, ofB].map((bus) => new BusAiRelay(bus, (error) => errors.push(error)));
  const stop = async () => {
    await Promise.all([a!.close(), b!.close()]);
    await nodes.stop();
  };
  return { a: a!, b: b!, errors, stop };
};

/** What every relay promises, over any bus. */
export function aiRelayContract(open: () => Promise<RelaysUnderTest>): void {
  let relays: RelaysUnderTest;
  let projectId: string;
  beforeEach(async () => {
    relays = await open();
    projectId = randomUUID();
  });
  afterEach(() => relays.stop());

  it('brings the messages of one sender in their order to all nodes that watch, each once', async () => {
    const { a, b } = relays;
    const [atA, atB] = [hear(a, projectId), hear(b, projectId)];
    await connected(a, b, projectId);
    const count = 5000;
    for (let index = 0; index < count; index++) {
      a.publish(delta(projectId, index));
      // In bursts, as models write.
      if (index % 97 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually('all have arrived', () => atA.length >= count && atB.length >= count);
    await connected(a, b, projectId);
    const expected = Array.from({ length: count }, (_, index) => index);
    expect(atA.map(({ index }) => index)).toEqual(expected);
    expect(atB.map(({ index }) => index)).toEqual(expected);
  });

  it('brings what both nodes send, each in its order', async () => {
    const { a, b } = relays;
    const atB = hear(b, projectId);
    await connected(a, b, projectId);
    for (let index = 0; index < 200; index++) {
      a.publish(delta(projectId, index, 'of a'));
      b.publish(delta(projectId, index, 'of b'));
    }
    await eventually('all have arrived', () => atB.length >= 400);
    for (const text of ['of a', 'of b']) {
      const indexes = atB.filter((message) => message.text === text).map(({ index }) => index);
      expect(indexes).toEqual(Array.from({ length: 200 }, (_, index) => index));
    }
  });

  it('brings nothing of a project that nobody watches, or nobody any more', async () => {
    const { a, b } = relays;
    const other = randomUUID();
    const atB = deltas(b, projectId);
    const unwatch = b.watch(projectId);
    const again = b.watch(projectId);
    const otherAtB: AiMessage[] = [];
    b.subscribe((message) => message.projectId === other && otherAtB.push(message));
    await connected(a, b, projectId);

    a.publish(delta(other, 1));
    a.publish(delta(projectId, 1));
    await eventually('it has arrived', () => atB.length === 1);

    again();
    again();
    a.publish(delta(projectId, 2));
    await eventually('the first watch counts', () => atB.length === 2);

    unwatch();
    const marker = hear(b, other);
    await connected(a, b, other);
    a.publish(delta(projectId, 3));
    a.publish(delta(other, 3));
    await eventually('the marker has arrived', () => marker.some(({ index }) => index === 3));
    expect(atB).toHaveLength(2);
    expect(otherAtB.filter((message) => message.type === 'delta' && message.index === 1)).toEqual([]);
  });

  it('stops telling a listener that left', async () => {
    const { a, b } = relays;
    const heard = hear(b, projectId);
    await connected(a, b, projectId);
    const left: AiMessage[] = [];
    const leave = b.subscribe((message) => left.push(message));
    leave();
    leave();
    a.publish(delta(projectId, 1));
    await eventually('the other has it', () => heard.length === 1);
    expect(left).toEqual([]);
  });

  it('brings commands to all nodes, those who sent them included', async () => {
    const { a, b } = relays;
    const [atA, atB] = [commands(a), commands(b)];
    b.watch(projectId);
    await connected(a, b, projectId);
    const sent: AiCommand[] = Array.from({ length: 50 }, (_, index) => ({
      type: index % 2 ? 'cancel' : 'replay',
      requestId: String(index),
    }));
    for (const command of sent) a.command(command);
    // Equal ones are as many commands.
    b.command({ type: 'cancel', requestId: 'same' });
    b.command({ type: 'cancel', requestId: 'same' });
    const ofA = (list: AiCommand[]) => list.filter(({ requestId }) => requestId !== 'same');
    await eventually('all have arrived', () => atA.length >= 52 && atB.length >= 52);
    expect(ofA(atA)).toEqual(sent);
    expect(ofA(atB)).toEqual(sent);
    expect([atA.length, atB.length]).toEqual([52, 52]);
  });

  it('brings large messages, in their place among small ones', async () => {
    const { a, b } = relays;
    const heard = hearAll(b, projectId);
    await connected(a, b, projectId);
    const sent = [
      delta(projectId, 1),
      done(projectId, 'ä€😀\u0000"\\\n'.repeat(20_000)),
      delta(projectId, 2),
      done(projectId, '€'),
    ];
    for (const message of sent) a.publish(message);
    await eventually('all have arrived', () => heard.length >= sent.length);
    expect(heard).toEqual(sent);
  });

  it('brings any text', async () => {
    const { a, b } = relays;
    const heard = hear(b, projectId);
    await connected(a, b, projectId);
    const texts = ['', '\u0000', 'é', '漢字', '👩‍👩‍👧‍👦', '\ud800', ' [1] ', "'; --", '\r\n\u2028', '€'.repeat(2631)];
    for (const [index, text] of texts.entries()) a.publish(delta(projectId, index, text));
    await eventually('all have arrived', () => heard.length >= texts.length);
    expect(heard.map(({ text }) => text)).toEqual(texts);
  });

  it('goes on when a listener throws, and reports it', async () => {
    const { a, b, errors } = relays;
    b.subscribe(() => {
      throw new Error('a listener of this test');
    });
    b.onCommand(() => {
      throw new Error('a listener of this test');
    });
    const heard = hear(b, projectId);
    const heardCommands = commands(b);
    await connected(a, b, projectId);
    a.publish(delta(projectId, 1));
    a.publish(delta(projectId, 2));
    a.command({ type: 'cancel', requestId: '1' });
    await eventually('all have arrived', () => heard.length === 2 && heardCommands.length === 1);
    expect(errors).toContainEqual(new Error('a listener of this test'));
    errors.length = 0;
  });

  it('does not call a listener before `publish` has returned', async () => {
    const { a } = relays;
    const heard = hear(a, projectId);
    a.publish(delta(projectId, 1));
    expect(heard).toEqual([]);
    await eventually('it has arrived', () => heard.length === 1);
  });

  it('sends what waits when it is closed, and nothing afterwards', async () => {
    const { a, b } = relays;
    const heard = hear(b, projectId);
    await connected(a, b, projectId);
    for (let index = 0; index < 300; index++) a.publish(delta(projectId, index));
    await a.close();
    await eventually('all have arrived', () => heard.length >= 300);
    a.publish(delta(projectId, 300));
    a.command({ type: 'cancel', requestId: 'late' });
    expect(heard).toHaveLength(300);
  });
}

/** Resolves when what `a` sends to the project reaches `b`, and with it all that it sent before. */
export async function connected(a: AiRelay, b: AiRelay, projectId: string): Promise<void> {
  const probe = randomUUID();
  let isThere = false;
  const leave = b.subscribe((message) => {
    isThere ||= message.type === 'progress' && message.runId === probe;
  });
  await eventually('the nodes hear each other', () => {
    a.publish({ type: 'progress', projectId, runId: probe, done: 0, total: 0, state: 'running' });
    return isThere;
  });
  leave();
}

/** The deltas that arrive from now on. */
export function hear(relay: AiRelay, projectId: string): CompletionDelta[] {
  relay.watch(projectId);
  return deltas(relay, projectId);
}

function deltas(relay: AiRelay, projectId: string): CompletionDelta[] {
  const heard: CompletionDelta[] = [];
  relay.subscribe((message) => {
    if (message.type === 'delta' && message.projectId === projectId) heard.push(message);
  });
  return heard;
}

function hearAll(relay: AiRelay, projectId: string): AiMessage[] {
  const heard: AiMessage[] = [];
  relay.watch(projectId);
  relay.subscribe((message) => {
    if (message.type !== 'progress' && message.projectId === projectId) heard.push(message);
  });
  return heard;
}

export function commands(relay: AiRelay): AiCommand[] {
  const heard: AiCommand[] = [];
  relay.onCommand((command) => heard.push(command));
  return heard;
}

const COMPLETION = { documentId: randomUUID(), completionId: randomUUID() };

export function delta(projectId: string, index: number, text = `text ${index}`): CompletionDelta {
  return { type: 'delta', ...COMPLETION, projectId, attempt: 1, index, alternative: 0, text };
}

function done(projectId: string, text: string): CompletionDone {
  return {
    type: 'done',
    ...COMPLETION,
    projectId,
    userId: randomUUID(),
    attempt: 1,
    outcome: 'complete',
    texts: [text],
    deltas: 1,
    model: 'local',
    usage: { promptTokens: 1, completionTokens: 2, estimated: false },
  };
}
