import type { DocumentKind } from '@tandem/protocol';
import * as Y from 'yjs';
import { DocumentState } from '../../core/document/document-state.js';
import { decodeSnapshot } from '../../core/document/snapshot-codec.js';
import { stateOf } from '../../core/document/stored-state.js';
import { decodeUpdate, TEXT_ROOT } from '../../core/document/update/decode-update.js';
import type { DecodedUpdate } from '../../core/document/update/decoded-update.js';
import { StoredDataCorrupt, type StoredSnapshot } from '../../core/document/update-log.js';
import type { FreshContent } from '../../core/history/resets.js';
import { diffText } from '../../core/history/text-diff.js';
import { compact, encodeText, parse, sameEnds, textOf } from './document-worker.js';

/** The tasks of the threads that put documents of the past together. */

/** Rows joined, as a message of 100,000 small arrays takes longer than the work on them. */
export interface PackedPast {
  readonly kind: DocumentKind;
  readonly seq: number;
  readonly snapshot: StoredSnapshot | undefined;
  readonly rows: Uint8Array<ArrayBuffer>;
  /** Where each row ends in `rows`. */
  readonly ends: Float64Array<ArrayBuffer>;
}

/** An error loses its class on the way between threads. `corrupt`: what StoredDataCorrupt said. */
export type TaskOutcome<Result> = { readonly result: Result } | { readonly corrupt: string };

const NOTHING = new Uint8Array([0, 0]);

interface Task {
  readonly past: PackedPast;
}

export const pastText = task(({ past }: Task): string => textAt(past));

export const compactPast = task(
  ({ past }: Task): StoredSnapshot =>
    compact({ update: stateAt(past).encode(), kind: past.kind, seq: past.seq }).snapshot,
);

/**
 * Both are read by Yjs and written again: in a free document it deletes parts by itself, which the rows do not tell and a
 * snapshot does.
 */
export const isSame = task(({ past, snapshot }: Task & { readonly snapshot: StoredSnapshot }): boolean => {
  const [one, other] = [stateAt(past), DocumentState.from(past.kind, decodeSnapshot(snapshot))].map((state) =>
    parse(state.encode()),
  ) as [Y.Doc, Y.Doc];
  const [a, b] = [written(one, past.kind), written(other, past.kind)];
  if (!sameEnds(a, b) || !a.deletes.equals(b.deletes)) return false;
  return past.kind === 'free' || one.getText(TEXT_ROOT).toString() === other.getText(TEXT_ROOT).toString();
});

export const restore = task(
  ({
    update,
    past,
    clientId,
  }: Task & { readonly update: Uint8Array; readonly clientId: number }): Uint8Array | undefined => {
    const doc = parse(update);
    const text = doc.getText(TEXT_ROOT);
    const changes = diffText(text.toString(), textAt(past));
    doc.clientID = clientId;
    let edit: Uint8Array | undefined;
    doc.on('update', (made: Uint8Array) => {
      edit = made;
    });
    doc.transact(() => {
      // From the end, so that the places of the others stay.
      for (const { index, remove, insert } of changes.reverse()) {
        if (remove > 0) text.delete(index, remove);
        if (insert !== '') text.insert(index, insert);
      }
    });
    return edit;
  },
);

/** Plain text is written anew, without what was deleted from it; a free document keeps its structs. */
export const fresh = task(({ past }: { readonly past: PackedPast | undefined }): FreshContent => {
  if (past?.kind === 'free') {
    const update = Y.encodeStateAsUpdate(parse(stateAt(past).encode()));
    return { update, clientId: undefined, snapshot: compact({ update, kind: 'free', seq: 0 }).snapshot };
  }
  const text = past ? textAt(past) : '';
  const { update, clientId } = text === '' ? { update: NOTHING, clientId: undefined } : encodeText({ text });
  return { update, clientId, snapshot: compact({ update, kind: 'text', seq: 0 }).snapshot };
});

function task<Given, Result>(work: (given: Given) => Result): (given: Given) => TaskOutcome<Result> {
  return (given) => {
    try {
      return { result: work(given) };
    } catch (error) {
      if (error instanceof StoredDataCorrupt) return { corrupt: error.message };
      throw error;
    }
  };
}

function textAt(past: PackedPast): string {
  return textOf({ update: stateAt(past).encode() });
}

function stateAt({ kind, snapshot, rows, ends }: PackedPast): DocumentState {
  const first = snapshot?.seq ?? 0;
  const unpacked = Array.from(ends, (end, index) => ({
    seq: first + index + 1,
    bytes: rows.subarray(index === 0 ? 0 : ends[index - 1], end),
  }));
  return stateOf({ kind, snapshot, rows: unpacked });
}

function written(doc: Y.Doc, kind: DocumentKind): DecodedUpdate {
  const update = decodeUpdate(Y.encodeStateAsUpdate(doc), kind);
  if (typeof update === 'string') throw new Error(`Yjs wrote ${update}`);
  return update;
}
