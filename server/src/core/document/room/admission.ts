import type { ErrorCode } from '@tandem/protocol';
import type { DocumentState } from '../document-state.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import type { PendingUpdate } from './overlay.js';

export interface Refusal {
  readonly type: 'refused';
  readonly code: ErrorCode;
  readonly details?: Record<string, unknown>;
}

/** What a room says to an edit. */
export type Admission =
  /** In the overlay, on its way to the log. */
  | { readonly type: 'admitted'; readonly pending: PendingUpdate }
  /** Nothing new. When part of it is still on its way, the host waits with `awaitEcho`. */
  | { readonly type: 'known'; readonly isCommitted: boolean; readonly update: DecodedUpdate }
  /** The host finds out whose the ids are and asks again. */
  | { readonly type: 'unbound'; readonly clientIds: readonly number[] }
  /** Another node may have stored what it builds on: the host reads up to the head, asks again, and then refuses. */
  | { readonly type: 'behind'; readonly refusal: Refusal }
  | Refusal;

export function refused(code: ErrorCode): Refusal {
  return { type: 'refused', code };
}

export function tooLarge(limit: number, code: 'too_large' | 'doc_full' = 'too_large'): Refusal {
  return { type: 'refused', code, details: { limit } };
}

/** Tells where the server stands (V2). */
export function gapRefusal(state: DocumentState): Refusal {
  const details = { stateVector: state.encodedStateVector(), seq: state.seq };
  return { type: 'refused', code: 'gap_resync', details };
}

export function epochMismatch({ epoch, state }: { epoch: number; state: DocumentState }): Refusal {
  return { type: 'refused', code: 'epoch_mismatch', details: { epoch, seq: state.seq } };
}
