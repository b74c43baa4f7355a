// A negative control: the built server with a compactor that, some time after its snapshot was stored, deletes by time and
// not by `seq` what the snapshot is thought to hold.
import { setTimeout as delay } from 'node:timers/promises';
import { PostgresUpdateLog } from '../../../dist/adapters/postgres/update-log/postgres-update-log.js';

const CLEAN_UP_AFTER_MS = 200;
const { saveSnapshot } = PostgresUpdateLog.prototype;

PostgresUpdateLog.prototype.saveSnapshot = async function (documentId, ...rest) {
  const isSaved = await saveSnapshot.call(this, documentId, ...rest);
  if (isSaved) {
    await delay(CLEAN_UP_AFTER_MS);
    const rows = 'DELETE FROM document_updates WHERE document_id = $1 AND created_at <= now()';
    await this.dataSource.query(rows, [documentId]);
  }
  return isSaved;
};

await import('../../../dist/main.js');
