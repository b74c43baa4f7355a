import { randomUUID } from 'node:crypto';
import { describe } from '@jest/globals';
import { quarantineContract } from '../../testing/quarantine-contract.js';
import { MemoryQuarantine } from './memory-quarantine.js';
import { MemoryUpdateLog } from './memory-update-log.js';

describe('MemoryQuarantine', () => {
  const log = new MemoryUpdateLog();
  const quarantine = new MemoryQuarantine(log);
  quarantineContract(() => ({
    log,
    quarantine,
    userId: 'ann',
    createDocument: async () => {
      const documentId = randomUUID();
      log.create(documentId, 'project');
      return documentId;
    },
    flip: async (documentId, seq) => {
      const { rows } = log.documents.get(documentId)!;
      const row = rows[seq - 1]!;
      rows[seq - 1] = { ...row, bytes: row.bytes.map((byte) => byte ^ 1) };
    },
  }));
});
