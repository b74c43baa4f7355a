import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, DocumentKind } from '@tandem/protocol';
import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import * as Y from 'yjs';
import { editFree, editText, fingerprint } from '../../src/testing/yjs-edits.js';
import { accepted, type PlainClient } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const SEED = Number(process.env.SEED ?? 20_260_101);
const ROUNDS = Number(process.env.ROUNDS ?? 12);
/** Mutated updates to documents of each kind, beside those that are cut short. */
const FUZZ = Number(process.env.FUZZ ?? 1800);
const FLIPS = Math.ceil(FUZZ / ROUNDS);
/** On the way at once. */
const PIPELINE = 500;

let world: SyncWorld;
let ada: Person;
let mallory: Person;

beforeAll(async () => {
  // A million takes longer than a token lives by default.
  world = await SyncWorld.start({ accessTokenTtl: 86_400 });
  [ada, mallory] = await Promise.all([world.person('Ada'), world.person('Mallory')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

/** What may be said to bytes that somebody else has changed; anything else would be a fault of ours. */
const REFUSALS = new Set([
  'malformed_update',
  'unsupported_encoding',
  'schema_violation',
  'bad_key',
  'gap_resync',
  'not_your_client_id',
  'too_large',
]);

const codeOf = (answer: Answer<object>) => (answer.ok ? 'ok' : answer.error.code);

function flipped(update: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = update.slice();
  bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
  return bytes;
}

/** An honest edit of a fresh editor who has read the document. */
async function honestEdit(client: PlainClient, documentId: string, kind: DocumentKind, random: SeededRandom) {
  const doc = new Y.Doc();
  doc.clientID = 1 + random.integer(2 ** 31);
  const answer = await accepted(client.ask('document:open', { documentId, clientId: doc.clientID }));
  Y.applyUpdate(doc, answer.update!);
  const before = Y.encodeStateVector(doc);
  const edit = kind === 'text' ? editText : editFree;
  for (let i = 0; i < 3; i++) edit(doc, random.next);
  return Y.encodeStateAsUpdate(doc, before);
}

describe.each<DocumentKind>(['text', 'free'])('a document of kind %s', (kind) => {
  it(
    `DOC-17 A1 M10 G8: whatever is admitted of mutated updates applies whole (SEED=${SEED})`,
    async () => {
      const random = seededRandom(SEED);
      const { documentId } = await world.share(ada, [[mallory, 'editor']], { kind });
      const honest = await PlainEditor.open(await world.connect(ada), documentId);
      const client = await world.connect(mallory);
      const send = (update: Uint8Array) => client.ask('document:update', { documentId, update });
      const codes = new Map<string, number>();
      for (let round = 0; round < ROUNDS; round++) {
        await honest.type('+');
        const update = await honestEdit(client, documentId, kind, random);
        const before = await world.count('document_updates', documentId);
        const cut = await Promise.all(Array.from(update, (_, length) => send(update.subarray(0, length))));
        expect(cut.map(codeOf)).toEqual(cut.map(() => 'malformed_update'));
        expect(await world.count('document_updates', documentId)).toBe(before);
        for (let flips = 0; flips < FLIPS; flips += PIPELINE) {
          const length = Math.min(PIPELINE, FLIPS - flips);
          const answers = await Promise.all(Array.from({ length }, () => send(flipped(update, random))));
          for (const code of answers.map(codeOf)) codes.set(code, (codes.get(code) ?? 0) + 1);
        }
      }
      expect([...codes.keys()].filter((code) => code !== 'ok' && !REFUSALS.has(code))).toEqual([]);
      expect(codes.get('malformed_update')).toBeGreaterThan(0);
      expect(codes.get('ok')).toBeGreaterThan(0);
      // `replay` fails on the first row that waits for something.
      const stored = await storedFingerprint(world.sql, documentId);
      const whole = await PlainEditor.open(await world.connect(ada), documentId);
      expect(whole.fingerprint).toEqual(stored);
      await honest.type('.');
      await whole.shows(honest.text);
      expect(honest.fingerprint).toEqual(whole.fingerprint);
      await world.hangUp();
      await world.roomHas(documentId, 0);
      world.forget(documentId);
      const cold = await PlainEditor.open(await world.connect(ada), documentId);
      expect(cold.fingerprint).toEqual(fingerprint(honest.doc));
    },
    120_000 + FUZZ * 8,
  );
});
