import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type DocumentProvider, MemoryOutbox, TandemClient } from '@tandem/protocol/client';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { Cluster } from './support/cluster.js';
import { report } from './support/report.js';
import { IS_LONG } from './support/trial.js';

const CLIENTS = Number(process.env.CLIENTS ?? (IS_LONG ? 300 : 100));
const EACH = 3;
const DOCUMENTS = 50;
/**
 * Here the editors, the SDK with real documents, take more of the machine than the node. That 1,000 of them are synced within
 * 5 s (G7) is held by test/limits/storm; this one holds what they had not saved.
 */
const SYNCED_MS = 10_000;

describe(`${CLIENTS} people with ${EACH} documents each, and a node that is killed`, () => {
  let cluster: Cluster;
  const clients: TandemClient[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  afterAll(() => cluster?.stop());

  it('F20: all are back soon after the new process listens, and what nobody had acknowledged is saved', async () => {
    const { node, people } = cluster;
    const documentIds = await cluster.addDocuments(DOCUMENTS);
    const providers: DocumentProvider[] = [];
    for (let i = 0; i < CLIENTS; i++) {
      const { token } = people[i % people.length]!;
      const client = new TandemClient({ url: node.url, token, outbox: new MemoryOutbox() });
      clients.push(client);
      for (let n = 0; n < EACH; n++) providers.push(client.openDocument(documentIds[(i + n * 7) % DOCUMENTS]!));
      void client.connect();
    }
    await eventually('all are in', () => providers.every(({ synced }) => synced), 30_000);
    // One in three has something that nobody acknowledged.
    for (const [i, { text }] of providers.entries()) if (i % EACH === 0) text.insert(0, `<${i}>`);
    node.kill();
    await node.server.exited();
    await eventually('all have lost the node', () => providers.every(({ synced }) => !synced));
    for (const [i, { text }] of providers.entries()) if (i % EACH === 0) text.insert(0, `<again ${i}>`);
    await node.start();
    const since = performance.now();
    await eventually('all are back', () => providers.every(({ synced }) => synced), 60_000);
    const syncedMs = Math.round(performance.now() - since);
    await eventually('all is saved', () => providers.every(({ saved }) => saved), 30_000);
    const savedMs = Math.round(performance.now() - since);
    for (const documentId of documentIds) {
      const replicas = providers.filter((one) => one.documentId === documentId);
      const wanted = providers.flatMap((one, i) => (i % EACH === 0 && one.documentId === documentId ? [i] : []));
      const texts = () => new Set(replicas.map(({ text }) => text.toString()));
      await eventually('all have the same', () => texts().size === 1);
      const [text] = texts();
      expect(wanted.filter((i) => !text!.includes(`<${i}>`) || !text!.includes(`<again ${i}>`))).toEqual([]);
    }
    report('F20', { clients: CLIENTS, 'synced after ms': syncedMs, 'saved after ms': savedMs });
    expect(syncedMs).toBeLessThan(SYNCED_MS * patience());
  }, 300_000);
});
