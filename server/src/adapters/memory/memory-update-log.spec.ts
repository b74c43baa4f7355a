import { randomUUID } from 'node:crypto';
import { describe } from '@jest/globals';
import { EMPTY_CONTENT, updateLogContract } from '../../testing/update-log-contract.js';
import { MemoryUpdateLog } from './memory-update-log.js';

describe('MemoryUpdateLog', () => {
  const log = new MemoryUpdateLog();
  updateLogContract(() => ({
    log,
    userId: 'ann',
    otherUserId: 'bob',
    createDocument: async () => {
      const documentId = randomUUID();
      log.create(documentId, 'project');
      return documentId;
    },
    fence: async (documentId) => {
      log.documents.get(documentId)!.accessVersion++;
    },
    deleteDocument: async (documentId) => {
      log.documents.delete(documentId);
    },
    reset: async (documentId) => log.reset(documentId, 'ann', EMPTY_CONTENT),
  }));
});
