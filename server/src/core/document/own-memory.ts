/** Up to this size, in bytes, a buffer is no loss. */
const SMALL = 1024;
/** How many times as large as what is kept of it a buffer may be. */
const FACTOR = 4;
/** Of many edits together: what else is kept of each takes several hundred bytes. */
const SHARED_FACTOR = 16;
/** As much as is read from a socket at once. */
const READ = 64 * 1024;
const SLAB = 4096;

/** For one that is kept for a while: the bytes themselves when they lie in nothing much larger, else a copy. */
export function detached(bytes: Uint8Array): Uint8Array {
  // A Buffer's own `slice` would be a view again.
  return isPart(bytes) ? new Uint8Array(bytes) : bytes;
}

/**
 * Where bytes go that are kept for long and lie in something much larger: a view keeps all of the message that it was cut from,
 * or of what was read from a socket at once. Of messages of 1 MiB with one edit of 20 bytes in each, 500 edits kept 500 MB.
 *
 * An edit that came alone is not copied (its buffer is small), nor are those of whom many came at once, while together they
 * are a fair part of it. Small copies lie one after another in slabs: an array of its own takes 200 bytes and half a
 * microsecond.
 */
export class OwnMemory {
  private slab = new Uint8Array(0);
  private used = 0;
  private shared: ArrayBufferLike | undefined;
  /** So large a buffer may be shared for what has been kept. */
  private credit = 0;

  /** The bytes themselves, or a copy. */
  keep(bytes: Uint8Array): Uint8Array {
    if (!isPart(bytes)) return bytes;
    const { buffer, length } = bytes;
    this.credit = Math.min(this.credit + SHARED_FACTOR * length, READ);
    if (buffer === this.shared) return bytes;
    if (buffer.byteLength > this.credit) return this.copy(bytes);
    this.credit -= buffer.byteLength;
    this.shared = buffer;
    return bytes;
  }

  private copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > SLAB / FACTOR) return new Uint8Array(bytes);
    if (this.used + length > this.slab.length) {
      this.slab = new Uint8Array(SLAB);
      this.used = 0;
    }
    const copy = this.slab.subarray(this.used, this.used + length);
    copy.set(bytes);
    this.used += length;
    return copy;
  }
}

function isPart({ buffer, length }: Uint8Array): boolean {
  const held = buffer.byteLength;
  return held > SMALL && held > FACTOR * length;
}
