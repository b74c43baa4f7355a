// The negative control: the built server over an update log that answers first and commits seconds later. Everything else
// is the server's own, so that nothing but the order of commit and answer can be what the test finds.
import { PostgresUpdateLog } from '../../../dist/adapters/postgres/update-log/postgres-update-log.js';

const COMMIT_DELAY_MS = 5_000;

const { append, heads: storedHeads } = PostgresUpdateLog.prototype;
const heads = new Map();

async function headOf(log, documentId) {
  if (!heads.has(documentId)) {
    const { snapshot, rows } = await log.load(documentId);
    heads.set(documentId, (snapshot?.seq ?? 0) + rows.length);
  }
  return heads.get(documentId);
}

PostgresUpdateLog.prototype.append = async function (batches, lane) {
  const results = [];
  for (const { documentId, rows } of batches) {
    const head = await headOf(this, documentId);
    heads.set(documentId, head + rows.length);
    results.push({ type: 'stored', fromSeq: head + 1 });
  }
  setTimeout(() => append.call(this, batches, lane).catch(() => {}), COMMIT_DELAY_MS);
  return results;
};

// Else the look at the log would find a database that came back older, and the answers would be taken back in time.
PostgresUpdateLog.prototype.heads = async function (...asked) {
  const stored = await storedHeads.apply(this, asked);
  return new Map([...stored].map(([id, head]) => [id, { ...head, head: Math.max(head.head, heads.get(id) ?? 0) }]));
};

await import('../../../dist/main.js');
