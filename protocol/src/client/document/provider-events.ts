import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { ErrorCode, TandemError } from '../../errors.js';
import type { Role } from '../../wire/fields.js';
import type { KeptText } from '../outbox/kept-text.js';

export type ProviderStatus = 'opening' | 'open' | 'offline' | 'refused' | 'destroyed';

/** A `Y.Doc` that is no longer part of the shared document (DOC-37, DOC-40). */
export interface Replaced {
  readonly doc: Y.Doc;
  readonly text: Y.Text;
  readonly awareness: Awareness;
  readonly reason: ErrorCode;
  /** The whole text of the old `Y.Doc` as its user saw it. */
  readonly keptText: string;
}

export interface ProviderEvents {
  status: ProviderStatus;
  synced: boolean;
  saved: boolean;
  /** How many local edits are not acknowledged; `saved` tells only whether there are any. */
  pending: number;
  stalled: boolean;
  role: Role | undefined;
  /** Texts that wait for their user, when there is one more or one less; at the open, those of earlier visits. */
  kept: readonly KeptText[];
  error: TandemError;
  replaced: Replaced;
}

/** What listeners can see of a provider at one moment. */
export interface ProviderView {
  readonly status: ProviderStatus;
  readonly synced: boolean;
  readonly saved: boolean;
  readonly pending: number;
  readonly stalled: boolean;
  readonly role: Role | undefined;
  readonly canEdit: boolean;
  readonly kept: readonly KeptText[];
  readonly error: TandemError | undefined;
}

type Emit = <E extends keyof ProviderEvents>(event: E, payload: ProviderEvents[E]) => void;

/** Tells what is not as it was. */
export const tellChanges = (before: ProviderView, now: ProviderView, emit: Emit): void => {
  if (now.status !== before.status) emit('status', now.status);
  if (now.synced !== before.synced) emit('synced', now.synced);
  if (now.saved !== before.saved) emit('saved', now.saved);
  if (now.pending !== before.pending) emit('pending', now.pending);
  if (now.stalled !== before.stalled) emit('stalled', now.stalled);
  if (now.role !== before.role || now.canEdit !== before.canEdit) emit('role', now.role);
  if (now.kept !== before.kept) emit('kept', now.kept);
  if (now.error && now.error !== before.error) emit('error', now.error);
};
