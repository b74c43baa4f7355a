import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TandemError } from '@tandem/protocol';
import { pino } from 'pino';
import { InProcessNodeBus } from '../../adapters/memory/in-process-node-bus.js';
import { MemoryChangeLog } from '../../adapters/memory/memory-change-log.js';
import { BusChanges } from '../../core/access/bus-changes.js';
import { ChangeFeed } from '../../core/access/change-feed.js';
import type { News } from '../../core/access/change-log.js';
import type { Change } from '../../core/access/changes.js';
import type { LogPosition } from '../../core/access/log-position.js';
import { ChangeWatch } from './change-watch.js';

const revoked = (sessionId: string): Change => ({ type: 'session.revoked', sessionId });

/** A log that counts how often it is asked, and whose database may be away, or silent. */
class FaultyLog extends MemoryChangeLog {
  state: 'there' | 'away' | 'silent' = 'there';
  looks = 0;
  prunes = 0;

  override async news(since: LogPosition | undefined): Promise<News> {
    this.looks++;
    if (this.state === 'silent') return new Promise(() => undefined);
    if (this.state === 'away') throw new TandemError('store_unavailable');
    return super.news(since);
  }
  override async prune(): Promise<void> {
    this.prunes++;
    await super.prune();
  }
}

let log: FaultyLog;
let heard: Change[];
let lost: number;
let watch: ChangeWatch;
let lines: string[];

function open(isAlone = false): ChangeWatch {
  const fail = (error: unknown) => {
    throw error;
  };
  const changes = new BusChanges(new InProcessNodeBus(fail), fail, isAlone ? undefined : new ChangeFeed());
  changes.subscribe((change) => heard.push(change));
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  return new ChangeWatch(log, changes, { isAlone, onLost: () => lost++ }, logger);
}

beforeEach(() => {
  jest.useFakeTimers();
  log = new FaultyLog();
  heard = [];
  lost = 0;
  lines = [];
  watch = open();
});
afterEach(() => {
  watch.stop();
  jest.useRealTimers();
});

const seconds = (count: number) => jest.advanceTimersByTimeAsync(count * 1000);

describe('ChangeWatch', () => {
  it('D8: tells within a second what nobody has rung for, and nothing of before its start', async () => {
    log.begin(revoked('before')).commit();
    await watch.start();
    log.begin(revoked('after')).commit();
    await seconds(1);
    expect(heard).toEqual([revoked('after')]);
    await seconds(60);
    expect([heard.length, lost]).toEqual([1, 0]);
  });

  it('asks once a second while the database is away, says so once, and misses nothing', async () => {
    await watch.start();
    log.state = 'away';
    log.begin(revoked('meanwhile')).commit();
    log.looks = 0;
    await seconds(30);
    expect(log.looks).toBe(30);
    expect(lines).toHaveLength(1);
    log.state = 'there';
    await seconds(1);
    expect(heard).toEqual([revoked('meanwhile')]);
    expect(lost).toBe(0);
  });

  it('asks a database that does not answer once, and ends without it', async () => {
    await watch.start();
    log.state = 'silent';
    log.looks = 0;
    await seconds(30);
    watch.stop();
    await seconds(30);
    expect(log.looks).toBe(1);
  });

  it('gives up all that is open here when it has missed what is not kept any more', async () => {
    await watch.start();
    log.state = 'away';
    for (const id of ['1', '2', '3']) log.begin(revoked(id)).commit();
    await seconds(5);
    await log.prune();
    log.state = 'there';
    await seconds(1);
    expect([heard, lost]).toEqual([[], 1]);
    log.begin(revoked('4')).commit();
    await seconds(1);
    expect([heard, lost]).toEqual([[revoked('4')], 1]);
  });

  it('gives up what connected before it knew where it stands', async () => {
    log.state = 'away';
    await watch.start();
    log.state = 'there';
    await seconds(1);
    expect(lost).toBe(1);
    await seconds(10);
    expect(lost).toBe(1);
  });

  it('has old changes forgotten when looks have succeeded for a minute, not right after an outage', async () => {
    await watch.start();
    await seconds(50);
    log.state = 'away';
    await seconds(30);
    log.state = 'there';
    await seconds(50);
    expect(log.prunes).toBe(0);
    await seconds(15);
    expect(log.prunes).toBe(1);
  });

  it('does not look where there is no other node, and forgets all the same', async () => {
    watch = open(true);
    await watch.start();
    await seconds(9 * 60);
    expect([log.looks, log.prunes]).toEqual([0, 0]);
    await seconds(60);
    expect([log.looks, log.prunes]).toEqual([0, 1]);
  });
});
