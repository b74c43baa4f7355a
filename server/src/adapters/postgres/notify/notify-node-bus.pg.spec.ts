import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { BusChanges } from '../../../core/access/bus-changes.js';
import { aiRelayContract, commands, connected, delta, hear, relaysOver } from '../../../testing/ai-relay-contract.js';
import { eventually } from '../../../testing/eventually.js';
import {
  hearNotes,
  type NodesUnderTest,
  nodeBusContract,
  nodesUnderTest,
  note,
  reached,
} from '../../../testing/node-bus-contract.js';
import { patience } from '../../../testing/patience.js';
import {
  createTestDatabase,
  type PrivatePostgres,
  startPrivatePostgres,
  type TestDatabase,
} from '../../../testing/postgres.js';
import {
  edits,
  connected as heardByRooms,
  hear as hearRoom,
  ofType,
  roomBusContract,
  roomBusesOver,
} from '../../../testing/room-bus-contract.js';
import { NotifyNodeBus } from './notify-node-bus.js';

const openAt = async (url: string) => nodesUnderTest((report) => new NotifyNodeBus(url, report));

const SESSIONS = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'tandem-bus%'`;

describe('NotifyNodeBus', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  const open = () => openAt(database.url);

  describe('as a bus', () => nodeBusContract(open));
  describe('under the AI relay', () => aiRelayContract(relaysOver(open)));
  describe('under the doorbell', () => roomBusContract(roomBusesOver(open)));

  it('rings once for many edits', async () => {
    const buses = await roomBusesOver(open)();
    try {
      const documentId = randomUUID();
      const heard = hearRoom(buses.b, documentId);
      await heardByRooms(buses.a, buses.b, documentId);
      for (let seq = 1; seq <= 1000; seq++) buses.a.publish(edits(documentId, seq, seq));
      await eventually('the newest has arrived', () => ofType(heard, 'edits').at(-1)?.seq === 1000);
      expect(ofType(heard, 'edits').length).toBeLessThan(10);
    } finally {
      await buses.stop();
    }
  });

  it('notifies nobody while it is alone, and is heard by who comes', async () => {
    const alone = await createTestDatabase();
    const errors: unknown[] = [];
    const first = new NotifyNodeBus(alone.url, (error) => errors.push(error));
    const listening = new Client({ connectionString: alone.url });
    await listening.connect();
    const payloads: string[] = [];
    listening.on('notification', ({ payload }) => payloads.push(payload ?? ''));
    await listening.query('LISTEN tandem_family');
    let second: NotifyNodeBus | undefined;
    try {
      let n = 0;
      await eventually(
        'it has found nobody',
        async () => {
          const before = payloads.length;
          first.publish('family:x', { n: n++ });
          await new Promise((resolve) => setTimeout(resolve, 100));
          return payloads.length === before;
        },
        15_000,
      );
      second = new NotifyNodeBus(alone.url, (error) => errors.push(error));
      const heard: object[] = [];
      second.watch('family:x');
      second.subscribe((_topic, message) => heard.push(message));
      await eventually(
        'the other one hears it',
        () => {
          first.publish('family:x', { n: n++ });
          return heard.length > 0;
        },
        15_000,
      );
      expect(errors).toEqual([]);
    } finally {
      await Promise.all([first.close(), second?.close(), listening.end()]);
      await alone.drop();
    }
  });

  it('holds two sessions for all that goes over it, and leaves none behind', async () => {
    const nodes = await open();
    const relays = await relaysOver(async () => nodes)();
    const rooms = await roomBusesOver(async () => nodes)();
    const projectId = randomUUID();
    hear(relays.b, projectId);
    hearRoom(rooms.b, projectId);
    new BusChanges(nodes.b, (error) => nodes.errors.push(error)).subscribe(() => undefined);
    await connected(relays.a, relays.b, projectId);
    await heardByRooms(rooms.a, rooms.b, projectId);
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    try {
      const sessions = async () => (await admin.query(SESSIONS)).rowCount;
      expect(await sessions()).toBe(4);
      await nodes.stop();
      await eventually('all sessions have ended', async () => (await sessions()) === 0);
    } finally {
      await admin.end();
    }
  });
});

describe('NotifyNodeBus, when PostgreSQL fails', () => {
  let postgres: PrivatePostgres;
  let nodes: NodesUnderTest;
  beforeAll(async () => {
    postgres = await startPrivatePostgres({ migrate: false });
  });
  afterAll(() => postgres.stop());
  afterEach(() => nodes.stop());

  it('goes on after its sessions were terminated', async () => {
    nodes = await openAt(postgres.url);
    const { a, b, errors } = nodes;
    const topics = ['family', 'another-family'].map((family) => `${family}:${randomUUID()}`);
    const heard = topics.map((topic) => hearNotes(b, topic));
    for (const topic of topics) await reached(a, b, topic);
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    const { rowCount } = await admin.query(SESSIONS.replace('pid FROM', 'pg_terminate_backend(pid) FROM'));
    await admin.end();
    expect(rowCount).toBe(4);
    for (let n = 0; n < 100; n++) for (const topic of topics) a.publish(topic, note(n));
    await eventually('it is reported', () => errors.length > 0);
    for (const topic of topics) await reached(a, b, topic);
    for (const ofTopic of heard) {
      const numbers = ofTopic.map(({ n }) => n);
      expect(numbers).toEqual([...new Set(numbers)].sort((x, y) => x - y));
    }
  });

  it('goes on after PostgreSQL was killed, and was not to be heard meanwhile', async () => {
    nodes = await openAt(postgres.url);
    const { a, b } = await relaysOver(async () => nodes)();
    const projectId = randomUUID();
    const [atA, atB] = [hear(a, projectId), hear(b, projectId)];
    const atBCommands = commands(b);
    await connected(a, b, projectId);
    await postgres.kill9();
    const count = 20_000;
    for (let index = 0; index < count; index++) a.publish(delta(projectId, index, 'x'.repeat(500)));
    expect(atB).toEqual([]);
    a.command({ type: 'cancel', requestId: 'while away' });
    await eventually('the node hears itself', () => atA.length === count);
    // It is started again by itself.
    await connected(a, b, projectId);
    const indexes = atB.map(({ index }) => index);
    expect(indexes.length).toBeLessThan(10_000);
    expect(indexes).toEqual([...new Set(indexes)].sort((x, y) => x - y));
    expect(atBCommands.length).toBeLessThanOrEqual(1);
  });

  it('notices within five seconds that PostgreSQL is silent, and closes without it', async () => {
    nodes = await openAt(postgres.url);
    const { a, b, errors } = nodes;
    const topic = `family:${randomUUID()}`;
    b.watch(topic);
    await reached(a, b, topic);
    const pids = await postgres.pids();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await eventually('both connections of both are given up', () => errors.length >= 2, 5000);
      const startedAt = performance.now();
      await nodes.stop();
      expect(performance.now() - startedAt).toBeLessThan(2000 * patience());
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  });
});
