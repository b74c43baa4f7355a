import type { ConnectionState } from '../workspace/connection.js';
import type { OpenDocument } from '../workspace/open-document.js';

export type StatusKind =
  | 'idle'
  | 'opening'
  | 'saved'
  | 'saving'
  | 'offline'
  | 'stalled'
  | 'readonly'
  | 'refused'
  | 'signed-out';

export interface Status {
  readonly kind: StatusKind;
  readonly text: string;
  /** What is said instead when it lasts. */
  readonly slowText?: string;
}

interface Situation {
  readonly connection: ConnectionState;
  readonly signedOut: boolean;
  /** The file in front. */
  readonly active: OpenDocument | undefined;
  readonly all: readonly OpenDocument[];
}

const edits = (count: number): string => (count === 1 ? '1 edit' : `${count} edits`);

/**
 * The one line about what happens to edits: the worst news first. Saved is said only when the server has acknowledged
 * every edit of every open file.
 */
export function statusOf({ connection, signedOut, active, all }: Situation): Status {
  const pending = all.reduce((sum, document) => sum + document.state.value.pending, 0);
  const waiting = pending > 0 ? ` · ${edits(pending)} waiting` : '';
  if (signedOut || connection.status === 'closed') return { kind: 'signed-out', text: `Signed out${waiting}` };
  if (all.some((document) => document.kept.value)) return { kind: 'refused', text: 'Refused · your text is kept here' };
  if (connection.status !== 'online') {
    if (!connection.wasOnline) return { kind: 'opening', text: 'Connecting…' };
    return { kind: 'offline', text: `Offline${waiting || ' · reconnecting'}` };
  }
  const saving: Status = { kind: 'saving', text: 'Saving…', slowText: `Saving…${waiting}` };
  if (!active) return pending > 0 ? saving : { kind: 'idle', text: 'Connected' };

  const state = active.state.value;
  if (state.status === 'refused') return { kind: 'refused', text: state.error?.message ?? 'This file was closed' };
  if (state.stalled || all.some((document) => document.state.value.stalled)) {
    return { kind: 'stalled', text: `The server cannot store right now${waiting}` };
  }
  if (!state.synced) return { kind: 'opening', text: `Opening…${waiting}` };
  if (!state.canEdit) return { kind: 'readonly', text: `Read-only${waiting}` };
  return pending > 0 ? saving : { kind: 'saved', text: 'Saved' };
}
