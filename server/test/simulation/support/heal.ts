import type { DocumentProvider } from '@tandem/protocol/client';
import type { Tab } from './tab.js';
import { DOCUMENTS, USERS, type World } from './world.js';

/** Virtual time until everybody must have everything; a tab waits up to 60 s for an answer, and 90 s for a dead session. */
const PATIENCE_MS = 200_000;
const LOOK_EVERY_MS = 200;

/** Ends every fault, and waits until everybody has everything. Resolves to how long that took, in virtual milliseconds. */
export async function heal(world: World): Promise<number> {
  await endFaults(world);
  const { loop } = world;
  const began = loop.now;
  while (loop.now - began < PATIENCE_MS) {
    await loop.pass(LOOK_EVERY_MS);
    if (world.violations.length > 0) return loop.now - began;
    await comeBack(world);
    if (unrest(world).length === 0) return loop.now - began;
  }
  world.violate('it does not come to rest', unrest(world).join('; '));
  return loop.now - began;
}

async function endFaults(world: World): Promise<void> {
  const { loop, carrier, dialer } = world;
  carrier.heal();
  for (const node of [...world.liveNodes, ...world.stopping]) {
    node.database.heal();
    node.resume();
    node.process.clockError = 0;
  }
  for (const index of world.nodes.keys()) world.startNode(index);
  for (const userId of USERS) await world.setRole(userId, 'editor', 0);
  for (const link of dialer.links) {
    link.toClient.release();
    // What only one end knows to be over is over.
    if (link.isBroken) link.cut({ clientMs: 0, serverMs: 0, isLossy: false });
  }
  await loop.pass(0);
}

/** What a person would do: opens the document whose edits wait in a tab that is gone, and reloads one that was refused. */
async function comeBack(world: World): Promise<void> {
  for (const [user, userId] of USERS.entries()) {
    for (const [doc, documentId] of DOCUMENTS.entries()) {
      if (!world.database.document(documentId) || world.outbox.orphans(userId, documentId) === 0) continue;
      // An open tab has a lane of its own: only another one takes over what is left.
      const tab = 100 + Math.max(0, ...world.tabs.keys());
      await world.openTab({ tab, user, node: 0, docs: [doc], latency: 2 });
    }
  }
  for (const tab of world.openTabs) {
    const isRefused = [...tab.providers.values()].some(
      (provider) => provider.status === 'refused' && world.database.document(provider.documentId),
    );
    if (isRefused) tab.connection?.link.cut({ clientMs: 0, serverMs: 0, isLossy: false });
  }
}

/** What is not as it has to be in the end, in words. */
export function unrest(world: World): string[] {
  const lacks: string[] = [];
  for (const tab of world.openTabs) {
    for (const provider of tab.providers.values()) lacks.push(...restless(world, tab, provider));
  }
  for (const node of world.liveNodes) {
    for (const room of node.engine.rooms) {
      const log = world.headOf(room.documentId);
      if (!log) lacks.push(`${node.name} keeps a deleted document`);
      else if (room.epoch !== log.epoch || room.state.seq !== log.head) {
        lacks.push(`${node.name} is at ${room.state.seq} of ${log.head}, epoch ${room.epoch} of ${log.epoch}`);
      } else if (room.damage) lacks.push(`${node.name} lacks what was damaged`);
      else if (!room.overlay.isEmpty) lacks.push(`${node.name} has edits that are not stored`);
    }
  }
  for (const documentId of world.documentIds) {
    if (world.database.isUnsound(documentId)) lacks.push(`${documentId.slice(-2)} is damaged`);
  }
  for (const node of world.stopping) lacks.push(`${node.name} is still stopping`);
  for (const { event, connection } of world.monitor.unanswered)
    lacks.push(`${event} of ${connection.name} has no answer`);
  return lacks;
}

function restless(world: World, { process }: Tab, provider: DocumentProvider): string[] {
  const log = world.headOf(provider.documentId);
  const { status, seq, epoch, pending, error } = provider;
  if (!log) return status === 'refused' ? [] : [`${process.name} has a deleted document ${status}`];
  if (status !== 'open') return [`${process.name} is ${status}${error ? ` (${error.code})` : ''}`];
  if (pending > 0) return [`${process.name} has ${pending} unsaved edits${error ? ` (${error.code})` : ''}`];
  if (seq !== log.head || epoch !== log.epoch) {
    return [`${process.name} is at ${seq} of ${log.head}, epoch ${epoch} of ${log.epoch}`];
  }
  return [];
}
