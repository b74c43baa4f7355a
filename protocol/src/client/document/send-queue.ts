import type { Provenance } from '../../wire/provenance.js';
import type { OutboxChange, OutboxEntry } from '../outbox/outbox-store.js';
import type { GatheredEdits } from './local-edits.js';
import { type ClockRanges, clockRanges, follows, joinRanges, mergeUpdates } from './merge-updates.js';

interface Queued extends OutboxEntry {
  readonly ranges: ClockRanges;
}

/** Entries that travel as one `document:update`. */
export interface Batch {
  readonly ids: readonly number[];
  readonly update: Uint8Array;
  readonly provenance?: Provenance;
}

/** Local edits in one message, so that a long time offline stays below the server's limit of structs in one update. */
const MAX_BATCH_EDITS = 256;
/** Waiting entries from which on neighbours are merged into one. */
const COMPACT_FROM = 512;

/**
 * The outbox of one document: what waits, and what is in flight, in the order of the edits. Only an ack takes an entry
 * out. Pure: no clock, no store.
 *
 *     entries   1 2 3 4 5 6 7        flying   request 11 -> 1, 2   request 12 -> 3
 *               ------ in flight
 */
export class SendQueue {
  private entries: Queued[] = [];
  /** How many entries at the front are in flight. */
  private flyingEntries = 0;
  private readonly flying = new Map<number, readonly number[]>();
  /** Sent once, then taken back: their late acks still count. */
  private readonly stale = new Map<number, readonly number[]>();
  private lastId = 0;
  private appended = 0;
  private inheritedTo = -1;

  /** Edits that are not yet acknowledged. */
  get pending(): number {
    return this.entries.reduce((sum, entry) => sum + entry.edits, 0);
  }

  get requestsInFlight(): number {
    return this.flying.size;
  }

  /** Whether these were all made under the client id of an earlier `Y.Doc`. */
  areInherited(ids: readonly number[]): boolean {
    return ids.length > 0 && ids.every((id) => id <= this.inheritedTo);
  }

  /** From now on everything that waits counts as made by an earlier `Y.Doc`. */
  bequeath(): void {
    this.inheritedTo = Math.max(-1, this.lastId);
  }

  get all(): readonly OutboxEntry[] {
    return this.entries.map(({ ranges: _ranges, ...entry }) => entry);
  }

  /** Client ids under which the waiting edits were made. */
  get clientIds(): Set<number> {
    return new Set(this.entries.flatMap((entry) => [...entry.ranges.keys()]));
  }

  /** Whether text of this suggestion waits for its ack. */
  holds(completionId: string): boolean {
    return this.entries.some(({ provenance }) => provenance?.completionId === completionId);
  }

  append(edited: GatheredEdits): OutboxChange {
    const entry = { id: ++this.lastId, ...edited };
    this.entries.push({ ...entry, ranges: clockRanges(edited.update) });
    this.appended += 1;
    const merged = this.appended % (COMPACT_FROM / 2) === 0 ? this.compact() : undefined;
    if (!merged) return { add: [entry], remove: [] };
    const kept = merged.remove.includes(entry.id) ? [] : [entry];
    return { add: [...kept, ...merged.add], remove: merged.remove };
  }

  /** Puts what an earlier session left before everything else. */
  adopt(entries: readonly OutboxEntry[]): void {
    this.entries.unshift(...entries.map((entry) => ({ ...entry, ranges: clockRanges(entry.update) })));
  }

  /** Takes the next entries in order and notes them as in flight under `request`. */
  take(request: number, maxBytes: number): Batch | undefined {
    const first = this.entries[this.flyingEntries];
    if (!first) return undefined;
    const group = this.group(this.flyingEntries, maxBytes);
    const ids = group.map(({ id }) => id);
    this.flyingEntries += group.length;
    this.flying.set(request, ids);
    const { provenance } = first;
    return { ids, update: mergeUpdates(group.map(({ update }) => update)), ...(provenance && { provenance }) };
  }

