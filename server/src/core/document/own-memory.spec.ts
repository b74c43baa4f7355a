import { describe, expect, it } from '@jest/globals';
import { detached, OwnMemory } from './own-memory.js';

const MIB = 1024 * 1024;

/** So many bytes out of a message. */
const partOf = (message: ArrayBuffer, at: number, length: number) => Buffer.from(message, at, length);

function keptBuffers(memory: OwnMemory, parts: Iterable<Uint8Array>): { held: number; kept: number; copies: number } {
  const buffers = new Set<ArrayBufferLike>();
  let [kept, copies] = [0, 0];
  for (const part of parts) {
    const own = memory.keep(part);
    expect([...own]).toEqual([...part]);
    buffers.add(own.buffer);
    kept += own.length;
    if (own !== part) copies++;
  }
  let held = 0;
  for (const buffer of buffers) held += buffer.byteLength;
  return { held, kept, copies };
}

describe('OwnMemory', () => {
  it('does not copy what came alone, nor what takes up most of its message', () => {
    const memory = new OwnMemory();
    for (const [message, length] of [
      [300, 20],
      [1024, 5],
      [64 * 1024, 20_000],
      [MIB, MIB],
    ] as const) {
      const part = partOf(new ArrayBuffer(message), 0, length);
      expect(memory.keep(part)).toBe(part);
    }
  });

  it('A21: keeps no message of 1 MiB for an edit of 20 bytes', () => {
    const messages = Array.from({ length: 100 }, () => partOf(new ArrayBuffer(MIB), 500_000, 20).fill(7));
    const { held, kept } = keptBuffers(new OwnMemory(), messages);
    expect(kept).toBe(2000);
    expect(held).toBeLessThan(10_000);
  });

  it('A21: keeps what was read at once while what is kept of it is a fair part, and else copies', () => {
    function* edits(inEach: number, length: number): Iterable<Uint8Array> {
      for (let n = 0; n < 100; n++) {
        const read = new ArrayBuffer(64 * 1024);
        for (let i = 0; i < inEach; i++) yield partOf(read, i * 160, length);
      }
    }
    const flood = keptBuffers(new OwnMemory(), edits(400, 30));
    expect(flood.copies).toBeLessThan(40_000 / 10);
    expect(flood.held).toBeLessThan(20 * flood.kept);
    const sparse = keptBuffers(new OwnMemory(), edits(1, 20));
    expect(sparse.held).toBeLessThan(64 * 1024);
    // What has gathered in a flood is no licence for later.
    const memory = new OwnMemory();
    keptBuffers(memory, edits(400, 30));
    expect(keptBuffers(memory, edits(1, 20)).held).toBeLessThan(3 * 64 * 1024);
  });

  it('copies larger ones each for itself', () => {
    const part = partOf(new ArrayBuffer(MIB), 10, 100_000).fill(3);
    for (const copy of [new OwnMemory().keep(part), detached(part)]) {
      expect(copy.buffer.byteLength).toBe(100_000);
      expect(Buffer.from(copy).equals(part)).toBe(true);
    }
    const whole = new Uint8Array(5000);
    expect(detached(whole)).toBe(whole);
  });
});
