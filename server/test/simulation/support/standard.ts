import { OPERATIONS } from '../../../src/testing/simulation/database-link.js';
import type { Step } from './plan.js';

/** As many plans as `npm test` lets happen. */
export const STANDARD_PLANS = 180;

/** Each of these was really done to something. */
const STEPS: readonly Exclude<Step['do'], 'check' | 'damage'>[] = [
  ...(['edit', 'paste', 'cursor', 'cut', 'slow', 'read', 'crash tab', 'close tab', 'open tab', 'move'] as const),
  ...(['repeat', 'swap', 'refused edit', 'lie', 'kill', 'start', 'stop', 'pause', 'continue', 'clock'] as const),
  ...([
    'database',
    'fault',
    'bus',
    'compact',
    'role',
    'remove',
    'add',
    'delete',
    'reset',
    'backup',
    'restore',
    'reopen',
    'wait',
  ] as const),
];

/** What the standard plans must have come to: else a kind of trouble is gone, or its answer. */
export const REQUIRED: readonly string[] = [
  ...STEPS.map((step) => `step ${step}`),
  // V1
  'V1 an id twice, two users',
  'document:open refused: not_your_client_id',
  'status closed',
  // V2, V3
  'document:update refused: gap_resync',
  'V3 nothing new',
  // V4
  'document:update refused: schema_violation',
  'replaced: schema_violation',
  // V5
  'document:reset',
  'document:open refused: epoch_mismatch',
  'document:update refused: epoch_mismatch',
  'replaced: epoch_mismatch',
  // V6
  'status stalled',
  'status ok',
  'document:update refused: store_unavailable',
  ...['lost', 'unknown', 'late', 'slow', 'refused', 'silent', 'full'].map((why) => `database ${why} on append`),
  // Of snapshots it is in the plan of F25.
  ...OPERATIONS.filter((on) => on !== 'snapshot').map((on) => `database unknown on ${on}`),
  'database corrupt on rows',
  // D2, D6, D8
  'document:open refused: store_unavailable',
  'document:resync',
  'document:role',
  'document:update refused: forbidden',
  'document:open refused: not_found',
  // F13, F25, F33
  ...['dead', 'lost', 'doubled', 'reordered'].map((how) => `bus ${how}`),
  'compacted elsewhere',
  'compaction lost the race',
  'stopped in good order',
  'part of an update',
  'cursors were looked at',
];
