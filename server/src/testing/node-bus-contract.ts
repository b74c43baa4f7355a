import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { NodeBus } from '../core/bus/node-bus.js';
import { eventually } from './eventually.js';

export interface NodesUnderTest {
  /** Two nodes that reach each other. */
  readonly a: NodeBus;
  readonly b: NodeBus;
  /** What they reported. */
  readonly errors: unknown[];
  /** Closes both. */
  stop(): Promise<void>;
}

export type OpenNodes = () => Promise<NodesUnderTest>;

/** Two buses that `open` makes, each with what reports its errors. */
export function nodesUnderTest(open: (report: (error: unknown) => void) => NodeBus): NodesUnderTest {
  const errors: unknown[] = [];
  const [a, b] = [open((error) => errors.push(error)), open((error) => errors.push(error))];
  const stop = async () => {
    await Promise.all([a.close(), b.close()]);
  };
  return { a, b, errors, stop };
}

/** What every bus promises; each adapter's spec runs it. */
export function nodeBusContract(open: OpenNodes): void {
  let nodes: NodesUnderTest;
  let topic: string;
  beforeEach(async () => {
    nodes = await open();
    topic = `family:${randomUUID()}`;
  });
  afterEach(() => nodes.stop());

  it('brings what one node sends in its order to the others, each once, and nothing to itself', async () => {
    const { a, b } = nodes;
    const [atA, atB] = [hearNotes(a, topic), hearNotes(b, topic)];
    await reached(a, b, topic);
    const count = 5000;
    for (let n = 0; n < count; n++) {
      a.publish(topic, note(n));
      if (n % 97 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually('all have arrived', () => atB.length >= count);
    await reached(a, b, topic);
    expect(numbers(atB)).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(atA).toEqual([]);
  });

  it('brings what both nodes send', async () => {
    const { a, b } = nodes;
    const [atA, atB] = [hearNotes(a, topic), hearNotes(b, topic)];
    await reached(a, b, topic);
    await reached(b, a, topic);
    for (let n = 0; n < 200; n++) {
      a.publish(topic, note(n, 'of a'));
      b.publish(topic, note(n, 'of b'));
    }
    await eventually('all have arrived', () => atA.length >= 200 && atB.length >= 200);
    const expected = (text: string) => Array.from({ length: 200 }, (_, n) => note(n, text));
    expect([atA, atB]).toEqual([expected('of b'), expected('of a')]);
  });

  it('brings nothing of a topic that nobody watches, or nobody any more', async () => {
    const { a, b } = nodes;
    const other = `family:${randomUUID()}`;
    const unwatch = b.watch(topic);
    const again = b.watch(topic);
    const [heard, others] = [notes(b, topic), notes(b, other)];
    await reached(a, b, topic);
    a.publish(other, note(1));
    a.publish(topic, note(1));
    await eventually('it has arrived', () => heard.length === 1);

    again();
    again();
    a.publish(topic, note(2));
    await eventually('the first watch counts', () => heard.length === 2);

    unwatch();
    b.watch(other);
    await reached(a, b, other);
    a.publish(topic, note(3));
    a.publish(other, note(3));
    await eventually('the other topic is heard', () => others.length > 0);
    expect(numbers(others)).toEqual([3]);
    expect(numbers(heard)).toEqual([1, 2]);

    b.watch(topic);
    await reached(a, b, topic);
    a.publish(topic, note(4));
    await eventually('it is heard again', () => heard.length === 3);
  });

  it('keeps a family and its topics apart', async () => {
    const { a, b } = nodes;
    const family = 'other-family';
    const topics = [family, `${family}:1`, `${family}:10`];
    const heard: [string, object][] = [];
    const isOfTest = (of: string, message: object) => topics.includes(of) && 'n' in message;
    b.watch(topic);
    b.watch(`${family}:1`);
    b.subscribe((of, message) => isOfTest(of, message) && heard.push([of, message]));
    await reached(a, b, `${family}:1`);
    for (const each of [...topics, ...topics]) a.publish(each, note(1, each));
    await eventually('those that are watched arrive', () => heard.length >= 2);
    await reached(a, b, topic);
    const expected = [`${family}:1`, note(1, `${family}:1`)];
    expect(heard).toEqual([expected, expected]);
  });

  it('stops telling a listener that left', async () => {
    const { a, b } = nodes;
    const heard = hearNotes(b, topic);
    const left: object[] = [];
    const leave = b.subscribe((_topic, message) => left.push(message));
    leave();
    leave();
    await reached(a, b, topic);
    a.publish(topic, note(1));
    await eventually('the other has it', () => heard.length === 1);
    expect(left).toEqual([]);
  });

  it('brings large messages in their place among small ones, and any text', async () => {
    const { a, b } = nodes;
    const heard = hearNotes(b, topic);
    await reached(a, b, topic);
    const texts = [
      'small',
      'ä€😀\u0000"\\\n'.repeat(20_000),
      ...['', '\u0000', 'é', '👩‍👩‍👧‍👦', '\ud800', ' [1] ', "'; --", '\r\n\u2028', '€'.repeat(2631)],
    ];
    for (const [n, text] of texts.entries()) a.publish(topic, note(n, text));
    await eventually('all have arrived', () => heard.length >= texts.length);
    expect(heard).toEqual(texts.map((text, n) => note(n, text)));
  });

  it('brings equal messages as often as they were sent', async () => {
    const { a, b } = nodes;
    const heard = hearNotes(b, topic);
    await reached(a, b, topic);
    for (let times = 0; times < 3; times++) a.publish(topic, note(1));
    a.publish(topic, note(2));
    await eventually('the last has arrived', () => heard.length >= 4);
    expect(numbers(heard)).toEqual([1, 1, 1, 2]);
  });

  it('brings the newest under a key, after what was sent before it', async () => {
    const { a, b } = nodes;
    const heard = hearNotes(b, topic);
    await reached(a, b, topic);
    for (let n = 0; n < 1000; n++) a.publish(topic, note(n), n % 10 === 0 ? {} : { key: 'k' });
    await eventually('the newest has arrived', () => heard.at(-1)?.n === 999);
    expect(numbers(heard)).toEqual(numbers(heard).sort((x, y) => x - y));
    expect(numbers(heard).filter((n) => n % 10 === 0)).toHaveLength(100);
  });

  it('tells a listener what was said, not what the sender made of it afterwards', async () => {
    const { a, b } = nodes;
    const heard = hearNotes(b, topic);
    await reached(a, b, topic);
    const message = { ...note(1) };
    a.publish(topic, message);
    message.n = 2;
    await eventually('it has arrived', () => heard.length === 1);
    expect(numbers(heard)).toEqual([1]);
  });

  it('goes on when a listener throws, and reports it', async () => {
    const { a, b, errors } = nodes;
    b.subscribe(() => {
      throw new Error('a listener of this test');
    });
    const heard = hearNotes(b, topic);
    await reached(a, b, topic);
    a.publish(topic, note(1));
    a.publish(topic, note(2));
    await eventually('both have arrived', () => heard.length === 2);
    expect(errors).toContainEqual(new Error('a listener of this test'));
  });

  it('can be closed while it still connects, without a complaint', async () => {
    const hasty = await open();
    hasty.b.watch(topic);
    hasty.a.publish(topic, note(1));
    await hasty.stop();
    nodes.b.watch(topic);
    await reached(nodes.a, nodes.b, topic);
    expect(hasty.errors).toEqual([]);
  });

  it('sends what waits when it is closed, and nothing afterwards', async () => {
    const { a, b } = nodes;
    const heard = hearNotes(b, topic);
    await reached(a, b, topic);
    for (let n = 0; n < 300; n++) a.publish(topic, note(n));
    await a.close();
    await eventually('all have arrived', () => heard.length >= 300);
    a.publish(topic, note(300));
    expect(heard).toHaveLength(300);
  });
}

export interface Note {
  readonly n: number;
  readonly text: string;
}

export const note = (n: number, text = `text ${n}`): Note => ({ n, text });

const numbers = (heard: readonly Note[]) => heard.map(({ n }) => n);

/** The notes that arrive from now on. */
export function hearNotes(bus: NodeBus, topic: string): Note[] {
  bus.watch(topic);
  return notes(bus, topic);
}

function notes(bus: NodeBus, topic: string): Note[] {
  const heard: Note[] = [];
  bus.subscribe((of, message) => {
    if (of === topic && 'n' in message) heard.push(message as Note);
  });
  return heard;
}

/** Resolves when what `a` sends under the topic reaches `b`, which watches it, and with it all that it sent before. */
export async function reached(a: NodeBus, b: NodeBus, topic: string): Promise<void> {
  const probe = randomUUID();
  let isThere = false;
  const leave = b.subscribe((of, message) => {
    isThere ||= of === topic && 'probe' in message && message.probe === probe;
  });
  await eventually('the nodes reach each other', () => {
    a.publish(topic, { probe });
    return isThere;
  });
  leave();
}
