import { expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { DOCUMENT, Harness } from '../../../test/harness.js';
import type { Provenance } from '../../index.js';
import { breathe, type SeededRandom, withSeeds } from '../../testing/index.js';
import { type DocumentProvider, MemoryOutbox, type TandemClient } from '../index.js';

interface Editor {
  readonly user: string;
  readonly outbox: MemoryOutbox;
  client: TandemClient;
  provider: DocumentProvider;
  /** Marks that this editor wrote and that its provider must not lose. */
  readonly marks: Set<string>;
  /** Text of suggestions that this editor accepted. */
  readonly claims: Provenance[];
}

const STEPS = 120;
let written = 0;

/** Inserts a mark that nothing else holds, or deletes a few characters outside of all marks. */
const edit = (editor: Editor, random: SeededRandom) => {
  const { text } = editor.provider;
  written += 1;
  const mark = `<${editor.user}${written}>`;
  const at = random.chance(0.5) ? text.length : 0;
  text.insert(at, random.chance(0.8) ? mark : `${mark}....`);
  editor.marks.add(mark);
  const dots = text.toString().lastIndexOf('....');
  if (dots >= 0 && random.chance(0.5)) text.delete(dots, 4);
};

/** Asks for a suggestion and accepts it, when the network lets it come; what becomes of that edit is left to chance. */
const accept = async (at: Harness, { user, provider, marks, claims }: Editor, random: SeededRandom) => {
  provider.complete({ index: random.chance(0.5) ? 0 : provider.text.length }).done.catch(() => {});
  await at.server.settle();
  written += 1;
  at.server.ai.completions.at(-1)?.delta(`{${user}${written}}`);
  await at.server.settle();
  const { mine } = provider.suggestions;
  if (!mine) return;
  const { doc } = provider;
  const { completionId, text } = mine;
  claims.push({ completionId, client: doc.clientID, clock: Y.getState(doc.store, doc.clientID), length: text.length });
  marks.add(text);
  mine.accept();
};

const isStored = (at: Harness, editor: Editor) => {
  const stored = at.document.text;
  return [...editor.marks].every((mark) => stored.includes(mark));
};

/** One thing that can happen to a network, a server or a tab. */
const disturb = async (at: Harness, editors: Editor[], random: SeededRandom) => {
  const connections = at.server.connections;
  const connection = connections.at(-1 - random.integer(Math.min(6, connections.length)))!;
  const editor = random.pick(editors);
  const roll = random.integer(100);
  // Also before the first connection of a tab, which may be closed again before there is one.
  if (roll < 26) edit(editor, random);
  else if (roll < 30) await accept(at, editor, random);
  else if (roll < 50) connection.deliverToServer();
  else if (roll < 70) connection.deliverToClient();
  else if (roll < 82) at.server.commit();
  else if (roll < 87) connection.cut(random.integer(connection.toServerCount + 1));
  else if (roll < 89) at.server.crash();
  else if (roll < 91) at.document.failCommit({ code: 'store_unavailable', retryAfterMs: 50 });
  else if (roll < 93) at.server.refuseNext('document:update', { code: 'rate_limited', retryAfterMs: 20 });
  else if (roll < 94) at.server.pieceBytes = random.chance(0.5) ? 11 : undefined;
  else if (roll < 96) await reload(at, editor);
  else at.clock.advance(random.integer(2_000));
};

/** The tab is closed and opened again: what was not acknowledged is in its outbox. */
const reload = async (at: Harness, editor: Editor) => {
  await editor.client.close();
  editor.client = at.client(editor.user, editor.outbox);
  at.connect(editor.client);
  editor.provider = editor.client.openDocument(DOCUMENT);
};

const run = async (at: Harness, random: SeededRandom) => {
  const editors: Editor[] = [];
  for (const user of ['ann', 'bea', 'cem']) {
    const outbox = new MemoryOutbox();
    const opened = await at.opened(user, outbox);
    editors.push({ user, outbox, marks: new Set(), claims: [], ...opened });
  }
  for (let step = 0; step < STEPS; step++) {
    await disturb(at, editors, random);
    if (random.chance(0.5)) await breathe();
    for (const editor of editors) {
      if (editor.provider.saved && editor.provider.synced) expect(isStored(at, editor)).toBe(true);
    }
  }
  for (let heal = 0; heal < 8; heal++) {
    await at.server.settle();
    at.clock.advance(10_000);
  }
  await at.server.settle();
  for (const { provider } of editors) {
    expect(provider.kept).toEqual([]);
    expect(provider.status).toBe('open');
    expect(provider.saved).toBe(true);
    expect(provider.text.toString()).toBe(at.document.text);
    expect(provider.seq).toBe(at.document.seq);
  }
  for (const editor of editors) {
    expect(isStored(at, editor)).toBe(true);
    expect(at.document.provenance).toEqual(expect.arrayContaining(editor.claims));
  }
};

it(
  'DOC-8, DOC-12, DOC-14, DOC-24, CMP-22: whatever happens on the way, everybody converges and what is saved is stored',
  () =>
    withSeeds(60, async (random) => {
      const at = new Harness();
      try {
        await run(at, random);
      } finally {
        await at.dispose();
      }
    }),
  600_000,
);
