import { describe, expect, test } from '@jest/globals';
import { DocumentLane } from './document-lane.js';

describe('DocumentLane', () => {
  test('what need not wait is done before the call returns', () => {
    const lane = new DocumentLane();
    expect(lane.run(() => 'first')).toBe('first');
    expect(lane.run(() => 'second')).toBe('second');
  });

  test('while one waits, those behind it wait in their order, each for the one before', async () => {
    const lane = new DocumentLane();
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const done: string[] = [];
    const slow = (name: string, gate: Promise<void>) => async () => {
      done.push(`${name} begins`);
      await gate;
      done.push(`${name} ends`);
    };
    const all = [
      lane.run(slow('open', gates[0].promise)),
      lane.run(() => done.push('edit 1')),
      lane.run(slow('edit 2', gates[1].promise)),
      lane.run(() => done.push('edit 3')),
    ];
    expect(done).toEqual(['open begins']);
    gates[1].resolve();
    await gates[1].promise;
    expect(done).toEqual(['open begins']);
    gates[0].resolve();
    await Promise.all(all);
    expect(done).toEqual(['open begins', 'open ends', 'edit 1', 'edit 2 begins', 'edit 2 ends', 'edit 3']);
  });

  test('one that comes in the turn in which another ends does not overtake those that wait', async () => {
    const lane = new DocumentLane();
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const done: string[] = [];
    const first = lane.run(() => gates[0].promise);
    const second = lane.run(() => gates[1].promise.then(() => done.push('second')));
    gates[0].resolve();
    await first;
    // All that follows from the end of the first has happened; the second is under way.
    await new Promise(setImmediate);
    const third = lane.run(() => done.push('third'));
    gates[1].resolve();
    await Promise.all([second, third]);
    expect(done).toEqual(['second', 'third']);
  });

  test('it is idle again afterwards', async () => {
    const lane = new DocumentLane();
    await lane.run(async () => 'slow');
    await lane.run(() => 'behind it');
    await new Promise(setImmediate);
    expect(lane.run(() => 'at once')).toBe('at once');
  });

  test('an error is the caller’s alone: those behind it run', async () => {
    const lane = new DocumentLane();
    expect(() =>
      lane.run(() => {
        throw new Error('at once');
      }),
    ).toThrow('at once');
    const failing = lane.run(() => Promise.reject(new Error('later')));
    const thrower = lane.run(() => {
      throw new Error('while it waited');
    });
    const behind = lane.run(() => 'done');
    await expect(failing).rejects.toThrow('later');
    await expect(thrower).rejects.toThrow('while it waited');
    expect(await behind).toBe('done');
  });
});
