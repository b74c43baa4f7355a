import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seededRandom } from '@tandem/protocol/testing';
import * as Y from 'yjs';
import { checksum } from '../../src/core/document/checksum.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { PlainEditor } from '../support/plain-editor.js';
import { hasPending, type StoredUpdate } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { Damage } from './support/damage.js';

const ROUNDS = Number(process.env.ROUNDS ?? 30);
const SEED = Number(process.env.SEED ?? 1);

let world: SyncWorld;
let damage: Damage;
let ada: Person;
/** Eight updates behind a snapshot. */
let documentId: string;
let healthyId: string;
let original: ReturnType<typeof fingerprint>;
let rows: StoredUpdate[];
let snapshotSeq: number;

beforeAll(async () => {
  world = await SyncWorld.start({ compactRows: 20 });
  damage = new Damage(world);
  ada = await world.person('Ada');
  const shared = await world.share(ada);
  documentId = shared.documentId;
  healthyId = await world.addDocument(ada, shared.projectId, { text: 'fine' });
  const editor = await PlainEditor.open(await world.connect(ada), documentId);
  const text = editor.doc.getText('content');
  for (let i = 0; i < 28; i++) {
    if (i % 4 === 3) text.delete(i % text.length, 1);
    else text.insert((i * 5) % (text.length + 1), `${i} λ`);
    await editor.saved();
    if (i === 19) await world.engine.compaction.whenIdle();
  }
  original = editor.fingerprint;
  rows = await world.rows(documentId);
  await forget();
  const { rows: found } = await world.sql.query('SELECT snapshot_seq::int AS seq FROM documents WHERE id = $1', [
    documentId,
  ]);
  snapshotSeq = (found[0] as { seq: number }).seq;
  expect(snapshotSeq).toBe(20);
});
afterAll(() => world?.stop());

async function forget(): Promise<void> {
  await world.hangUp();
  damage.forget(documentId);
  await world.engine.integrity.healing.whenIdle();
}

/** What Yjs makes of the updates but one, without those that would have to wait for it. */
function without(seq: number): ReturnType<typeof fingerprint> {
  let doc = new Y.Doc();
  for (const row of rows) {
    if (row.seq === seq) continue;
    const next = new Y.Doc();
    for (const update of [Y.encodeStateAsUpdate(doc), row.bytes]) Y.applyUpdate(next, update);
    if (!hasPending(next)) doc = next;
  }
  return fingerprint(doc);
}

it('G9: the checksum of every stored update tells every change of a single byte', () => {
  let tried = 0;
  for (const { bytes } of rows) {
    const changed = new Uint8Array(bytes);
    const sum = checksum(bytes);
    for (let at = 0; at < bytes.length; at++) {
      for (let by = 1; by < 256; by++, tried++) {
        changed[at] = bytes[at]! ^ by;
        if (checksum(changed) === sum) throw new Error(`byte ${at} of an update, by ${by}`);
      }
      changed[at] = bytes[at]!;
    }
  }
  expect(tried).toBeGreaterThan(100_000);
});

/** A byte of a column of a row, or of the snapshot. */
const BYTES: [what: string, table: string, column: string, where: string][] = [
  ['update', 'document_updates', 'bytes', 'document_id = $1 AND seq = $2'],
  ['structs', 'document_snapshots', 'structs', 'document_id = $1 AND seq = $2'],
  ['struct index', 'document_snapshots', 'struct_index', 'document_id = $1 AND seq = $2'],
  ['delete set', 'document_snapshots', 'delete_set', 'document_id = $1 AND seq = $2'],
];

it.each(Array.from({ length: ROUNDS }, (_, i) => SEED + i))(
  'G9 D7: a changed byte is found, nothing is shown that was not written, and other documents are as they were (SEED=%i)',
  async (seed) => {
    const random = seededRandom(seed);
    const [what, table, column, where] = random.chance(0.5) ? BYTES[0]! : random.pick(BYTES.slice(1));
    const isRow = what === 'update';
    const seq = isRow ? snapshotSeq + 1 + random.integer(rows.length - snapshotSeq) : snapshotSeq;
    const select = `SELECT ${column} AS bytes FROM ${table} WHERE ${where}`;
    const { rows: found } = await world.sql.query<{ bytes: Buffer }>(select, [documentId, seq]);
    const { bytes } = found[0]!;
    const changed = Buffer.from(bytes);
    const at = random.integer(bytes.length);
    changed[at] = changed[at]! ^ (1 + random.integer(255));
    const write = `UPDATE ${table} SET ${column} = $3 WHERE ${where}`;
    await world.sql.query(write, [documentId, seq, changed]);

    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    expect(editor.fingerprint).toEqual(isRow ? without(seq) : original);
    expect(await damage.quarantined(documentId)).toContainEqual(
      expect.objectContaining({ part: isRow ? 'row' : 'snapshot', seq, reason: 'checksum' }),
    );
    const healthy = await PlainEditor.open(await world.connect(ada), healthyId);
    expect(healthy.text).toBe('fine');
    expect(healthy.opened).not.toHaveProperty('damaged');
    expect(await damage.damagedSince(ada, healthyId)).toBeUndefined();

    // As before, for the next round: also without the snapshot that healing may have made.
    await forget();
    await world.sql.query(write, [documentId, seq, bytes]);
    await world.sql.query(
      'DELETE FROM document_snapshots WHERE document_id = $1 AND (seq, created_at) <> (SELECT seq, min(created_at) FROM document_snapshots WHERE document_id = $1 AND seq = $2 GROUP BY seq)',
      [documentId, snapshotSeq],
    );
    await world.sql.query(
      'UPDATE documents SET damaged_at = NULL, snapshot_seq = $2, snapshot_id = (SELECT id FROM document_snapshots WHERE document_id = $1) WHERE id = $1',
      [documentId, snapshotSeq],
    );
    await world.sql.query('DELETE FROM document_quarantine WHERE document_id = $1', [documentId]);
    const whole = await PlainEditor.open(await world.connect(ada), documentId);
    expect(whole.fingerprint).toEqual(original);
    expect(whole.opened).not.toHaveProperty('damaged');
    await forget();
  },
);
