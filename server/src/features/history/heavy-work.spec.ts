import { expect, it } from '@jest/globals';
import { HeavyWork } from './heavy-work.js';

it('does two things at once, lets a few wait in their order, and refuses the rest', async () => {
  const heavy = new HeavyWork();
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const run = (n: number) =>
    heavy.run(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (n % 2) throw new Error(`${n} fails`);
      return n;
    });
  const outcomes = Array.from({ length: 32 }, (_, n) => run(n).catch((error: Error) => error.message));
  await expect(run(99)).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: expect.any(Number) });
  expect(begun).toEqual([0, 1]);
  for (let done = 0; done < 32; done++) {
    while (ends.length === 0) await Promise.resolve();
    ends.shift()!();
    await outcomes[done];
    expect(begun.length).toBeLessThanOrEqual(done + 3);
  }
  expect(await Promise.all(outcomes)).toEqual(Array.from({ length: 32 }, (_, n) => (n % 2 ? `${n} fails` : n)));
  expect(begun).toEqual(Array.from({ length: 32 }, (_, n) => n));
  // Its places are free again.
  const later = run(100);
  ends.at(-1)!();
  expect(await later).toBe(100);
});
