import { type DocumentUpdate, type Limits, TandemError } from '@tandem/protocol';

interface Upload {
  readonly uploadId: string;
  readonly parts: Uint8Array[];
  readonly expected: number;
  bytes: number;
}

/** What the unfinished uploads of one connection may hold, in bytes. */
export class UploadBudget {
  private held = 0;

  constructor(private readonly limit: number) {}

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
  ) {}

  /** Forgets an unfinished one. */
  abandon(): void {
    this.budget.giveBack(this.current?.bytes ?? 0);
    this.current = undefined;
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
    if (part === 0) {
      this.abandon();
      this.current = { uploadId, parts: [], expected: parts, bytes: 0 };
    }
    const upload = this.current;
    if (upload?.uploadId !== uploadId || upload.expected !== parts || upload.parts.length !== part) {
      this.abandon();
      throw new TandemError('bad_request', 'parts come in order, one upload at a time', undefined, undefined, 'resync');
    }
    const limit = this.limits.maxUploadBytes;
    if (upload.bytes + update.length > limit || !this.budget.take(update.length)) {
      this.abandon();
      throw new TandemError('too_large', undefined, { limit });
    }
    upload.bytes += update.length;
    upload.parts.push(update);
    if (upload.parts.length < parts) return undefined;
    this.abandon();
    return Buffer.concat(upload.parts);
  }
}
