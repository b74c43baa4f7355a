import { describe, expect, it } from '@jest/globals';
import { InProcessNodeBus, NodeHub } from '../../adapters/memory/in-process-node-bus.js';
import { eventually } from '../../testing/eventually.js';
import { NodeBus, type PublishOptions } from '../bus/node-bus.js';
import { Outbox } from '../bus/outbox.js';
import { BusRoomBus } from '../document/bus-room-bus.js';
import { BusChanges } from './bus-changes.js';
import { ChangeFeed } from './change-feed.js';
import type { Change, WrittenChange } from './changes.js';
import { LogPosition } from './log-position.js';

const revoked = (sessionId: string): Change => ({ type: 'session.revoked', sessionId });
let ids = 0;
const written = (change: Change): WrittenChange => ({ id: ++ids, transaction: 1000 + ids, change });

function nodes(count: number) {
  const hub = new NodeHub();
  const errors: unknown[] = [];
  const report = (error: unknown) => errors.push(error);
  const changes = Array.from({ length: count }, () => new BusChanges(new InProcessNodeBus(report, hub), report));
  return { changes, errors };
}

function hear(changes: BusChanges): { heard: Change[]; leave: () => void } {
  const heard: Change[] = [];
  return { heard, leave: changes.subscribe((change) => heard.push(change)) };
}

/** Its carrier is not there yet. */
class AwayBus extends NodeBus {
  override readonly takesBulk = true;
  readonly sent: unknown[] = [];
  private isOpen = false;
  private readonly outbox = new Outbox(
    {
      isOpen: () => this.isOpen,
      send: async (batch) => void this.sent.push(...batch.map(({ text }) => JSON.parse(text) as unknown)),
    },
    { gapMs: 0, pause: () => Promise.resolve() },
  );

  override publish(topic: string, message: object, options?: PublishOptions): void {
    this.outbox.push(topic, message, options);
  }
  override subscribe() {
    return () => undefined;
  }
  override watch() {
    return () => undefined;
  }
  override async close(): Promise<void> {}

  async comeBack(): Promise<void> {
    this.isOpen = true;
    this.outbox.wake();
    await eventually('all is sent', () => this.outbox.waitingSize === 0);
  }
}

describe('BusChanges', () => {
  it('tells those of this process before it returns, and the other nodes once', async () => {
    const { changes } = nodes(3);
    const [here, second, third] = changes.map(hear);
    changes[0]!.publish(written(revoked('1')));
    expect(here!.heard).toEqual([revoked('1')]);
    await eventually('the others hear it', () => second!.heard.length + third!.heard.length >= 2);
    expect([here, second, third].map((one) => one!.heard)).toEqual(Array(3).fill([revoked('1')]));
  });

  it('tells each listener as long as it stays', async () => {
    const { changes } = nodes(2);
    const [stays, leaves, here] = [hear(changes[1]!), hear(changes[1]!), hear(changes[0]!)];
    leaves.leave();
    leaves.leave();
    here.leave();
    changes[0]!.publish(written(revoked('1')));
    await eventually('who stays hears it', () => stays.heard.length === 1);
    expect([leaves.heard, here.heard]).toEqual([[], []]);
  });

  it('lets no listener keep the others, or the one who made the change, from going on', async () => {
    const { changes, errors } = nodes(2);
    for (const each of changes) {
      each.subscribe(() => {
        throw new Error('a listener of this test');
      });
    }
    const [here, there] = changes.map(hear);
    changes[0]!.publish(written(revoked('1')));
    await eventually('both hear it', () => here!.heard.length === 1 && there!.heard.length === 1);
    expect(errors).toEqual(Array(2).fill(new Error('a listener of this test')));
  });

  it('tells a change once, whether the bus or a look at the log is first to tell of it', async () => {
    const hub = new NodeHub();
    const fail = (error: unknown) => {
      throw error;
    };
    const [there, here] = [1, 2].map(() => new BusChanges(new InProcessNodeBus(fail, hub), fail, new ChangeFeed()));
    const { heard } = hear(here!);
    const [own, rung, found] = ['own', 'rung', 'found'].map((id) => written(revoked(id)));
    here!.publish(own!);
    there!.publish(rung!);
    await eventually('the bus has told', () => heard.length === 2);
    const seen = new LogPosition({ snapshot: `${ids + 1001}:${ids + 1001}:`, newest: ids, at: 0 });
    expect(here!.take({ seen, changes: [own!, rung!, found!], isWhole: true })).toBe(true);
    expect(heard).toEqual([own, rung, found].map((one) => one!.change));
    there!.publish(found!);
    const last = written(revoked('last'));
    there!.publish(last);
    await eventually('the bus has told', () => heard.length === 4);
    expect(heard.at(-1)).toEqual(last.change);
  });

  it('is not pushed out of a bus that is away by what others can do without (D8)', async () => {
    const bus = new AwayBus();
    new BusChanges(bus, () => undefined).publish(written(revoked('stolen')));
    const rooms = new BusRoomBus(bus);
    const documentId = 'd';
    for (let seq = 1; seq <= 5000; seq++) {
      rooms.publish({ type: 'cursors', documentId, node: 'n', update: new Uint8Array(500) });
      rooms.publish({ type: 'edits', documentId, epoch: 1, fromSeq: seq, seq, update: new Uint8Array(500) });
    }
    await bus.comeBack();
    expect(bus.sent.length).toBeLessThan(10_000);
    expect(bus.sent[0]).toMatchObject({ change: revoked('stolen') });
  });
});
