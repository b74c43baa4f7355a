// The built server, which kills itself with -9 at the step of a compaction that the file named by DIE_AT holds: `begun`,
// `made` (the smaller form is there, nothing is stored), `storing` (the statement is on its way), `stored` (nobody here knows).
import { readFileSync } from 'node:fs';
import { PostgresUpdateLog } from '../../../dist/adapters/postgres/update-log/postgres-update-log.js';
import { WorkerCompactor } from '../../../dist/adapters/worker/worker-compactor.js';

function step(name) {
  try {
    if (readFileSync(process.env.DIE_AT, 'utf8') === name) process.kill(process.pid, 'SIGKILL');
  } catch {
    // No file: it lives.
  }
}

const { compact } = WorkerCompactor.prototype;
WorkerCompactor.prototype.compact = async function (...all) {
  const making = compact.apply(this, all);
  step('begun');
  const made = await making;
  step('made');
  return made;
};

const { saveSnapshot } = PostgresUpdateLog.prototype;
PostgresUpdateLog.prototype.saveSnapshot = async function (...all) {
  const saving = saveSnapshot.apply(this, all);
  setImmediate(() => step('storing'));
  const isSaved = await saving;
  step('stored');
  return isSaved;
};

await import('../../../dist/main.js');
