import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_LIMITS } from '@tandem/protocol';
import { pino } from 'pino';
import { MemoryUpdateLog } from '../../adapters/memory/memory-update-log.js';
import { DocumentState } from '../../core/document/document-state.js';
import { Room } from '../../core/document/room/room.js';
import { StoreUnavailable } from '../../core/document/update-log.js';
import { HeadWatch, type Look } from './head-watch.js';

/** Longer than a look may be old. */
const PAUSE_MS = 10_000;

/** What is done about a room, and when it is done. */
class Work {
  readonly looks: Look[] = [];
  private readonly waiting: { resolve(): void; reject(error: Error): void }[] = [];

  begin(look: Look): Promise<void> {
    this.looks.push(look);
    return new Promise((resolve, reject) => void this.waiting.push({ resolve, reject }));
  }

  end(error?: Error): void {
    const { resolve, reject } = this.waiting.shift()!;
    if (error) reject(error);
    else resolve();
  }
}

describe('HeadWatch', () => {
  let watch: HeadWatch;
  afterEach(async () => {
    jest.restoreAllMocks();
    await watch.stop();
  });

  /** Two rooms, a watch that has begun, and a clock that the test moves. */
  function world() {
    const log = new MemoryUpdateLog();
    const rooms = ['slow', 'quick'].map((id) => {
      log.create(id, 'p');
      return new Room(id, 'p', 'text', DocumentState.empty('text'), 1, 1, DEFAULT_LIMITS);
    });
    const [slow, quick] = rooms as [Room, Room];
    const work = new Map(rooms.map((room) => [room, new Work()]));
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const logger = pino({ level: 'silent' });
    watch = new HeadWatch(rooms, log, (room, look) => work.get(room)!.begin(look), logger);
    watch.start();
    const pause = () => now.mockReturnValue(performance.now() + PAUSE_MS);
    return { log, slow, quick, work: { slow: work.get(slow)!, quick: work.get(quick)! }, pause };
  }
  const turn = () => new Promise(setImmediate);

  it('D7: a room that takes long keeps neither the others nor the next look waiting', async () => {
    const { work } = world();
    await watch.look();
    await turn();
    work.quick.end();
    await turn();
    await watch.look();
    await turn();
    expect([work.slow.looks.length, work.quick.looks.length]).toEqual([1, 2]);
    work.slow.end();
    work.quick.end();
    await turn();
    await watch.look();
    await turn();
    expect(work.slow.looks.length).toBe(2);
    work.slow.end();
    work.quick.end();
  });

  it('after a pause a room may be entered when it has been brought back, whatever the others do', async () => {
    const { slow, quick, work, pause } = world();
    pause();
    expect(watch.isStale).toBe(true);
    await watch.look();
    expect(watch.isStale).toBe(false);
    await turn();
    expect(work.quick.looks).toMatchObject([{ isStale: true }]);
    let isBack = false;
    void watch.whenBack(slow).then(() => {
      isBack = true;
    });
    work.quick.end();
    await watch.whenBack(quick);
    expect(isBack).toBe(false);
    work.slow.end();
    await turn();
    expect(isBack).toBe(true);
  });

  it('a pause while a room is under way: what was begun before it does not count', async () => {
    const { slow, work, pause } = world();
    await watch.look();
    await turn();
    pause();
    await watch.look();
    const back = watch.whenBack(slow);
    work.slow.end();
    work.quick.end();
    await turn();
    expect(work.slow.looks).toMatchObject([{ isStale: false }, { isStale: true }]);
    work.slow.end();
    work.quick.end();
    await back;
  });

  it('a room that cannot be brought back is not entered until it can', async () => {
    const { slow, work, pause } = world();
    pause();
    await watch.look();
    await turn();
    work.quick.end();
    work.slow.end(new StoreUnavailable('away'));
    await expect(watch.whenBack(slow)).rejects.toBeInstanceOf(StoreUnavailable);
    await turn();
    await watch.look();
    await turn();
    expect(work.slow.looks[1]).toMatchObject({ isStale: true });
    work.slow.end();
    work.quick.end();
    await watch.whenBack(slow);
  });

  it('goes on being stale when the heads cannot be read', async () => {
    const { log, pause } = world();
    pause();
    jest.spyOn(log, 'heads').mockRejectedValue(new StoreUnavailable('away'));
    await expect(watch.look()).rejects.toBeInstanceOf(StoreUnavailable);
    expect(watch.isStale).toBe(true);
  });
});
