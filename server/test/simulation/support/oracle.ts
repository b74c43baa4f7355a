import type { DocumentProvider } from '@tandem/protocol/client';
import * as Y from 'yjs';
import { isSound } from '../../../src/adapters/memory/memory-update-log.js';
import { stateOf } from '../../../src/core/document/stored-state.js';
import { fingerprint } from '../../../src/testing/yjs-edits.js';
import { hasPending } from '../../support/stored-updates.js';
import { debrisOf, tokensOf } from './ledger.js';
import type { World } from './world.js';

type Print = ReturnType<typeof fingerprint>;

/** Whether all promises were kept, once everything is at rest. */
export async function judge(world: World): Promise<void> {
  for (const documentId of world.documentIds) {
    const cold = await coldLoad(world, documentId);
    if (!cold) continue;
    const print = fingerprint(cold);
    judgePromises(world, documentId, cold);
    judgeTokens(world, documentId, cold, print.text);
    for (const node of world.liveNodes) {
      const room = node.engine.rooms.get(documentId);
      if (room) judgeReplica(world, node.name, docOf([room.state.encode()]), print);
    }
    for (const { process, providers } of world.openTabs) {
      for (const provider of providers.values()) {
        if (provider.documentId === documentId) judgeReplica(world, process.name, provider.doc, print);
      }
    }
  }
}

/** What somebody gets who opens the document first, from snapshot and rows; the same as all rows by themselves. */
async function coldLoad(world: World, documentId: string): Promise<Y.Doc | undefined> {
  const { log } = world.database;
  try {
    const cold = docOf([stateOf((await log.load(documentId))!).encode()]);
    const { rows, floor } = log.documents.get(documentId)!;
    const life = rows.slice(Math.max(0, floor - 1));
    // What went bad stays where it is; a snapshot stands for it.
    if (life.every(isSound)) {
      const all = docOf(life.map(({ bytes }) => bytes));
      judgeReplica(world, 'the log, row by row,', all, fingerprint(cold));
    }
    return cold;
  } catch (error) {
    world.violate('D2 the log cannot be loaded', String(error));
    return undefined;
  }
}

/** D1: what was acknowledged or shown is there, and what was deleted stays deleted. */
function judgePromises(world: World, documentId: string, cold: Y.Doc): void {
  const { epoch } = world.headOf(documentId)!;
  const broken = world.ledger.promisesOf(documentId, epoch).brokenBy(cold);
  if (broken.length > 0) world.violate('D1 a promise is broken', broken.slice(0, 5).join(', '));
}

/** What anybody typed is in the text, was taken out by somebody, or is kept for its author. */
function judgeTokens(world: World, documentId: string, cold: Y.Doc, text: string): void {
  const { ledger, outbox } = world;
  const names = tokensOf(text);
  const present = new Set(names);
  if (present.size < names.length) world.violate('text stands twice', text);
  if (debrisOf(text) !== '' && !ledger.hasLies) world.violate('text is torn', debrisOf(text));
  const lost: string[] = [];
  for (const { name, userId, client, clock, length, isOfThePast } of ledger.of(documentId)) {
    if (present.has(name) || ledger.deleted.has(name) || isOfThePast) continue;
    // Somebody may have written into it.
    if (ledger.hasLies && Y.getState(cold.store, client) >= clock + length) continue;
    const kept = [...outbox.keptTexts(userId, documentId), ...keptInTabs(world, userId, documentId)];
    if (!kept.some((one) => one.text.includes(name))) lost.push(name);
  }
  if (lost.length > 0) world.violate('what was typed went away unseen', lost.slice(0, 5).join(' '));
}

function keptInTabs(world: World, userId: string, documentId: string) {
  const providers = [...world.tabs.values()]
    .filter((tab) => tab.userId === userId)
    .flatMap((tab): DocumentProvider[] => [...tab.providers.values(), ...tab.former]);
  return providers.filter((provider) => provider.documentId === documentId).flatMap(({ kept }) => kept);
}

function judgeReplica(world: World, name: string, doc: Y.Doc, print: Print): void {
  if (hasPending(doc)) world.violate('a replica waits for what is not there', name);
  const own = fingerprint(doc);
  for (const part of ['text', 'vector', 'deletes'] as const) {
    if (own[part] === print[part]) continue;
    world.violate(
      'replicas differ',
      `${part} of ${name}: ${own[part].slice(0, 400)}, stored: ${print[part].slice(0, 400)}`,
    );
    return;
  }
}

function docOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}