  /**
   * Notes a request that holds every entry of now, as the answer to a gap does. A message names one suggestion: this one
   * the first, and the entries of further ones are not settled by its ack.
   */
  takeAll(request: number): { readonly provenance?: Provenance } {
    this.flyingEntries = this.entries.length;
    const first = this.entries.find(({ provenance }) => provenance);
    const settled = this.entries.filter((entry) => !entry.provenance || entry === first);
    this.flying.set(
      request,
      settled.map(({ id }) => id),
    );
    return first?.provenance ? { provenance: first.provenance } : {};
  }

  /** The ack: takes the entries of that request out and returns their ids. */
  stored(request: number): readonly number[] {
    const ids = this.flying.get(request) ?? this.stale.get(request) ?? [];
    this.flying.delete(request);
    this.stale.delete(request);
    const gone = new Set(ids);
    this.flyingEntries -= this.entries.slice(0, this.flyingEntries).filter(({ id }) => gone.has(id)).length;
    this.entries = this.entries.filter(({ id }) => !gone.has(id));
    return ids;
  }

  /** The ids that a refusal speaks of; undefined when the request was taken back before. */
  idsOf(request: number): readonly number[] | undefined {
    this.stale.delete(request);
    return this.flying.get(request);
  }

  /** Everything in flight waits again, to be sent anew in order. */
  rewind(): void {
    for (const [request, ids] of this.flying) this.stale.set(request, ids);
    this.flying.clear();
    this.flyingEntries = 0;
  }

  /** The connection is gone: no answer to an earlier request can come any more. */
  disconnect(): void {
    this.rewind();
    this.stale.clear();
  }

  /** Gives every entry up; returns their ids. */
  clear(): readonly number[] {
    const ids = this.entries.map(({ id }) => id);
    this.entries = [];
    this.flyingEntries = 0;
    this.flying.clear();
    this.stale.clear();
    return ids;
  }

  /**
   * Neighbours from `start` that may be merged. What was inherited never travels with own edits: refusals differ. Text of
   * a suggestion travels alone: its message says whose it is.
   */
  private group(start: number, maxBytes: number): Queued[] {
    const group = [this.entries[start]!];
    let { ranges, edits } = group[0]!;
    let bytes = group[0]!.update.length;
    if (group[0]!.provenance) return group;
    for (const entry of this.entries.slice(start + 1, start + MAX_BATCH_EDITS)) {
      const fits = edits + entry.edits <= MAX_BATCH_EDITS && bytes + entry.update.length <= maxBytes;
      const together = entry.id <= this.inheritedTo === group[0]!.id <= this.inheritedTo;
      if (!fits || !together || entry.provenance || !follows(ranges, entry.ranges)) break;
      group.push(entry);
      ranges = joinRanges(ranges, entry.ranges);
      edits += entry.edits;
      bytes += entry.update.length;
    }
    return group;
  }

  /** A long time offline: merges waiting neighbours, each group under the id of its first entry. */
  private compact(): OutboxChange | undefined {
    if (this.entries.length - this.flyingEntries < COMPACT_FROM) return undefined;
    const add: OutboxEntry[] = [];
    const remove: number[] = [];
    const kept = this.entries.slice(0, this.flyingEntries);
    for (let i = this.flyingEntries; i < this.entries.length; ) {
      const group = this.group(i, 64 * 1024);
      i += group.length;
      if (group.length === 1) {
        kept.push(group[0]!);
        continue;
      }
      const update = mergeUpdates(group.map((entry) => entry.update));
      const edits = group.reduce((sum, entry) => sum + entry.edits, 0);
      const merged = { id: group[0]!.id, update, edits };
      kept.push({ ...merged, ranges: clockRanges(update) });
      add.push(merged);
      remove.push(...group.slice(1).map(({ id }) => id));
    }
    this.entries = kept;
    return { add, remove };
  }
}
