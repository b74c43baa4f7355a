import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryOutbox, TandemClient } from '@tandem/protocol/client';
import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import { eventually } from '../../src/testing/eventually.js';
import { Cluster } from './support/cluster.js';
import { editAt, hangUp, marked } from './support/editors.js';
import { type Held, heldBy, WATCHED } from './support/held.js';
import { report } from './support/report.js';
import { IS_LONG, SEED } from './support/trial.js';

const MINUTES = Number(process.env.MINUTES ?? (IS_LONG ? 30 : 0.2));
/** How often it is looked at what is held. */
const LOOKS = IS_LONG ? Math.max(3, Math.floor(MINUTES / 2)) : 1;
const DOCUMENTS = 40;
/** People who come and go at once. */
const VISITORS = 20;
/** A session that is left behind is more; what a document remembers of a visit (a client id, what it wrote) is less. */
const MAX_BYTES_OF_A_VISIT = 4_000;
/** With no room left in memory. */
const MAX_BYTES_PER_HOUR = 8_000_000;
/** Whoever listens or waits is a function; some are made late, once. */
const MAX_FUNCTIONS_OF_A_VISIT = 0.25;
const FUNCTIONS_MADE_LATE = 300;
/** Documents that nobody has open stay for half a minute, and are looked for every five seconds. */
const EVICTION_MS = 35_000;

describe(`documents that are opened and closed for ${MINUTES} minutes`, () => {
  let cluster: Cluster;
  let documentIds: string[];
  let visits = 0;
  beforeAll(async () => {
    cluster = await Cluster.start({ main: WATCHED });
  });
  afterAll(async () => {
    hangUp();
    await cluster?.stop();
  });

  it(
    'G15: rooms, sessions, timers and listeners do not grow, and memory is flat',
    async () => {
      const random = seededRandom(SEED);
      const { node } = cluster;
      const looks: { readonly atMs: number; readonly visits: number; readonly held: Held }[] = [];
      const began = performance.now();
      const busyMs = (MINUTES * 60_000) / (LOOKS + 1) - (IS_LONG ? EVICTION_MS : 0);
      for (let look = 0; look <= LOOKS; look++) {
        // Documents remember who wrote in them, so they grow while they are used: others take their place.
        if (look === 0 || IS_LONG) documentIds = await cluster.addDocuments(DOCUMENTS);
        const since = performance.now();
        do await visit(random);
        while (performance.now() - since < busyMs);
        await allGone();
        looks.push({ atMs: performance.now() - began, visits, held: await heldBy(node) });
      }
      const [first, last] = [looks[0]!, looks.at(-1)!];
      const growth = last.held.heapBytes - first.held.heapBytes;
      const functions = last.held.objects.Function - first.held.objects.Function;
      const perHour = slope(looks.map(({ atMs, held }) => [atMs / 3_600_000, held.heapBytes]));
      report('soak', {
        visits,
        minutes: MINUTES,
        'heap bytes': last.held.heapBytes,
        'heap grew by': growth,
        'bytes an hour': Math.round(perHour),
        functions,
        resources: JSON.stringify(last.held.resources),
      });
      expect(node.log).not.toContain('MaxListenersExceededWarning');
      // Of hundreds of visits; the last ones may still be in somebody's hand.
      expect(last.held.objects.RoomSession).toBeLessThan(VISITORS / 2);
      expect(last.held.objects.Connection).toBeLessThan(VISITORS / 2);
      expect(last.held.objects.Room).toBeLessThanOrEqual(IS_LONG ? 0 : DOCUMENTS);
      expect(last.held.resources.Timeout ?? 0).toBeLessThanOrEqual((first.held.resources.Timeout ?? 0) + 3);
      expect(functions).toBeLessThan(FUNCTIONS_MADE_LATE + (last.visits - first.visits) * MAX_FUNCTIONS_OF_A_VISIT);
      expect(growth).toBeLessThan((last.visits - first.visits) * MAX_BYTES_OF_A_VISIT);
      if (IS_LONG) expect(perHour).toBeLessThan(MAX_BYTES_PER_HOUR);
    },
    MINUTES * 60_000 + 300_000,
  );

  /** People open documents, type, point, and leave in every way there is. */
  async function visit(random: SeededRandom): Promise<void> {
    const { node, people } = cluster;
    await Promise.all(
      Array.from({ length: VISITORS }, async (_, i) => {
        const mark = `visit-${++visits}`;
        const person = people[i % people.length]!;
        const documentId = random.pick(documentIds);
        const leaves = random.pick(['says goodbye', 'hangs up', 'is cut off', 'uses the SDK'] as const);
        if (leaves === 'uses the SDK') return visitBySdk(node.url, person.token, documentId);
        const editor = await editAt(node, person, documentId, mark);
        await editor.type('text');
        editor.doc.getText('content').delete(0, 4);
        await editor.saved();
        if (leaves === 'says goodbye') await editor.client.ask('document:close', { documentId });
        if (leaves === 'is cut off') node.door.reset(marked(mark));
        editor.client.disconnect();
      }),
    );
    hangUp();
  }

  async function visitBySdk(url: string, token: string, documentId: string): Promise<void> {
    const client = new TandemClient({ url, token, outbox: new MemoryOutbox() });
    const provider = client.openDocument(documentId);
    await client.connect();
    await provider.whenSynced();
    provider.awareness.setLocalStateField('cursor', visits);
    provider.text.insert(0, 'text');
    provider.text.delete(0, 4);
    await provider.whenSaved();
    await client.close();
  }

  async function allGone(): Promise<void> {
    const connections = () => cluster.node.metric('tandem_socket_connections');
    await eventually('nobody is connected', async () => (await connections()) === 0);
    const rooms = () => cluster.node.metric('tandem_room_open_rooms');
    if (IS_LONG) await eventually('no room is left', async () => (await rooms()) === 0, 2 * EVICTION_MS);
  }
});

/** Of the straight line that fits best. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)];
  const above = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return above / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}
