import { type DocumentUpdate, type Limits, TandemError } from '@tandem/protocol';
import { detached } from '../../core/document/own-memory.js';
import { retryLater } from '../../core/limits/retry-later.js';

/** An upload without a further part for this long makes room for others when there is none, in milliseconds. */
const STALLED_MS = 30_000;
/** Who finds no room comes back after this at the soonest, in milliseconds. */
const COME_BACK_MS = 1000;

interface Upload {
  readonly uploadId: string;
  readonly parts: Uint8Array[];
  readonly expected: number;
  /** Parts that have come; empty ones are not kept. */
  received: number;
  bytes: number;
  /** When the last one came that was not empty, in milliseconds of a steady clock. */
  lastPartAt: number;
}

/**
 * What the unfinished uploads of all connections may hold, in bytes, and those of one person beside each other. A single one
 * is only bound by what all may hold.
 */
export class SharedUploads {
  private held = 0;
  private readonly people = new Map<string, { uploads: number; held: number }>();
  private readonly unfinished = new Set<Uploads>();

  constructor(
    private readonly limit: number,
    private readonly limitEach = limit,
  ) {}

  /** False when there is no room, also not when those that have stalled are given up. */
  take(userId: string, bytes: number, now: number): boolean {
    if (!this.hasRoom(userId, bytes)) for (const uploads of this.unfinished) uploads.abandonStalled(now);
    if (!this.hasRoom(userId, bytes)) return false;
    this.held += bytes;
    this.people.get(userId)!.held += bytes;
    return true;
  }

  began(uploads: Uploads): void {
    this.unfinished.add(uploads);
    const person = this.people.get(uploads.userId);
    if (person) person.uploads++;
    else this.people.set(uploads.userId, { uploads: 1, held: 0 });
  }

  /** It has given back what it held. */
  ended(uploads: Uploads, bytes: number): void {
    this.unfinished.delete(uploads);
    this.held -= bytes;
    const person = this.people.get(uploads.userId)!;
    person.held -= bytes;
    if (--person.uploads === 0) this.people.delete(uploads.userId);
  }

  private hasRoom(userId: string, bytes: number): boolean {
    const { uploads, held } = this.people.get(userId)!;
    return this.held + bytes <= this.limit && (uploads === 1 || held + bytes <= this.limitEach);
  }
}

/** What the unfinished uploads of one connection may hold, in bytes. */
export class UploadBudget {
  private held = 0;

  constructor(
    private readonly limit: number,
    readonly userId: string,
  ) {}

  take(bytes: number): boolean {
    if (this.held + bytes > this.limit) return false;
    this.held += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.held -= bytes;
  }
}

/** Joins a large update that comes in parts; one at a time for each document of a connection. */
export class Uploads {
  private current: Upload | undefined;

  constructor(
    private readonly limits: Limits,
    private readonly budget: UploadBudget,
    private readonly shared: SharedUploads,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get userId(): string {
    return this.budget.userId;
  }

  /** Forgets an unfinished one. */
  abandon(): void {
    if (!this.current) return;
    this.budget.giveBack(this.current.bytes);
    this.shared.ended(this, this.current.bytes);
    this.current = undefined;
  }

  abandonStalled(now: number): void {
    if (this.current && now - this.current.lastPartAt >= STALLED_MS) this.abandon();
  }

  /** The whole update when `body` is whole or the last part; undefined for an earlier part. Throws TandemError. */
  take(body: DocumentUpdate): Uint8Array | undefined {
    const { update, uploadId, part, parts } = body;
    if (uploadId === undefined && part === undefined && parts === undefined) {
      const limit = this.limits.maxUpdateBytes;
      if (update.length > limit) throw new TandemError('too_large', undefined, { limit });
      return update;
    }
    if (uploadId === undefined || part === undefined || parts === undefined || part >= parts) {
      throw new TandemError('bad_request', 'uploadId, part and parts go together, part below parts');
    }
    const now = this.now();
    if (part === 0) {
      this.abandon();
      this.current = { uploadId, parts: [], expected: parts, received: 0, bytes: 0, lastPartAt: now };
      this.shared.began(this);
    }
    const upload = this.current;
    if (upload?.uploadId !== uploadId || upload.expected !== parts || upload.received !== part) {
      this.abandon();
      throw new TandemError('bad_request', 'parts come in order, one upload at a time', undefined, undefined, 'resync');
    }
    upload.received++;
    if (update.length > 0) this.add(upload, update, now);
    if (upload.received < parts) return undefined;
    this.abandon();
    return Buffer.concat(upload.parts);
  }

  private add(upload: Upload, update: Uint8Array, now: number): void {
    // First: one whose next part is here has not stalled, and must not be given up for it.
    upload.lastPartAt = now;
    const limit = this.limits.maxUploadBytes;
    if (upload.bytes + update.length > limit || !this.budget.take(update.length)) {
      this.abandon();
      throw new TandemError('too_large', undefined, { limit });
    }
    if (!this.shared.take(this.userId, update.length, now)) {
      this.budget.giveBack(update.length);
      this.abandon();
      throw retryLater('overloaded', COME_BACK_MS, Math.random());
    }
    upload.bytes += update.length;
    upload.parts.push(detached(update));
  }
}
