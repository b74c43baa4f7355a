import { describe, expect, it } from '@jest/globals';
import type { Outgoing } from '../../../core/bus/outbox.js';
import { PayloadReader, toPayloads } from './notify-payload.js';

const outgoing = (topic: string, value: unknown): Outgoing => ({ topic, text: JSON.stringify(value) });
const payloadsOf = (batch: readonly Outgoing[], sender: string, number: number) =>
  toPayloads(batch, sender, number).map(({ text }) => text);
const reader = (isWanted = (_topic: string) => true) => new PayloadReader('me', isWanted);
const readAll = (to: PayloadReader, payloads: string[]) =>
  payloads.flatMap((payload) => JSON.parse(to.read(payload, 0)?.texts ?? '[]') as unknown[]);

describe('payloads of NOTIFY', () => {
  it('hold many small messages, in the order of each topic, within what PostgreSQL takes', () => {
    const batch = Array.from({ length: 2000 }, (_, index) => outgoing(`project-${index % 3}`, { index, text: '€uro' }));
    const payloads = payloadsOf(batch, 'sender', 7);
    expect(payloads.length).toBeLessThan(20);
    for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(7900);
    for (const topic of ['project-0', 'project-1', 'project-2']) {
      const read = readAll(
        reader((wanted) => wanted === topic),
        payloads,
      );
      expect(read).toEqual(batch.filter((one) => one.topic === topic).map(({ text }) => JSON.parse(text)));
    }
  });

  it('carry a large message in parts, cut between characters', () => {
    const large = { text: '😀€ä'.repeat(9000) };
    const payloads = payloadsOf([outgoing('p', 1), outgoing('p', large), outgoing('p', 2)], 'sender', 7);
    for (const payload of payloads) {
      expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(7900);
      expect(payload).not.toContain('\ufffd');
    }
    expect(readAll(reader(), payloads)).toEqual([1, large, 2]);
  });

  it('differ, since PostgreSQL joins equal ones', () => {
    const batch = [outgoing('p', 'x'.repeat(5000)), outgoing('p', 'x'.repeat(5000))];
    const payloads = [...payloadsOf(batch, 'sender', 1), ...payloadsOf(batch, 'sender', 2)];
    expect(new Set(payloads).size).toBe(4);
  });
});

describe('PayloadReader', () => {
  const large = (value: string, sender: string, batch = 1) =>
    payloadsOf([outgoing('p', value.repeat(20_000))], sender, batch);

  it('leaves out its own, the unwanted and what it cannot read', () => {
    expect(reader().read(payloadsOf([outgoing('p', 1)], 'me', 1)[0]!, 0)).toBeUndefined();
    expect(reader(() => false).read(payloadsOf([outgoing('p', 1)], 'other', 1)[0]!, 0)).toBeUndefined();
    expect(reader().read('', 0)).toBeUndefined();
    expect(reader().read('hello', 0)).toBeUndefined();
  });

  it('joins the parts of several senders that arrive mixed', () => {
    const [a, b] = [large('a', 'one'), large('b', 'two')];
    const mixed = a.flatMap((payload, index) => [payload, b[index]!]);
    expect(readAll(reader(), mixed)).toEqual(['a'.repeat(20_000), 'b'.repeat(20_000)]);
  });

  it('drops a message of which a part is missing, and forgets it', () => {
    const to = reader();
    const parts = large('a', 'one');
    expect(readAll(to, parts.slice(1))).toEqual([]);
    expect(readAll(to, [parts[0]!, parts[2]!])).toEqual([]);
    expect(readAll(to, large('b', 'one', 2))).toEqual(['b'.repeat(20_000)]);
    expect(to.unfinishedCount).toBe(0);
  });

  it('keeps few unfinished messages, and none for long', () => {
    const to = reader();
    for (let sender = 0; sender < 1000; sender++) to.read(large('a', `sender-${sender}`)[0]!, 0);
    expect(to.unfinishedCount).toBeLessThan(100);
    to.read(large('a', 'late')[0]!, 60_000);
    expect(to.unfinishedCount).toBe(1);
  });
});
