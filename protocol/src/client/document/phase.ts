import type { Role } from '../../wire/fields.js';

/**
 *     offline --connected, outbox read--> opening --answer--> (receiving pieces) --> open
 *        ^                                  |  ^                                       |
 *        |                        refused   |  | openAt                        hole, resync
 *     disconnected (from any)               v  |                                       |
 *                                        waiting <-------------------------------------'
 *     refused: for good, until the next connection.        destroyed: the end.
 */
export type Phase = 'offline' | 'opening' | 'receiving' | 'open' | 'waiting' | 'refused' | 'destroyed';

export const canWrite = (role: Role | undefined) => role === 'owner' || role === 'maintainer' || role === 'editor';
