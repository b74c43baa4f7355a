import type { ErrorCode } from '@tandem/protocol';
import { BadKey, checkKey } from '../update/acceptable.js';
import { ByteReader, MalformedBytes } from '../update/byte-reader.js';
import { ByteWriter } from '../update/byte-writer.js';
import type { RoomSession } from './room-session.js';

/** Editors on another node, as one. */
class RemoteNode {
  constructor(readonly id: string) {}
}

interface Entry {
  readonly owner: RoomSession | RemoteNode;
  /** The newest clock of its sender. */
  readonly sent: number;
  /** The clock under which the others know it. */
  readonly clock: number;
  /** JSON. */
  readonly state: string;
  /** Epoch milliseconds. */
  readonly seenAt: number;
}

export interface AwarenessState {
  readonly clientId: number;
  readonly clock: number;
  /** JSON; `null` when the client went. */
  readonly state: string;
}

export interface AwarenessRefusal {
  readonly code: ErrorCode;
  readonly details?: Record<string, unknown>;
}

/** y-protocols forgets a state that was not renewed for this long. */
const EXPIRES_AFTER_MS = 30_000;

/**
 * The cursors of a room, in y-protocols' encoding, without its timers.
 * Format: varUint n, n times (varUint client id, varUint clock, varString JSON).
 */
export class AwarenessTable {
  private readonly entries = new Map<number, Entry>();
  /**
   * The newest clock that was told of each id, also of those who went: y-protocols ignores a clock that it has seen,
   * so a returning editor must come back under a later one.
   */
  private readonly told = new Map<number, number>();
  private readonly nodes = new Map<string, RemoteNode>();

  /** Takes states that were already judged; returns the clients of which there is news to the others. */
  apply(session: RoomSession, states: readonly AwarenessState[], now: number): number[] {
    return this.take(session, states, now).map(({ clientId }) => clientId);
  }

  /** Whether anybody had a cursor under the id. */
  hasSeen(clientId: number): boolean {
    return this.told.has(clientId);
  }

  /** Where these clients are now, or that they went. */
  encodeOf(clientIds: Iterable<number>): Uint8Array {
    const states: AwarenessState[] = [];
    for (const clientId of clientIds) {
      const entry = this.entries.get(clientId);
      const clock = this.told.get(clientId);
      if (clock !== undefined) states.push({ clientId, clock, state: entry?.state ?? 'null' });
    }
    return encodeAwareness(states);
  }

  /** Takes what another node tells of its editors, which it has judged; returns what is news to those here. */
  applyRemote(node: string, bytes: Uint8Array, now: number): Uint8Array | undefined {
    const owner = this.nodes.get(node) ?? new RemoteNode(node);
    this.nodes.set(node, owner);
    const news = this.take(owner, decodeAwareness(bytes), now);
    return news.length > 0 ? encodeAwareness(news) : undefined;
  }

  /** Nodes whose editors are here. */
  get remoteNodes(): string[] {
    return [...this.nodes.keys()];
  }

  /** The states of the editors of this node; undefined when there are none. */
  encodeOwn(): Uint8Array | undefined {
    return this.encodeWhere(({ owner }) => !(owner instanceof RemoteNode));
  }

  removeNode(node: string): Uint8Array | undefined {
    const owner = this.nodes.get(node);
    this.nodes.delete(node);
    return owner && this.removeWhere((entry) => entry.owner === owner);
  }

  private take(owner: RoomSession | RemoteNode, states: readonly AwarenessState[], now: number): AwarenessState[] {
    const news: AwarenessState[] = [];
    for (const { clientId, clock, state } of states) {
      const entry = this.entries.get(clientId);
      if (entry?.owner === owner && clock <= entry.sent && state !== 'null') continue;
      // What its node still says of an editor who has come here meanwhile is old.
      if (owner instanceof RemoteNode && entry && !(entry.owner instanceof RemoteNode)) continue;
      if (state === 'null' && entry && entry.owner !== owner) continue;
      if (!entry && state === 'null') continue;
      const next = this.nextClock(clientId, clock);
      if (state === 'null') this.entries.delete(clientId);
      else this.entries.set(clientId, { owner, sent: clock, clock: next, state, seenAt: now });
      news.push({ clientId, clock: next, state });
    }
    return news;
  }

