import { expect } from '@jest/globals';
import { MemoryOutbox, TandemClient } from '@tandem/protocol/client';
import { eventually } from '../../../src/testing/eventually.js';
import type { PlainClient } from '../../support/plain-client.js';
import { PlainEditor } from '../../support/plain-editor.js';
import type { Cluster, Person } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import { editAt } from './editors.js';

/** What the owner does, over REST. */
export const ACTS = {
  'a role that is lowered': (cluster: Cluster, bob: Person) =>
    cluster.people[0]!.api.changeMember(cluster.projectId, bob.id, { role: 'viewer' }),
  'a member who is removed': (cluster: Cluster, bob: Person) =>
    cluster.people[0]!.api.removeMember(cluster.projectId, bob.id),
  'a document that is deleted': (cluster: Cluster, _bob: Person, documentIds: readonly string[]) =>
    Promise.all(documentIds.map((id) => cluster.people[0]!.api.deleteDocument(id))),
} as const;
export type Act = keyof typeof ACTS;

/**
 * Bob types at one node, with the SDK and with a stock client, has another document open, and the owner takes his right away
 * at another node (F31): nothing of his is taken from then on, he is told in time, hears nothing more, and what was not saved
 * stays on his screen. Where he types, the fence of the append tells at once; where he does not, somebody else has to.
 * Resolves to how long it took until he was told, in milliseconds.
 */
export async function takeAway(cluster: Cluster, there: ClusterNode, act: Act, withinMs: number): Promise<number> {
  const bob = await cluster.addMember();
  const documentIds = await cluster.addDocuments(2);
  const [documentId, idleId] = documentIds as [string, string];
  const editor = await editAt(there, bob, documentId);
  await PlainEditor.open(editor.client, idleId);
  const client = new TandemClient({ url: there.url, token: bob.token, outbox: new MemoryOutbox() });
  const provider = client.openDocument(documentId);
  void client.connect();
  await provider.whenSynced();
  const typing = setInterval(() => provider.text.insert(0, '.'), 20);
  try {
    await eventually('his edits are stored', () => provider.seq > 5);
    await ACTS[act](cluster, bob, documentIds);
    const since = performance.now();
    const outcomes: Promise<string>[] = [];
    const isToldOfAll = () => {
      outcomes.push(refusal(editor));
      return documentIds.every((id) => isTold(act, editor.client, id));
    };
    await eventually(`he is told within ${withinMs} ms`, isToldOfAll, withinMs);
    const toldAfterMs = performance.now() - since;
    for (const outcome of await Promise.all(outcomes))
      expect(['forbidden', 'not_found', 'not_open']).toContain(outcome);

    await eventually('the SDK knows', () => !provider.canEdit || provider.status === 'refused');
    // He goes on: all that he sees is not saved is still there.
    await eventually('what he types is not saved', () => provider.pending > 0);
    clearInterval(typing);
    const { length } = provider.text;
    if (act !== 'a document that is deleted') await readsOnOnlyIfHeMay(cluster, act, editor);
    expect(provider.text.toString().length).toBeGreaterThanOrEqual(length);
    return toldAfterMs;
  } finally {
    clearInterval(typing);
    await client.close();
  }
}

/** Of an edit that must not be stored. */
async function refusal(editor: PlainEditor): Promise<string> {
  const update = editor.prepare((text) => text.insert(0, 'no'));
  const answer = await editor.client.ask('document:update', { documentId: editor.documentId, update });
  return answer.ok ? 'stored' : answer.error.code;
}

function isTold(act: Act, client: PlainClient, documentId: string): boolean {
  if (act === 'a role that is lowered') {
    return client.told('document:role').some((told) => told.documentId === documentId && told.role === 'viewer');
  }
  return client.told('document:status').some((told) => told.documentId === documentId && told.state === 'closed');
}

async function readsOnOnlyIfHeMay(cluster: Cluster, act: Act, bobs: PlainEditor): Promise<void> {
  const before = bobs.client.told('document:update').length;
  const owner = await editAt(cluster.node, cluster.people[0]!, bobs.documentId);
  await owner.type('and on');
  const reader = await editAt(cluster.nodes[1]!, cluster.people[1]!, bobs.documentId);
  await reader.shows((text) => text.includes('and on'));
  const heard = bobs.client.told('document:update').slice(before);
  if (act === 'a member who is removed') expect(heard).toEqual([]);
  else expect(bobs.text).toContain('and on');
}