  /** All states but the session's own; undefined when there are none. */
  encodeFor(session: RoomSession): Uint8Array | undefined {
    return this.encodeWhere(({ owner }) => owner !== session);
  }

  remove(session: RoomSession): Uint8Array | undefined {
    return this.removeWhere((entry) => entry.owner === session);
  }

  expire(now: number): Uint8Array | undefined {
    return this.removeWhere((entry) => now - entry.seenAt > EXPIRES_AFTER_MS);
  }

  private encodeWhere(isWanted: (entry: Entry) => boolean): Uint8Array | undefined {
    const states: AwarenessState[] = [];
    for (const [clientId, entry] of this.entries) {
      if (isWanted(entry)) states.push({ clientId, clock: entry.clock, state: entry.state });
    }
    return states.length > 0 ? encodeAwareness(states) : undefined;
  }

  private removeWhere(gone: (entry: Entry) => boolean): Uint8Array | undefined {
    const states: AwarenessState[] = [];
    for (const [clientId, entry] of this.entries) {
      if (!gone(entry)) continue;
      this.entries.delete(clientId);
      states.push({ clientId, clock: this.nextClock(clientId, 0), state: 'null' });
    }
    return states.length > 0 ? encodeAwareness(states) : undefined;
  }

  private nextClock(clientId: number, clock: number): number {
    const next = Math.max(clock, (this.told.get(clientId) ?? -1) + 1);
    this.told.set(clientId, next);
    return next;
  }
}

/** Counted up by one from zero, once a second, it takes a hundred years; what is far above leaves nothing to count up to. */
const MAX_CLOCK = 2 ** 32;

/**
 * Reads an editor's awareness update and stamps it: `user` is the token's, whatever the editor wrote (A12).
 *
 * @returns the states, or what it is refused with.
 */
export function readAwareness(
  bytes: Uint8Array,
  session: RoomSession,
  limits: { maxAwarenessBytes: number; maxClientIds: number },
): AwarenessState[] | AwarenessRefusal {
  const reader = new ByteReader(bytes);
  try {
    const states: AwarenessState[] = [];
    const count = reader.count(3);
    if (count > limits.maxClientIds) return tooLarge(limits.maxClientIds);
    for (let i = 0; i < count; i++) {
      const clientId = reader.varUint();
      const clock = reader.varUint();
      if (clock > MAX_CLOCK) return { code: 'bad_request' };
      const start = reader.position;
      if (reader.varBytes().length > limits.maxAwarenessBytes) return tooLarge(limits.maxAwarenessBytes);
      reader.position = start;
      const state = stamp(reader.string(), session);
      if (state === undefined) return { code: 'bad_request' };
      states.push({ clientId, clock, state });
    }
    return reader.remaining === 0 ? states : { code: 'bad_request' };
  } catch (error) {
    if (error instanceof BadKey) return { code: 'bad_key' };
    if (error instanceof MalformedBytes || error instanceof SyntaxError) return { code: 'bad_request' };
    throw error;
  }
}

function tooLarge(limit: number): AwarenessRefusal {
  return { code: 'too_large', details: { limit } };
}

function stamp(json: string, session: RoomSession): string | undefined {
  const state: unknown = JSON.parse(json);
  if (state === null) return 'null';
  if (typeof state !== 'object' || Array.isArray(state)) return undefined;
  checkKeys(state);
  return JSON.stringify({ ...state, user: session.identity });
}

function checkKeys(value: object, depth = 0): void {
  if (depth > 16) throw new MalformedBytes('nested too deep');
  for (const [key, child] of Object.entries(value)) {
    checkKey(key);
    if (typeof child === 'object' && child !== null) checkKeys(child, depth + 1);
  }
}

/** Of another node of ours; throws MalformedBytes for anything else. */
function decodeAwareness(bytes: Uint8Array): AwarenessState[] {
  const reader = new ByteReader(bytes);
  const states: AwarenessState[] = [];
  for (let left = reader.count(3); left > 0; left--) {
    states.push({ clientId: reader.varUint(), clock: reader.varUint(), state: reader.string() });
  }
  return states;
}

function encodeAwareness(states: readonly AwarenessState[]): Uint8Array {
  const writer = new ByteWriter(states.length * 128);
  writer.varUint(states.length);
  for (const { clientId, clock, state } of states) {
    writer.varUint(clientId);
    writer.varUint(clock);
    writer.string(state);
  }
  return writer.finish();
}
